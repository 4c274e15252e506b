"""One observation through all stages: what headers contain is stored, reported and searchable."""

from archive_files import (
    SYNCHRONOUS,
    one_file,
)
from astropy.io import fits

import acsql
from acsql.config import Config
from acsql.ingest import run
from acsql.ingest.observation_result import FAILED, UNCHANGED
from acsql.ingest.pipeline import ingest_observation
from acsql.ingest.plan import Task
from acsql.ingest.replaced import checksum
from acsql.ingest.scan import scan
from acsql.keywords import KeywordSpecs
from acsql.store import observations
from acsql.store.client import Store


def test_type_mismatches_are_stored_and_reported(archive_copy: Config) -> None:
    path = one_file(archive_copy, "*_raw.fits")
    fits.setval(path, "EXPTIME", value="long")
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert not report.failures
    assert [keyword for _, keyword in report.mismatches] == ["EXPTIME"]
    with acsql.connect(archive_copy) as archive:
        observation = archive.observation(path.name[:8])
        assert observation.headers["raw"][0]["exptime"] == "long"
        assert observation["exptime"] == observation.headers["flt"][0]["exptime"]


def test_a_keyword_not_in_the_specs_can_be_searched_at_once(archive_copy: Config) -> None:
    path = one_file(archive_copy, "*_raw.fits")
    fits.setval(path, "NEW-KEY", value=4.5, ext=1)
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert "NEW-KEY" in {keyword for _, keyword in report.unspecified}
    with acsql.connect(archive_copy) as archive:
        found = archive.search("raw.1.NEW-KEY>4", columns=["rootname", "raw.1.new_key"])
        assert list(found["rootname"]) == [path.name[:8]]
        assert list(found["raw.1.new_key"]) == [4.5]


def test_an_observation_without_new_content_is_unchanged_and_not_written(
    archive_copy: Config, specs: KeywordSpecs
) -> None:
    run.ingest(archive_copy, SYNCHRONOUS)
    path = one_file(archive_copy, "*_raw.fits")
    (observation,) = scan(archive_copy.filesystem, specs.filetypes, [path.name[:8]])
    stored = checksum(path)
    with Store(archive_copy.connection_string, specs) as store:
        before = observations.document(store, observation.rootname)
        task = Task(observation, filetypes=(), checksums={"raw": stored})
        result = ingest_observation(task, store, specs, archive_copy)
        assert observations.document(store, observation.rootname) == before
    assert result.state == UNCHANGED
    assert (result.filetypes, result.failures) == ((), ())


def test_an_observation_of_which_nothing_can_be_read_has_failed(
    archive_copy: Config, specs: KeywordSpecs
) -> None:
    path = one_file(archive_copy, "*_raw.fits")
    path.write_bytes(b"not a FITS file" * 1000)
    (observation,) = scan(archive_copy.filesystem, specs.filetypes, [path.name[:8]])
    with Store(archive_copy.connection_string, specs) as store:
        task = Task(observation, filetypes=("raw",), checksums={})
        result = ingest_observation(task, store, specs, archive_copy)
        assert observations.document(store, observation.rootname) is None
    assert result.state == FAILED
    assert [failure.filename for failure in result.failures] == [path.name]
