"""Searches are exported as files of any format, and to the tables of other libraries."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from astropy.table import Table

import acsql
from acsql import export
from acsql.errors import ArchiveError, QueryError


@pytest.fixture(scope="module")
def search(sample_archive: acsql.Archive) -> acsql.Search:
    """A search with texts, numbers, dates and unknown values."""
    return sample_archive.where(detector="WFC").columns("rootname,exptime,date_obs,asn_id")


@pytest.mark.parametrize("name", export.FORMATS)
def test_a_file_is_what_the_format_writes(search, tmp_path: Path, name: str) -> None:
    ending = export.FORMATS[name].extension
    expected = b"".join(export.FORMATS[name].write(search.rows(), search.selected_columns))
    search.write(tmp_path / f"wfc.{ending}", name)
    found = (tmp_path / f"wfc.{ending}").read_bytes()
    # VOTables state when they were written.
    assert found == expected or name == "votable"
    assert [path.name for path in tmp_path.iterdir()] == [f"wfc.{ending}"]


@pytest.mark.parametrize("ending", ["ecsv", "csv", "fits", "FITS", "parquet", "votable", "vot"])
def test_the_ending_says_the_format(search, tmp_path: Path, ending: str) -> None:
    search.write(tmp_path / f"wfc.{ending}")
    read = {
        "ecsv": lambda path: Table.read(path, format="ascii.ecsv"),
        "csv": lambda path: Table.read(path, format="ascii.csv"),
        "fits": lambda path: Table.read(path, format="fits"),
        "parquet": lambda path: pq.read_table(path).to_pydict(),
        "vot": lambda path: Table.read(path, format="votable"),
        "votable": lambda path: Table.read(path, format="votable"),
    }
    table = read[ending.lower()](tmp_path / f"wfc.{ending}")
    assert list(map(str, table["rootname"])) == [row["rootname"] for row in search.rows()]


def test_an_unknown_format_is_an_error_that_lists_them(search, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="no format 'xls'; the formats are csv, ecsv"):
        search.write(tmp_path / "wfc.xls")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_named(search, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"cannot write .*missing/wfc\.csv: No such file"):
        search.write(tmp_path / "missing" / "wfc.csv")


def test_a_failed_search_leaves_the_old_file(large, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    path = folder / "wfc.csv"
    path.write_text("old")
    with pytest.raises(acsql.errors.QueryTimeout):
        large.where("raw.0.exptime=1").time_limit(0.001).write(path)
    assert path.read_text() == "old"
    assert [each.name for each in folder.iterdir()] == ["wfc.csv"]


def test_tables_of_other_libraries_have_the_rows(search: acsql.Search) -> None:
    rows = list(search.rows())
    assert search.to_arrow()["rootname"].to_pylist() == [row["rootname"] for row in rows]
    assert list(search.to_pandas()["exptime"]) == [row["exptime"] for row in rows]
    assert search.to_polars()["date_obs"].to_list() == [row["date_obs"].date() for row in rows]


def test_the_archive_writes_in_one_call(sample_archive, search, tmp_path: Path) -> None:
    columns, sort = "rootname,exptime,date_obs,asn_id", "-exptime"
    sample_archive.write(
        tmp_path / "one.csv", "exptime>0", detector="WFC", columns=columns, sort=sort, limit=3
    )
    search.where("exptime>0").sort(sort).limit(3).write(tmp_path / "other.csv")
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "other.csv").read_bytes()


def test_times_are_those_of_astropy(sample_archive: acsql.Archive) -> None:
    table = sample_archive.search(columns="rootname,expstart,date_obs", limit=3, times=True)
    plain = sample_archive.search(columns="rootname,expstart,date_obs", limit=3)
    assert list(table["expstart"].mjd) == list(plain["expstart"])
    assert [str(day) for day in table["date_obs"].to_value("iso", "date")] == [
        str(day) for day in plain["date_obs"]
    ]
