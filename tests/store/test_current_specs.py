"""A process that runs long knows the keywords of the last ingest, without a query each time."""

import time
from datetime import datetime

from acsql.errors import DatabaseUnavailable
from acsql.keywords import HeaderKey
from acsql.store import current_specs, keywords_not_in_specs
from acsql.store.current_specs import CurrentSpecs

KEY = HeaderKey("WFC", "raw", 0)


def ingest(store, keyword):
    """Record a keyword as an ingest does."""
    keywords_not_in_specs.record(store, {(KEY, keyword): ("int", "a.fits")}, datetime(2020, 1, 1))


def test_keywords_of_earlier_ingests_are_known_at_once(store, specs):
    ingest(store, "NEW-KEY")
    assert CurrentSpecs(store, specs).value.listed_at("NEW-KEY", KEY).type == "int"


def test_keywords_of_a_later_ingest_are_known_after_the_interval(store, specs, monkeypatch):
    current = CurrentSpecs(store, specs)
    before = current.value
    ingest(store, "NEW-KEY")
    assert current.value is before
    later = time.monotonic() + current_specs.READ_AGAIN_SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert current.value.listed_at("NEW-KEY", KEY)


def test_specs_are_built_anew_only_with_more_keywords(store, specs, monkeypatch):
    monkeypatch.setattr(current_specs, "READ_AGAIN_SECONDS", 0)
    current = CurrentSpecs(store, specs)
    assert current.value is current.value is specs
    ingest(store, "NEW-KEY")
    assert current.value is current.value is not specs


def test_during_an_outage_the_specs_stay_as_they_are(store, specs, monkeypatch):
    monkeypatch.setattr(current_specs, "READ_AGAIN_SECONDS", 0)
    ingest(store, "NEW-KEY")
    current = CurrentSpecs(store, specs)
    assert current.value.spec("NEW-KEY")
    monkeypatch.setattr(keywords_not_in_specs, "stored", unavailable)
    assert current.value.spec("NEW-KEY")


def unavailable(_):
    """Read the keywords of a database that does not answer."""
    raise DatabaseUnavailable("the database does not answer")
