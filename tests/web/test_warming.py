"""A worker loads in a thread what its first requests need."""

import gc
import logging
import sys
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

import acsql
from acsql.errors import DatabaseError
from acsql.images.disk_cache import DiskCache
from acsql.search.coverage import ORDER, coverage
from acsql.vo.addresses import Addresses
from acsql.vo.catalog import Catalog
from acsql.web import warming
from acsql.web.app import create_app


@pytest.fixture
def cache(tmp_path: Path) -> DiskCache:
    """A cache of pictures and maps."""
    return DiskCache(tmp_path, 10**8)


def test_all_that_the_first_requests_need_is_loaded(
    sample_archive: acsql.Archive, cache: DiskCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog, frozen = Catalog(sample_archive), gc.get_freeze_count()
    templates = create_app(sample_archive).jinja_env
    warming.start(sample_archive, cache, catalog, templates).join()
    assert len(templates.cache) == len(templates.list_templates())
    obscore = catalog.tables(sample_archive.specs, Addresses("http://localhost/"))["ivoa.obscore"]
    with monkeypatch.context() as patched:
        # No column is left to be read.
        patched.setattr("acsql.vo.obscore.everything", None)
        assert obscore.stored(obscore.columns).num_rows
    assert sys.modules.keys() >= set(warming.MODULES)
    # Nothing is left to be made.
    with monkeypatch.context() as patched:
        patched.setattr("acsql.store.summaries.sums_of_parts.SumsOfParts.__call__", None)
        assert sample_archive.proposals()
        assert sample_archive.find_proposals(str(sample_archive.proposals()[0].pi))
        assert sample_archive.summary()
        assert sample_archive.statistics()
    assert gc.get_freeze_count() > frozen
    found = coverage(sample_archive.where(), ORDER, cache.get, seconds=-1)
    assert found == sample_archive.where().moc()


def test_every_condition_is_one(sample_archive: acsql.Archive) -> None:
    for condition in warming.CONDITIONS:
        assert sample_archive.count(condition) <= sample_archive.count()


def test_an_outage_is_logged_and_ends_nothing(
    sample_archive: acsql.Archive,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    cache: DiskCache,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise DatabaseError("the database does not answer")

    monkeypatch.setattr(sample_archive, "where", fail)
    templates = Environment(loader=DictLoader({}))
    with caplog.at_level(logging.DEBUG, "acsql"):
        warming.start(sample_archive, cache, Catalog(sample_archive), templates).join()
    assert "could not be loaded: the database does not answer" in caplog.text
