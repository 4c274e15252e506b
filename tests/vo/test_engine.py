"""Queries return what the Python API returns, within their limits."""

from collections.abc import Sequence
from dataclasses import replace
from time import sleep

import pytest

import acsql
from acsql.errors import QueryError, QueryTimeout
from acsql.vo import engine
from acsql.vo.tables import TapTable


@pytest.fixture(scope="module")
def run(sample_archive: acsql.Archive, tables: dict[str, TapTable]):
    """Run a query on the sample archive, and return its rows."""

    def rows(text: str, limit: int = 10_000) -> list[dict[str, object]]:
        return engine.run(text, tables, sample_archive.store, limit, 60).table.to_pylist()

    return rows


def test_groups_agree_with_facets(run, sample_archive: acsql.Archive) -> None:
    found = run("SELECT detector, COUNT(*) AS n FROM acsql.observations GROUP BY detector")
    assert {row["detector"]: row["n"] for row in found} == sample_archive.facets("detector")


@pytest.mark.parametrize("ra", [-10, 0, 350, 370])
@pytest.mark.parametrize("dec", [-90, 0, 90])
@pytest.mark.parametrize("radius", [0.001, 60, 180])
def test_a_cone_agrees_with_a_search(
    run, sample_archive: acsql.Archive, ra: float, dec: float, radius: float
) -> None:
    found = run(
        "SELECT DISTINCT obs_id FROM ivoa.obscore WHERE "
        f"CONTAINS(POINT('ICRS', s_ra, s_dec), CIRCLE('ICRS', {ra}, {dec}, {radius})) = 1"
    )
    near = sample_archive.where(acsql.Within(ra, dec, radius)).columns("rootname").rows()
    assert sorted(row["obs_id"] for row in found) == sorted(row["rootname"] for row in near)


def test_outlines_agree_with_a_search(run, sample_archive: acsql.Archive) -> None:
    (row,) = run(
        "SELECT TOP 1 s_ra, s_dec FROM ivoa.obscore WHERE s_region IS NOT NULL AND s_ra > 0"
    )
    found = run(
        "SELECT DISTINCT obs_id FROM ivoa.obscore WHERE "
        f"CONTAINS(POINT({row['s_ra']}, {row['s_dec']}), s_region) = 1"
    )
    covers = sample_archive.where(acsql.Covers(row["s_ra"], row["s_dec"]))
    expected = [each["rootname"] for each in covers.columns("rootname").rows()]
    assert sorted(each["obs_id"] for each in found) == sorted(expected)
    around = run(
        "SELECT DISTINCT obs_id FROM ivoa.obscore WHERE "
        f"INTERSECTS(CIRCLE({row['s_ra']}, {row['s_dec']}, 1e-6), s_region) = 1"
    )
    assert {each["obs_id"] for each in around} >= {each["obs_id"] for each in found}


def test_header_keywords_are_columns(run, sample_archive: acsql.Archive) -> None:
    found = run('SELECT rootname, "flt.1.goodmean" AS g FROM acsql.observations')
    expected = sample_archive.where().columns("rootname", "flt.1.goodmean").rows()
    assert {row["rootname"]: row["g"] for row in found} == {
        row["rootname"]: row["flt.1.goodmean"] for row in expected
    }


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ROUND(t_min, 1), MOD(calib_level, 2), POWER(2, 3), PI(), LOG(2.0) FROM obscore",
        "SELECT UPPER(target_name) || '!' FROM ivoa.obscore WHERE target_name LIKE '%N%'",
        "SELECT obs_id FROM obscore WHERE t_min IN (SELECT MIN(t_min) FROM obscore) OR NOT t_xel=1",
        "SELECT a.obs_id FROM obscore a JOIN acsql.observations b ON a.obs_id = b.rootname",
        "SELECT obs_id FROM obscore UNION SELECT rootname FROM acsql.observations",
        "WITH x AS (SELECT * FROM obscore) SELECT MAX(em_max), AVG(em_min) FROM x",
        "WITH x AS (SELECT 1 AS a) SELECT a FROM x WHERE a = 1",
        "SELECT obs_id FROM obscore ORDER BY t_min DESC, obs_id OFFSET 3",
        "SELECT DISTINCT access_url FROM obscore WHERE access_url LIKE 'h%' ORDER BY access_url",
        "SELECT COORD1(POINT(s_ra, s_dec)), DISTANCE(POINT(1, 2), POINT(s_ra, s_dec)) FROM obscore",
        "SELECT table_name, column_name FROM tap_schema.columns WHERE std = 1",
        "SELECT obs_id FROM obscore WHERE CONTAINS(POINT(s_ra, s_dec), BOX(0, 0, 90, 90)) = 0",
    ],
)
def test_what_is_supported_runs(run, text: str) -> None:
    assert run(text)


def test_a_cut_answer_says_so(sample_archive: acsql.Archive, tables: dict[str, TapTable]) -> None:
    answer = engine.run("SELECT * FROM ivoa.obscore", tables, sample_archive.store, 3, 60)
    assert answer.is_cut
    assert answer.table.num_rows == 3


def test_an_empty_answer_has_its_columns(
    sample_archive: acsql.Archive, tables: dict[str, TapTable]
) -> None:
    answer = engine.run("SELECT * FROM ivoa.obscore", tables, sample_archive.store, 0, 60)
    assert [column.name for column in answer.columns] == list(tables["ivoa.obscore"].columns)


def test_a_long_query_ends_at_the_time_limit(
    sample_archive: acsql.Archive, tables: dict[str, TapTable]
) -> None:
    joined = ", ".join(f"tap_schema.columns c{number}" for number in range(8))
    with pytest.raises(QueryTimeout, match=r"time limit of 0\.5 seconds"):
        engine.run(
            f"SELECT SUM(c0.std * c1.std * c7.std) FROM {joined}",
            tables,
            sample_archive.store,
            1,
            0.5,
        )


def test_outlines_as_texts_end_at_the_time_limit(
    sample_archive: acsql.Archive, tables: dict[str, TapTable], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each outline alone, so that the limit is between two of them.
    monkeypatch.setattr("acsql.vo.tables._BATCH", 1)
    late = tables["ivoa.obscore"].late["s_region"]
    computed = []

    def slow(keys: Sequence[str]) -> Sequence[str | None]:
        """Take long for each outline."""
        computed.append(keys)
        sleep(0.3)
        return late.values(keys)

    obscore = replace(tables["ivoa.obscore"], late={"s_region": replace(late, values=slow)})
    with pytest.raises(QueryTimeout, match=r"time limit of 0\.5 seconds"):
        engine.run(
            "SELECT obs_id FROM ivoa.obscore WHERE s_region LIKE '%1%'",
            {**tables, "ivoa.obscore": obscore},
            sample_archive.store,
            1,
            0.5,
        )
    assert len(computed) < 5


def test_an_interrupted_query_ends_before_its_rows_are_read(
    sample_archive: acsql.Archive, tables: dict[str, TapTable]
) -> None:
    with pytest.raises(QueryTimeout):
        engine.run(
            "SELECT obs_id FROM ivoa.obscore",
            *(tables, sample_archive.store, 1, None),
            started=lambda interrupt: interrupt(),
        )


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM obscore WHERE t_exptime > 300 AND dataproduct_type = 'image'",
        "SELECT * FROM obscore WHERE s_region LIKE '%1%' AND calib_level = 3",
        "SELECT * FROM obscore WHERE s_region IS NOT NULL AND t_exptime < 100 ORDER BY obs_title",
        "SELECT obs_title, s_ra, s_dec, t_min, t_max FROM obscore o WHERE INTERSECTS(CIRCLE("
        "180, 0, 120), o.s_region) = 1 AND o.calib_level = 2 ORDER BY obs_title",
        "SELECT instrument_name, COUNT(*) AS n, MIN(t_min), MAX(t_max), MIN(s_ra), MAX(s_dec) "
        "FROM obscore WHERE calib_level = 2 GROUP BY instrument_name ORDER BY n",
        "SELECT * FROM obscore WHERE t_exptime < 0",
        "SELECT * FROM obscore WHERE calib_level IN (SELECT x.a FROM (SELECT 2 AS a) x) "
        "ORDER BY obs_title",
        "SELECT * FROM obscore o WHERE calib_level IN (SELECT o.a FROM (SELECT 2 AS a) o) "
        "ORDER BY obs_title",
        "SELECT * FROM obscore WHERE t_exptime > 9 AND EXISTS (SELECT 1 AS a)",
    ],
)
def test_rows_that_are_found_first_are_those_of_the_query(
    run, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    plain = run(text)
    monkeypatch.setattr(engine, "_MANY_ROWS", 0)
    monkeypatch.setattr(engine, "_FEW", 2)
    assert run(text) == plain


def test_what_fails_in_the_database_is_an_invalid_query(run) -> None:
    with pytest.raises(QueryError, match="invalid ADQL"):
        run("SELECT CAST(obs_id AS INTEGER) FROM ivoa.obscore")
