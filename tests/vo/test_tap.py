"""The parameters of TAP are checked, and rows are returned in the format that they name."""

import io

import pytest
from astropy.io.votable import parse_single_table
from astropy.table import Table

import acsql
from acsql.errors import QueryError
from acsql.vo.tables import TapTable
from acsql.vo.tap import result, tap_query

_QUERY = "SELECT TOP 5 obs_id, t_min, t_min, s_ra FROM ivoa.obscore ORDER BY obs_id"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "QUERY is missing"),
        ({"query": _QUERY}, "LANG"),
        ({"query": _QUERY, "lang": "PQL"}, "LANG"),
        ({"query": _QUERY, "lang": "ADQL", "request": "getCapabilities"}, "REQUEST"),
        ({"query": _QUERY, "lang": "ADQL", "responseformat": "pdf"}, "RESPONSEFORMAT"),
        ({"query": _QUERY, "lang": "ADQL", "upload": "t,http://x"}, "UPLOAD is not supported"),
    ],
)
def test_a_wrong_parameter_is_an_error_that_names_it(
    parameters: dict[str, str], message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        tap_query(parameters)


@pytest.mark.parametrize("name", ["votable", "csv", "tsv", "fits"])
def test_all_formats_have_the_same_rows(
    sample_archive: acsql.Archive, tables: dict[str, TapTable], name: str
) -> None:
    parameters = {"query": _QUERY, "lang": "ADQL", "responseformat": name}
    content = b"".join(result(tap_query(parameters), tables, sample_archive.store, 60))
    readers = {"votable": "votable", "csv": "ascii.csv", "tsv": "ascii.tab", "fits": "fits"}
    table = Table.read(io.BytesIO(content), format=readers[name])
    assert table.colnames == ["obs_id", "t_min", "t_min_2", "s_ra"]
    search = sample_archive.where().columns("rootname", "expstart").sort("rootname")
    expected = {row["rootname"]: row["expstart"] for row in search.rows()}
    assert len(table) == 5
    for row in table:
        assert row["t_min"] == row["t_min_2"] == expected[row["obs_id"]]


@pytest.mark.parametrize(("limit", "rows"), [(0, 0), (2, 2)])
def test_a_cut_result_says_so(
    sample_archive: acsql.Archive, tables: dict[str, TapTable], limit: int, rows: int
) -> None:
    query = tap_query({"query": _QUERY, "lang": "adql", "maxrec": limit})
    content = b"".join(result(query, tables, sample_archive.store, 60))
    assert b'name="QUERY_STATUS" value="OVERFLOW"' in content
    table = parse_single_table(io.BytesIO(content))
    assert len(table.array) == rows
    assert [field.name for field in table.fields] == ["obs_id", "t_min", "t_min_2", "s_ra"]


@pytest.mark.parametrize("name", ["votable", "csv", "tsv", "fits"])
def test_all_types_of_computed_columns_are_written(
    sample_archive: acsql.Archive, tables: dict[str, TapTable], name: str
) -> None:
    text = (
        "SELECT SUM(calib_level) AS total, 1.5 AS x, NULL AS nothing, MIN(t_exptime) > -1 AS b, "
        "CAST('2003-01-01' AS TIMESTAMP) AS t FROM ivoa.obscore"
    )
    query = tap_query({"query": text, "lang": "ADQL", "responseformat": name})
    assert b"total" in b"".join(result(query, tables, sample_archive.store, 60))


def test_integers_have_the_datatypes_that_standards_require(
    sample_archive: acsql.Archive, tables: dict[str, TapTable]
) -> None:
    text = 'SELECT std, "size", column_index AS n FROM tap_schema.columns'
    query = tap_query({"query": text, "lang": "ADQL"})
    content = b"".join(result(query, tables, sample_archive.store, 60))
    table = parse_single_table(io.BytesIO(content), verify="exception")
    assert {field.name: field.datatype for field in table.fields} == {
        "std": "int",
        "size": "int",
        "n": "int",
    }
    rows = table.to_table()
    assert rows["size"].mask.all()
    assert set(rows["std"]) == {0, 1}
