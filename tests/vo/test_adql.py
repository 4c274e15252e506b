"""ADQL is translated, and what is not supported is an error that names it."""

import pytest

from acsql.errors import QueryError
from acsql.vo.adql import translate
from acsql.vo.tables import TapTable


def test_a_query_names_the_columns_that_it_needs(tables: dict[str, TapTable]) -> None:
    text = "SELECT TOP 3 t_min FROM ivoa.ObsCore AS o WHERE o.S_RA > 1 ORDER BY t_exptime"
    found = translate(text, tables, 100)
    assert found.tables == {"ivoa.obscore": {"t_min", "s_ra", "t_exptime"}}
    assert found.sql.endswith("LIMIT 3")


def test_a_star_in_a_subquery_needs_what_is_used(tables: dict[str, TapTable]) -> None:
    text = "SELECT COUNT(*) FROM (SELECT * FROM ivoa.obscore) t WHERE t.t_min > 1"
    assert translate(text, tables, 100).tables == {"ivoa.obscore": {"t_min"}}


def test_the_limit_is_the_smaller_one(tables: dict[str, TapTable]) -> None:
    assert translate("SELECT TOP 3 obs_id FROM obscore", tables, 2).sql.endswith("LIMIT 2")


def test_long_columns_are_computed_from_their_keys(tables: dict[str, TapTable]) -> None:
    found = translate("SELECT access_url, s_region FROM ivoa.obscore", tables, 2)
    assert found.tables == {"ivoa.obscore": {"obs_title", "obs_id"}}
    assert [column.late for column in found.columns] == [
        ("ivoa.obscore", "access_url"),
        ("ivoa.obscore", "s_region"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected one query"),
        ("SELECT 1; SELECT 2", "expected one query"),
        ("DROP TABLE ivoa.obscore", "begins with SELECT"),
        ("SELECT", "ADQL"),
        ("SELECT obs_id FROM ivoa.obscore WHERE", "Line 1"),
        ("SELECT foo FROM ivoa.obscore", "foo"),
        ("SELECT obs_id FROM nowhere", "there is no table 'nowhere'; there are ivoa.obscore"),
        ("SELECT * FROM read_csv('/etc/passwd')", "READ_CSV|read_csv"),
        ("SELECT * FROM 'file.csv'", "file.csv"),
        ("SELECT getenv('HOME') FROM ivoa.obscore", "there is no function 'GETENV'"),
        ("SELECT COUNT(*) OVER () FROM ivoa.obscore", "not supported|WINDOW"),
        ("SELECT obs_id INTO x FROM ivoa.obscore", "not supported"),
        ("SELECT a.obs_id FROM ivoa.obscore a NATURAL JOIN acsql.observations b", "NATURAL"),
        ("SELECT CAST(obs_id AS BLOB) FROM ivoa.obscore", "type"),
        ("SELECT " + "(" * 5000 + "1" + ")" * 5000 + " FROM ivoa.obscore", "ADQL"),
        ("SELECT obs_id FROM ivoa.obscore WHERE obs_id = '" + "x" * 100_000 + "'", "at most"),
        ("SELECT POINT(1, 2) FROM ivoa.obscore", "POINT"),
        ("SELECT obs_id FROM ivoa.obscore LIMIT 1 + 1", "TOP"),
    ],
)
def test_what_is_not_supported_is_an_error(
    tables: dict[str, TapTable], text: str, message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        translate(text, tables, 10)
