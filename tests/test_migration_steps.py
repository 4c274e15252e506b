"""What each step makes of the documents that were there before it."""

import itertools
import math
from typing import Any

import pytest

from acsql.errors import DatabaseError
from acsql.ingest import observation
from acsql.specs import KeywordSpecs
from acsql.store import migrations
from acsql.store.connection import Store
from acsql.store.documents import SCHEMA_VERSION

RA = (None, -0.1, 0.0, 6.02714833, 180, 180.5, 300.25, 360.0, 361.0, math.nan, math.inf, "12:00")
DEC = (None, -90.5, -90.0, 0, 45.5, 90.0, 91.0, math.nan, "+45")
OLD = {"targname": "NGC104", "imagetyp": "EXT", "obstype": "IMAGING"}


def step(number: int) -> migrations.Step:
    return next(step for step in migrations.steps() if step.number == number)


def stored(store: Store) -> dict[str, dict[str, Any]]:
    return {document["_id"]: document for document in store.observations.find()}


def test_steps_are_numbered_from_one_and_say_what_they_do() -> None:
    steps = migrations.steps()
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    for step in steps:
        assert step.name.startswith(f"m{step.number:04}_")
        assert step.description.endswith(".")


@pytest.mark.parametrize(
    ("old", "position"),
    [
        ({"ra_targ": 6.5, "dec_targ": -72.0}, [6.5, -72.0]),
        ({"ra_targ": 180.0, "dec_targ": 0.0}, [180.0, 0.0]),
        ({"ra_targ": 190.0, "dec_targ": 90.0}, [-170.0, 90.0]),
        ({"ra_targ": 360, "dec_targ": -90}, [0, -90]),
        ({"ra_targ": 6.5, "dec_targ": -72.0, "imagetyp": "BIAS"}, None),
        ({"ra_targ": 6.5, "dec_targ": -72.0, "obstype": "INTERNAL"}, None),
        ({"ra_targ": 6.5, "dec_targ": -72.0, "imagetyp": "DARK", "position": None}, None),
        ({"ra_targ": 361.0, "dec_targ": 0.0}, None),
        ({"ra_targ": 6.5}, None),
        ({}, None),
    ],
)
def test_1_schema_version_and_position(
    store: Store, specs: KeywordSpecs, old: dict, position: list | None
) -> None:
    store.observations.insert_one({"_id": "j8bt05nj", **OLD, **old})
    step(1).apply(store, specs)
    expected = {"_id": "j8bt05nj", **OLD, **old, "schema_version": 1}
    expected.pop("position", None)
    if position is not None:
        expected["position"] = {"type": "Point", "coordinates": position}
    assert store.observations.find_one() == expected


def test_1_leaves_later_documents_alone(store: Store, specs: KeywordSpecs) -> None:
    later = [
        {"_id": "j8bt05nj", "ra_targ": 6.5, "dec_targ": -72.0, "schema_version": 1},
        {"_id": "j8bt05nk", "ra_targ": 6.5, "dec_targ": -72.0, "schema_version": 2},
    ]
    store.observations.insert_many(later)
    assert step(1).pending(store) == 0
    step(1).apply(store, specs)
    assert stored(store) == {document["_id"]: document for document in later}


def test_1_places_observations_where_an_ingest_would(store: Store, specs: KeywordSpecs) -> None:
    """The step has the rule in the server's language; both have to say the same."""
    assert SCHEMA_VERSION == 1, "an ingest writes otherwise now: compare no longer"
    types = [*itertools.chain(*specs.pointless.values()), "EXT", "SPECTROSCOPIC", "", None]
    store.make_indexes()
    store.observations.insert_many(
        {"_id": str(number), "ra_targ": ra, "dec_targ": dec, "imagetyp": type_, "obstype": other}
        for number, (ra, dec, type_, other) in enumerate(
            itertools.product(RA, DEC, types, ("IMAGING", *specs.pointless["obstype"]))
        )
    )
    old = stored(store)
    assert step(1).pending(store) == len(old)
    step(1).apply(store, specs)
    assert step(1).pending(store) == 0
    placed = 0
    for rootname, document in stored(store).items():
        before = old[rootname]
        texts = isinstance(before["ra_targ"], str) or isinstance(before["dec_targ"], str)
        assert document["schema_version"] == 1
        expected = None if texts else observation.position(before, specs)
        assert document.get("position") == expected, before
        assert ("position" in document) == (expected is not None)
        placed += expected is not None
    assert 0 < placed < len(old)


def test_1_cut_short_comes_to_the_same_end(store: Store, specs: KeywordSpecs) -> None:
    old = [
        {"_id": f"j8bt{number:04}", "ra_targ": float(number % 360), "dec_targ": 10.0, **OLD}
        for number in range(500)
    ]
    store.observations.insert_many(old)
    # The server refuses to write one document in the middle: it has done those before it.
    stumble = {"collMod": "observations", "validator": {"_id": {"$ne": old[300]["_id"]}}}
    store.database.command(stumble)
    with pytest.raises(DatabaseError):
        migrations.migrate(store, specs)
    assert 0 < step(1).pending(store) < len(old)
    assert store.observations.count_documents({"position": {"$exists": True}}) == len(old) - step(
        1
    ).pending(store)
    with pytest.raises(DatabaseError, match="lacks migration 1: acsql migrate"):
        migrations.check(store)
    store.database.command({"collMod": "observations", "validator": {}})
    migrations.migrate(store, specs)
    migrations.check(store)
    resumed = stored(store)
    store.observations.delete_many({})
    store.observations.insert_many(old)
    step(1).apply(store, specs)
    assert resumed == stored(store)
    step(1).apply(store, specs)
    assert resumed == stored(store)
