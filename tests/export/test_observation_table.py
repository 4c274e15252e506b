"""Tables of observations: every format of astropy writes them, and times become astropy's."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from astropy import units
from astropy.table import Table
from astropy.time import Time

from acsql.export.columns import make_table
from acsql.export.observation_table import ObservationTable, with_times
from acsql.keywords import KeywordSpec
from acsql.query import Column

COLUMNS = [
    Column("rootname", KeywordSpec("ROOTNAME", "str")),
    Column("exptime", KeywordSpec("EXPTIME", "float", "s", "exposure duration")),
    Column("date_obs", KeywordSpec("DATE-OBS", "date", None, "UT date")),
    Column("ingested", KeywordSpec("INGESTED", "datetime")),
    Column("expstart", KeywordSpec("EXPSTART", "float", "d", mjd=True)),
    Column("history", KeywordSpec("HISTORY", "str")),
    Column("ra_targ", KeywordSpec("RA_TARG", "float", "deg")),
    Column("dec_targ", KeywordSpec("DEC_TARG", "float", "deg")),
]
VALUES = (
    "j8bt01aa",
    5.0,
    datetime(2002, 4, 13),
    datetime(2026, 1, 2, 3),
    52377.5,
    ["a", "b"],
    6.0,
    -72.0,
)
ROWS = [
    {column.address: value for column, value in zip(COLUMNS, VALUES, strict=True)},
    {column.address: None for column in COLUMNS} | {"rootname": "j8bt01ab"},
]
FORMATS = {
    "ecsv": {"format": "ascii.ecsv"},
    "fits": {"format": "fits"},
    "votable": {"format": "votable"},
    "parquet": {"format": "parquet"},
    "hdf5": {"format": "hdf5", "path": "observations"},
}


@pytest.fixture
def table() -> ObservationTable:
    """A table with a column of each type, whose second row is unknown."""
    return make_table(ROWS, COLUMNS)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("rows", [slice(None), slice(1), slice(0)], ids=["two", "one", "none"])
def test_astropy_writes_the_table_in_every_format(table, tmp_path: Path, name: str, rows) -> None:
    options = FORMATS[name]
    more = {"serialize_meta": True} if name == "hdf5" else {}
    table[rows].write(tmp_path / "table", **options, **more)
    found = Table.read(tmp_path / "table", **options)
    assert found.colnames == [column.address for column in COLUMNS]
    assert len(found) == len(table[rows])
    for row in found[:1]:
        assert str(row["rootname"]) == "j8bt01aa"
        assert row["exptime"] == 5
        assert str(row["date_obs"]) == "2002-04-13"
        assert str(row["history"]) == "a; b"
    assert found["exptime"].unit == units.s


def test_a_votable_has_its_rows_in_the_form_that_is_written_safely(table, tmp_path: Path) -> None:
    table.write(tmp_path / "binary", format="votable")
    table.write(tmp_path / "text", format="votable", tabledata_format="tabledata")
    assert "<BINARY2>" in (tmp_path / "binary").read_text()
    assert "<TABLEDATA>" in (tmp_path / "text").read_text()


def test_writing_does_not_change_the_table(table: ObservationTable, tmp_path: Path) -> None:
    dtypes = [column.dtype for column in table.itercols()]
    table.write(tmp_path / "table.ecsv")
    assert [column.dtype for column in table.itercols()] == dtypes
    assert table["date_obs"].dtype == np.dtype("datetime64[D]")


def test_times_and_positions_become_those_of_astropy(table: ObservationTable) -> None:
    found = with_times(table, COLUMNS)
    assert found["date_obs"][0] == Time("2002-04-13")
    assert found["ingested"][0] == Time("2026-01-02T03:00:00")
    assert found["expstart"][0] == Time(52377.5, format="mjd")
    assert found["date_obs"].info.description == "UT date"
    assert [list(found[name].mask) for name in ("date_obs", "expstart")] == [[False, True]] * 2
    assert found["target"][0].separation(found["target"][0]) == 0 * units.deg
    assert found["target"][0].dec.deg == -72
    assert np.isnan(found["target"][1].ra.deg)
    assert table["expstart"].unit == units.d


@pytest.mark.parametrize("rows", [slice(0), slice(1, 2)], ids=["none", "unknown"])
def test_a_table_without_a_known_time_becomes_one_with_times(table, rows) -> None:
    found = with_times(table[rows], COLUMNS)
    assert isinstance(found["date_obs"], Time)
    assert all(found["date_obs"].mask)


@pytest.mark.parametrize("options", [{"format": "fits"}, {}], ids=["format", "ending"])
@pytest.mark.parametrize(
    ("unit", "written"), [("electron", "count"), ("electron / DN", "count adu-1"), ("cycle", None)]
)
def test_fits_has_the_units_of_the_export_format(tmp_path: Path, options, unit, written) -> None:
    made = make_table(
        [{"level": 1.5}], [Column("level", KeywordSpec("L", "float", unit, "a level"))]
    )
    made.write(tmp_path / "table.fits", **options)
    found = Table.read(tmp_path / "table.fits")
    assert found["level"].unit == (written and units.Unit(written))
    assert found["level"].description == f"[{unit}] a level"
    assert made["level"].unit == units.Unit(unit)
    assert made["level"].description == "a level"
