"""Each released step turns an old database into the next one, and is frozen."""

import ast
import importlib.util
import inspect
import itertools
import math
import sys
from collections.abc import Iterator
from datetime import datetime
from types import ModuleType
from typing import Any

import pytest

import acsql
from acsql.errors import DatabaseError
from acsql.fits.footprint import footprint
from acsql.ingest import promotion
from acsql.keywords import KeywordSpecs
from acsql.migrations import runner
from acsql.store import type_mismatches
from acsql.store.client import Store
from acsql.store.derived import headerless
from acsql.store.schema import CHANGED, SCHEMA_VERSION

STEPS = "acsql.migrations.steps"
# What a step may import: the types of its parameters, and libraries with a stable interface.
OF_ACSQL = {"acsql.keywords.KeywordSpecs", "acsql.store.client.Store"}
LIBRARIES = {"astropy", "numpy", "pymongo"}
RA = (None, -0.1, 0.0, 6.02714833, 180, 180.5, 300.25, 360.0, 361.0, math.nan, math.inf, "12:00")
DEC = (None, -90.5, -90.0, 0, 45.5, 90.0, 91.0, math.nan, "+45")
OLD = {"targname": "NGC104", "imagetyp": "EXT", "obstype": "IMAGING"}


def step(number: int) -> runner.Step:
    return next(step for step in runner.steps() if step.number == number)


def stored(store: Store) -> dict[str, dict[str, Any]]:
    return {document["_id"]: document for document in store.observations.find()}


def test_steps_are_numbered_from_one_and_described() -> None:
    steps = runner.steps()
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    for step in steps:
        assert step.name.startswith(f"m{step.number:04}_")
        assert step.description.endswith(".")


def imports(module: ModuleType) -> Iterator[str]:
    """Yield the names that a module imports, absolute and with dots."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = importlib.util.resolve_name("." * node.level + (node.module or ""), STEPS)
            yield from (f"{base}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("step", runner.steps(), ids=lambda step: step.name)
def test_a_step_is_frozen_and_uses_no_code_of_acsql_that_can_change(step: runner.Step) -> None:
    names = set(imports(importlib.import_module(f"{STEPS}.{step.name}")))
    assert {name for name in names if name.startswith("acsql.")} <= OF_ACSQL
    others = {name.partition(".")[0] for name in names} - {"acsql"}
    assert others <= LIBRARIES | sys.stdlib_module_names


@pytest.mark.parametrize("number", [step.number for step in runner.steps()])
def test_every_step_has_a_test(number: int) -> None:
    assert [name for name in globals() if name.startswith(f"test_{number}_")]


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


def test_1_does_not_change_later_documents(store: Store, specs: KeywordSpecs) -> None:
    later = [
        {"_id": "j8bt05nj", "ra_targ": 6.5, "dec_targ": -72.0, "schema_version": 1},
        {"_id": "j8bt05nk", "ra_targ": 6.5, "dec_targ": -72.0, "schema_version": 2},
    ]
    store.observations.insert_many(later)
    assert step(1).pending(store) == 0
    step(1).apply(store, specs)
    assert stored(store) == {document["_id"]: document for document in later}


def test_1_positions_are_those_of_an_ingest(store: Store, specs: KeywordSpecs) -> None:
    """The step expresses the rule as an aggregation; both must agree."""
    assert SCHEMA_VERSION <= 2, "positions may be others now: compare no longer"
    types = [*itertools.chain(*specs.internal_exposures.values()), "EXT", "SPECTROSCOPIC", "", None]
    store.make_indexes()
    store.observations.insert_many(
        {"_id": str(number), "ra_targ": ra, "dec_targ": dec, "imagetyp": type_, "obstype": other}
        for number, (ra, dec, type_, other) in enumerate(
            itertools.product(RA, DEC, types, ("IMAGING", *specs.internal_exposures["obstype"]))
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
        expected = None if texts else promotion.position(before, specs)
        assert document.get("position") == expected, before
        assert ("position" in document) == (expected is not None)
        placed += expected is not None
    assert 0 < placed < len(old)


def test_1_continues_after_an_interruption(store: Store, specs: KeywordSpecs) -> None:
    old = [
        {"_id": f"j8bt{number:04}", "ra_targ": float(number % 360), "dec_targ": 10.0, **OLD}
        for number in range(500)
    ]
    store.observations.insert_many(old)
    # The server refuses to write one document in the middle, after those before it.
    refuse_one = {"collMod": "observations", "validator": {"_id": {"$ne": old[300]["_id"]}}}
    store.database.command(refuse_one)
    with pytest.raises(DatabaseError):
        runner.migrate(store, specs)
    assert 0 < step(1).pending(store) < len(old)
    assert store.observations.count_documents({"position": {"$exists": True}}) == len(old) - step(
        1
    ).pending(store)
    with pytest.raises(DatabaseError, match=r"lacks migration 1, .*: run acsql migrate"):
        runner.check(store)
    store.database.command({"collMod": "observations", "validator": {}})
    runner.migrate(store, specs)
    runner.check(store)
    resumed = stored(store)
    store.observations.delete_many({})
    store.observations.insert_many(old)
    for each in runner.steps():
        each.apply(store, specs)
    assert resumed == stored(store)
    step(1).apply(store, specs)
    assert resumed == stored(store)


def chip(ra: float, dec: float, roll: float = 0.0) -> dict[str, Any]:
    """Return the stored header of a chip, of 205 by 102 arcseconds."""
    across, along = (0.05 / 3600 * f(math.radians(roll)) for f in (math.cos, math.sin))
    return {
        "extname": "SCI",
        "naxis": 2,
        "naxis1": 4096,
        "naxis2": 2048,
        "ctype1": "RA---TAN",
        "ctype2": "DEC--TAN",
        "crval1": ra,
        "crval2": dec,
        "crpix1": 2048.0,
        "crpix2": 1024.0,
        "cd1_1": -across,
        "cd1_2": along,
        "cd2_1": along,
        "cd2_2": across,
    }


def exposure(rootname: str, *chips: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return an observation as stored before footprints were introduced."""
    others = {"0": {"exptime": 60.0}, "2": {"extname": "ERR"}, "3": {"extname": "DQ"}}
    images = {str(1 + 3 * number): header for number, header in enumerate(chips)}
    return {
        "_id": rootname,
        **OLD,
        "datasets": {"flt": f"{rootname}q_flt.fits", "spt": f"{rootname}q_spt.fits"},
        "headers": {"flt": others | images, "spt": {"0": {"exptime": 60.0}}},
        "schema_version": 1,
        **fields,
    }


EXPOSURES = [
    exposure("j0000001", chip(150.0, 2.0), chip(150.0, 2.03)),
    exposure("j0000002", chip(150.04, 2.0, 45.0)),
    exposure("j0000003", chip(150.2, 2.0)),
    exposure("j0000004", chip(0.01, -30.0)),
    exposure("j0000005", chip(359.99, -30.0)),
    exposure("j0000006", chip(30.0, 89.99, 10.0)),
    exposure("j0000007", chip(210.0, 89.99, 80.0)),
    exposure("j0000008", chip(30.0, -89.99)),
    exposure("j0000009", chip(150.0, 2.0), imagetyp="DARK"),
    exposure("j0000010", chip(150.0, 2.0) | {"crval1": math.nan}),
    exposure("j0000011", chip(150.0, 2.0) | {"cd1_1": 0.0, "cd1_2": 0.0}),
    exposure("j0000012"),
    {"_id": "j0000013", "schema_version": 1},
]
WITH_FOOTPRINT = 8


def test_2_footprints_are_those_of_an_ingest(store: Store, specs: KeywordSpecs) -> None:
    store.make_indexes()
    store.observations.insert_many(EXPOSURES)
    assert step(2).pending(store) == len(EXPOSURES)
    step(2).apply(store, specs)
    assert step(2).pending(store) == 0
    after = stored(store)
    for before in EXPOSURES:
        expected = {**before, "schema_version": 2, "footprint": footprint(before, specs).geometry}
        if expected["footprint"] is None:
            del expected["footprint"]
        assert repr(after[before["_id"]]) == repr(expected)
    assert sum("footprint" in document for document in after.values()) == WITH_FOOTPRINT


def test_2_footprints_of_distorted_chips_are_those_of_an_ingest(
    store: Store, specs: KeywordSpecs, sample_archive: acsql.Archive
) -> None:
    assert SCHEMA_VERSION <= 2, "footprints may be others now: compare no longer"
    documents = list(sample_archive.store.observations.find())
    old = [{k: v for k, v in document.items() if k != "footprint"} for document in documents]
    store.observations.insert_many(document | {"schema_version": 1} for document in old)
    step(2).apply(store, specs)
    for document in documents:
        if document.get("footprint", ...) is None:
            del document["footprint"]
    assert stored(store) == {document["_id"]: document for document in documents}
    assert any("a_order" in str(document["headers"]) for document in documents)


def test_2_is_pending_where_step_1_is(store: Store) -> None:
    store.observations.insert_many(
        [{"_id": "j8bt05nj"}, {"_id": "j8bt05nk", "schema_version": 1}, {"_id": "j8bt05nl"}]
    )
    assert step(2).pending(store) == 3


def test_2_does_not_change_later_documents(store: Store, specs: KeywordSpecs) -> None:
    later = [exposure(f"j000000{n}", chip(150.0, 2.0), schema_version=n) for n in (2, 3)]
    store.observations.insert_many(later)
    assert step(2).pending(store) == 0
    step(2).apply(store, specs)
    assert stored(store) == {document["_id"]: document for document in later}


def test_2_continues_after_an_interruption(store: Store, specs: KeywordSpecs) -> None:
    old = [exposure(f"j{number:07}", chip(number / 4, 10.0)) for number in range(1200)]
    store.observations.insert_many(old)
    refuse_one = {"collMod": "observations", "validator": {"_id": {"$ne": old[700]["_id"]}}}
    store.database.command(refuse_one)
    with pytest.raises(DatabaseError):
        runner.migrate(store, specs)
    assert 0 < step(2).pending(store) < len(old)
    # A document has both fields or neither.
    done = {"schema_version": 2, "footprint": {"$exists": True}}
    assert store.observations.count_documents(done) == len(old) - step(2).pending(store)
    store.database.command({"collMod": "observations", "validator": {}})
    assert 2 in {each.number for each in runner.migrate(store, specs)}
    runner.check(store)
    assert stored(store) == {
        before["_id"]: {
            **before,
            "schema_version": 2,
            "footprint": footprint(before, specs).geometry,
        }
        for before in old
    }


def test_3_drops_replaced_indexes_only(store: Store, specs: KeywordSpecs) -> None:
    store.make_indexes()
    kept = store.observations.index_information()
    store.observations.create_index([("targname", 1), ("_id", 1)])
    assert step(3).pending(store) == 0
    step(3).apply(store, specs)
    assert store.observations.index_information() == kept
    step(3).apply(store, specs)
    assert store.observations.index_information() == kept


KEYWORD = {"detector": "WFC", "filetype": "raw", "extension": 0, "keyword": "NEW", "type": "int"}
MET = datetime(2020, 1, 1)


@pytest.fixture
def old_names(store: Store) -> Store:
    """A database with the collections of an acsql before step 4."""
    database = store.database
    database["keywords_met"].insert_many({"_id": n, **KEYWORD, "met": MET} for n in "abc")
    database["outlines"].insert_many([{"_id": "j8bt05nj"}, {"_id": "j8bt05nk"}])
    database["tallies"].insert_one({"detector": "WFC", "number": 2})
    database["tallies_of_proposals"].insert_one({"_id": 9019})
    database["tallies_of_all"].insert_many([{"_id": "state", "current": True}, {"_id": "totals"}])
    return store


def collections(store: Store) -> set[str]:
    """Return the names of all collections but that of the steps applied."""
    return {*store.database.list_collection_names()} - {"migrations"}


def test_4_keeps_the_keywords_and_drops_the_derived_collections(
    old_names: Store, specs: KeywordSpecs
) -> None:
    assert step(4).pending(old_names) == 9
    step(4).apply(old_names, specs)
    assert step(4).pending(old_names) == 0
    assert collections(old_names) == {"keywords_not_in_specs"}
    expected = [{"_id": n, **KEYWORD, "first_seen": MET} for n in "abc"]
    assert list(old_names.keywords_not_in_specs.find(sort=[("_id", 1)])) == expected


def test_4_continues_after_an_interruption(old_names: Store, specs: KeywordSpecs) -> None:
    old_names.keywords_not_in_specs.insert_one({"_id": "b", **KEYWORD, "first_seen": MET})
    old_names.database["outlines"].drop()
    for _ in range(2):
        step(4).apply(old_names, specs)
        assert collections(old_names) == {"keywords_not_in_specs"}
        assert old_names.keywords_not_in_specs.count_documents({"first_seen": MET}) == 3


def test_4_derived_collections_are_computed_by_the_migration(
    old_names: Store, specs: KeywordSpecs
) -> None:
    old_names.observations.insert_one({"_id": "j8bt05nj", "detector": "WFC", "schema_version": 2})
    (pending,) = (step for step in runner.missing(old_names) if step.number == 4)
    assert pending.pending(old_names) == 9
    runner.migrate(old_names, specs)
    assert old_names.headerless.count_documents({}) == 1
    assert not collections(old_names) & {"outlines", "tallies"}
    assert headerless.copies_if_made(old_names) == old_names.headerless


def test_5_renames_the_fields_of_run_records(store: Store, specs: KeywordSpecs) -> None:
    old = {"keywords_new": [1], "misfits": [2], "others": 3, "remarks": [4]}
    new = {"keywords_not_in_specs": [1], "type_mismatches": [2], "ignored": 3, "warnings": [4]}
    store.ingest_runs.insert_many(
        [{"_id": 1, "state": "died"}, {"_id": 2, **old}, {"_id": 3, **new}]
    )
    assert step(5).pending(store) == 1
    for _ in range(2):
        step(5).apply(store, specs)
        assert step(5).pending(store) == 0
        records = list(store.ingest_runs.find(sort=[("_id", 1)]))
        assert records == [{"_id": 1, "state": "died"}, {"_id": 2, **new}, {"_id": 3, **new}]


def around(geometry: dict[str, Any]) -> dict[str, Any]:
    return {"footprint": {"$geoIntersects": {"$geometry": geometry}}}


@pytest.fixture(scope="module")
def migrated(database_uri: str, specs: KeywordSpecs) -> Iterator[Store]:
    """The exposures above, migrated; read-only."""
    base, _, options = database_uri.partition("?")
    with Store(f"{base.rpartition('/')[0]}/test_migrated?{options}", specs) as opened:
        opened.observations.insert_many(EXPOSURES)
        runner.migrate(opened, specs)
        yield opened
        opened.client.drop_database(opened.database.name)


@pytest.mark.parametrize(
    ("longitude", "latitude", "expected"),
    [
        (150.0, 2.0, [1]),
        (150.01, 2.03, [1]),
        (150.04, 2.0, [2]),
        (150.0, 2.1, []),
        (0.0, -30.0, [4, 5]),
        (-0.02, -30.0, [4, 5]),
        (0.03, -30.0, [4]),
        (-0.03, -30.0, [5]),
        (0.0, 30.0, []),
        (77.0, 90.0, [6, 7]),
        (30.0, 89.98, [6]),
        (30.0, -89.99, [8]),
    ],
)
def test_2_images_that_cover_a_position_are_found_by_an_index(
    migrated: Store, longitude: float, latitude: float, expected: list[int]
) -> None:
    place = around({"type": "Point", "coordinates": [longitude, latitude]})
    found = migrated.observations.find(place)
    assert "footprint_2dsphere" in str(found.explain()["queryPlanner"]["winningPlan"])
    assert sorted(int(document["_id"][1:]) for document in found) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [(1, [1, 2]), (2, [1, 2]), (3, [3]), (4, [4, 5]), (5, [4, 5]), (6, [6, 7]), (8, [8])],
)
def test_2_images_that_overlap_another_are_found(
    migrated: Store, number: int, expected: list[int]
) -> None:
    own = migrated.observations.find_one({"_id": f"j{number:07}"})["footprint"]
    found = migrated.observations.find(around(own))
    assert "footprint_2dsphere" in str(found.explain()["queryPlanner"]["winningPlan"])
    assert sorted(int(document["_id"][1:]) for document in found) == expected


def test_6_every_file_that_failed_is_owed(store: Store, specs: KeywordSpecs) -> None:
    when = datetime(2026, 1, 1)
    failed = {"rootname": "j8bt05nj", "stage": "headers", "reason": "truncated", "size": 2880}
    store.failures.insert_one({"_id": "j8bt05njq_flt.fits", **failed})
    store.failures.insert_one({"_id": "j8bt05njq_raw.fits", **failed, "owed": False})
    refused = {"reason": "cannot write /full/j8bt05njq_flc.jpg"}
    store.observations.insert_one(
        {
            "_id": "j8bt05nj",
            "last_ingest_date": when,
            "datasets": {name: f"j8bt05njq_{name}.fits" for name in ("raw", "flc", "crj", "spt")},
            "previews": {"raw": refused, "flc": refused, "crj": {"jpeg": "9019/a.jpg"}},
        }
    )
    assert step(6).pending(store) == 2
    for _ in range(2):
        step(6).apply(store, specs)
        assert step(6).pending(store) == 0
        stored = {failure.pop("_id"): failure for failure in store.failures.find()}
        assert stored.keys() == {f"j8bt05njq_{name}.fits" for name in ("raw", "flt", "flc")}
        assert stored["j8bt05njq_flt.fits"] == failed | {"owed": True}
        assert stored["j8bt05njq_raw.fits"] == failed | {"owed": False}
        assert stored["j8bt05njq_flc.fits"] == {
            "rootname": "j8bt05nj",
            "stage": "preview",
            "owed": True,
            "size": None,
            "mtime": None,
            "first": when,
            "last": when,
            **refused,
        }


def test_7_copies_are_made_and_those_without_an_observation_removed(
    store: Store, specs: KeywordSpecs
) -> None:
    store.observations.insert_many(EXPOSURES)
    store.headerless.insert_many([{"_id": "gone"}, EXPOSURES[0] | {"detector": "OLD"}])
    assert step(7).pending(store) == len(EXPOSURES)
    for _ in range(2):
        step(7).apply(store, specs)
        assert step(7).pending(store) == 0
        copies = {each["_id"]: each for each in store.headerless.find()}
        assert copies == {each["_id"]: headerless.copy(each) for each in EXPOSURES}
        assert headerless.copies_if_made(store) == store.headerless


def test_8_all_observations_are_marked_and_later_marks_stay(
    store: Store, specs: KeywordSpecs
) -> None:
    store.observations.insert_many(EXPOSURES)
    changed = store.database[CHANGED]
    changed.insert_one({"_id": EXPOSURES[0]["_id"], "token": "later"})
    assert step(8).pending(store) == len(EXPOSURES) - 1
    for _ in range(2):
        step(8).apply(store, specs)
        assert step(8).pending(store) == 0
        assert {each["_id"] for each in changed.find()} == {each["_id"] for each in EXPOSURES}
        assert changed.find_one({"_id": EXPOSURES[0]["_id"]})["token"] == "later"


def test_9_association_names_are_in_upper_case(store: Store, specs: KeywordSpecs) -> None:
    documents = [
        {"_id": "jcmc1101", "asn_id": "jcmc11010"},
        {"_id": "jcmc11a1", "asn_id": "JCMC11010"},
        {"_id": "jcmc11a2"},
    ]
    store.observations.insert_many(documents)
    store.headerless.insert_many(documents)
    assert step(9).pending(store) == 1
    for _ in range(2):
        step(9).apply(store, specs)
        assert step(9).pending(store) == 0
        for collection in (store.observations, store.headerless):
            stored = [each.get("asn_id") for each in collection.find(sort=[("_id", 1)])]
            assert stored == ["JCMC11010", "JCMC11010", None]
        assert [each["_id"] for each in store.database[CHANGED].find()] == ["jcmc1101"]


def test_10_drops_the_counts_that_were_stored(store: Store, specs: KeywordSpecs) -> None:
    for name in ("facet_counts", "value_counts", "totals", "proposal_summaries", "statistics"):
        store.database[name].insert_one({"_id": 1})
    for expected in (5, 0):
        assert step(10).pending(store) == expected
        step(10).apply(store, specs)
        assert collections(store) == set()


def test_11_makes_the_index_of_type_mismatches(store: Store, specs: KeywordSpecs) -> None:
    store.headerless.insert_one({"_id": "j8bt05nj", "type_mismatches": ["raw.0.exptime"]})
    for _ in range(2):
        step(11).apply(store, specs)
    assert len(store.headerless.index_information()) == 2
    assert type_mismatches.addresses(store) == {"raw.0.exptime"}
    # It is the one that an ingest makes.
    store.make_indexes()


def test_12_all_observations_are_marked_and_later_marks_stay(
    store: Store, specs: KeywordSpecs
) -> None:
    store.observations.insert_many(EXPOSURES)
    store.database["column_parts"].insert_one({"version": 1})
    changed = store.database[CHANGED]
    changed.insert_one({"_id": EXPOSURES[0]["_id"], "token": "later"})
    assert step(12).pending(store) == len(EXPOSURES) - 1
    for _ in range(2):
        step(12).apply(store, specs)
        assert step(12).pending(store) == 0
        assert {each["_id"] for each in changed.find()} == {each["_id"] for each in EXPOSURES}
        assert changed.find_one({"_id": EXPOSURES[0]["_id"]})["token"] == "later"
