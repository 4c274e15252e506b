"""ObsCore has one row for each file, with what the Python API says of it."""

import copy

import pytest

import acsql
from acsql.store import observation_writes, observations
from acsql.store.client import Store
from acsql.vo import obscore_facts
from acsql.vo.obscore import ObsCore
from acsql.vo.obscore_columns import COLUMNS

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
