"""ObsCore has one row for each file, with what the Python API says of it."""

import copy

import pytest

import acsql
from acsql.store import observation_writes, observations
from acsql.store.client import Store
from acsql.vo import obscore_facts
from acsql.vo.obscore import ObsCore
from acsql.vo.obscore_columns import COLUMNS
from acsql.vo.tables import Needed

NAMES = [name for name, column in COLUMNS.items() if not column.late]


@pytest.fixture(scope="module")
def rows(sample_archive: acsql.Archive) -> dict[str, dict[str, object]]:
    """The rows by file name."""
    obscore = ObsCore(sample_archive.store, sample_archive.specs, obscore_facts.load())
    return {row["obs_title"]: row for row in obscore.table(NAMES).to_pylist()}


def test_each_file_has_one_row(
    sample_archive: acsql.Archive, rows: dict[str, dict[str, object]]
) -> None:
    found = sample_archive.where().columns("rootname").rows()
    files = [
        (row["rootname"], name)
        for row in found
        for name in sample_archive.observation(row["rootname"]).datasets.values()
    ]
    assert sorted((row["obs_id"], name) for name, row in rows.items()) == sorted(files)


def test_the_values_are_those_of_the_observation(
    sample_archive: acsql.Archive, rows: dict[str, dict[str, object]]
) -> None:
    for row in rows.values():
        observation = sample_archive.observation(str(row["obs_id"]))
        assert row["t_min"] == observation["expstart"]
        assert row["t_exptime"] == observation["exptime"]
        assert row["target_name"] == observation["targname"]
        assert row["instrument_name"] == f"ACS/{observation['detector']}"
        is_internal = sample_archive.specs.is_internal(observation)
        assert row["s_ra"] == (None if is_internal else observation["ra_targ"])


def test_the_calibration_level_follows_from_the_filetype(
    rows: dict[str, dict[str, object]],
) -> None:
    levels = {row["dataproduct_subtype"]: row["calib_level"] for row in rows.values()}
    assert levels["raw"] == 1
    assert levels["flt"] == 2
    assert levels["drz"] == 3


def test_telemetry_is_no_image_and_has_no_pixels(rows: dict[str, dict[str, object]]) -> None:
    for row in rows.values():
        if row["dataproduct_subtype"] == "spt":
            assert row["dataproduct_type"] is None
            assert row["s_xel1"] is None
            assert row["o_ucd"] is None


def test_a_changed_observation_is_in_the_next_table(store: Store, specs) -> None:
    obscore = ObsCore(store, specs, obscore_facts.load())
    document = {
        "_id": "j8bt05njq",
        "targname": "A",
        "datasets": {"flt": "j8bt05njq_flt.fits"},
        "files": {"flt": {"size": 1}},
    }
    assert obscore.table(["target_name"]).num_rows == 0
    observation_writes.replace(store, document)
    assert obscore.table(["target_name"]).to_pylist() == [{"target_name": "A"}]
    changed = copy.deepcopy(document) | {"targname": "B"}
    observation_writes.replace(store, changed)
    expected = [{"target_name": "B", "access_estsize": 1}]
    assert obscore.table(["target_name", "access_estsize"]).to_pylist() == expected
    assert observations.with_footprint(store) == []


def test_a_vanished_file_has_no_row(store: Store, specs) -> None:
    obscore = ObsCore(store, specs, obscore_facts.load())
    files = {"flt": {"size": 1, "vanished": "2024"}}
    document = {"_id": "j8bt05njq", "datasets": {"flt": "j8bt05njq_flt.fits"}, "files": files}
    observation_writes.replace(store, document)
    assert obscore.table(["obs_id"]).num_rows == 0


@pytest.mark.parametrize(("low", "high"), [(-90, 90), (0, 0), (22, 22.1), (90, -90), (-91, -90)])
def test_a_range_of_declinations_has_the_rows_of_all(
    sample_archive: acsql.Archive, low: float, high: float
) -> None:
    obscore = ObsCore(sample_archive.store, sample_archive.specs, obscore_facts.load())

    def chosen(table):
        """Return the rows in the range."""
        rows = table.to_pylist()
        return [row for row in rows if row["s_dec"] is not None and low <= row["s_dec"] <= high]

    names = ["obs_title", "instrument_name"]
    found = obscore.needed(names, Needed((low, high)))
    assert chosen(found) == chosen(obscore.table([*names, "s_dec"]))


def test_a_narrow_range_has_few_rows(sample_archive: acsql.Archive) -> None:
    obscore = ObsCore(sample_archive.store, sample_archive.specs, obscore_facts.load())
    every = obscore.table(["s_dec"])["s_dec"].drop_null().to_pylist()
    rarest = min(every, key=every.count)
    found = obscore.needed(["obs_title"], Needed((rarest, rarest)))
    assert set(found["s_dec"].to_pylist()) == {rarest}


def test_a_range_has_the_rows_of_an_observation_that_has_changed(store: Store, specs) -> None:
    obscore = ObsCore(store, specs, obscore_facts.load())
    document = {
        "_id": "j8bt05njq",
        "ra_targ": 10.0,
        "dec_targ": 20.0,
        "files": {"flt": {"size": 1}},
    }
    observation_writes.replace(store, document)
    # Where each row is chosen, and where none is.
    assert obscore.needed([], Needed((50, 60))).num_rows == 0
    observation_writes.replace(store, copy.deepcopy(document) | {"dec_targ": 55.0})
    assert obscore.needed(["s_ra"], Needed((50, 60))).to_pylist() == [{"s_ra": 10.0, "s_dec": 55.0}]


def test_rootnames_have_their_rows(sample_archive: acsql.Archive) -> None:
    obscore = ObsCore(sample_archive.store, sample_archive.specs, obscore_facts.load())
    every = obscore.table(["obs_id", "obs_title"]).to_pylist()
    names = sorted({row["obs_id"] for row in every})
    for wanted in (names[:1], [names[-1], "zzzzzzzz", "00000000", names[0]], []):
        found = obscore.needed(["obs_id", "obs_title"], Needed(keys=wanted))
        expected = [row["obs_title"] for row in every if row["obs_id"] in wanted]
        assert found["obs_title"].to_pylist() == expected


def test_rootnames_have_the_rows_of_an_observation_that_was_added(store: Store, specs) -> None:
    obscore = ObsCore(store, specs, obscore_facts.load())
    wanted = Needed(keys=["j8bt05njq"])
    assert obscore.needed(["obs_id"], wanted).num_rows == 0
    observation_writes.replace(store, {"_id": "j8bt05njq", "files": {"flt": {"size": 1}}})
    assert obscore.needed(["obs_id"], wanted)["obs_id"].to_pylist() == ["j8bt05njq"]
