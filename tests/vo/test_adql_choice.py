"""Rows are chosen only where others cannot be in the result."""

import pytest

from acsql.errors import QueryError
from acsql.vo.adql import translate
from acsql.vo.adql_choice import Choice
from acsql.vo.tables import TapTable

CONE = "1 = CONTAINS(POINT('ICRS', s_ra, s_dec), CIRCLE('ICRS', 10, 20, 0.5))"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"SELECT obs_id FROM ivoa.obscore WHERE {CONE}", (19.5, 20.5)),
        (f"SELECT obs_id FROM obscore o WHERE t_min > 1 AND ({CONE} AND t_max < 9)", (19.5, 20.5)),
        ("SELECT 1 FROM obscore WHERE s_dec BETWEEN -(2) AND 3 AND s_dec BETWEEN 1 AND 9", (1, 3)),
        (f"SELECT COUNT(*) FROM (SELECT * FROM obscore WHERE {CONE}) t", (19.5, 20.5)),
        (f"WITH x AS (SELECT * FROM obscore WHERE {CONE}) SELECT a.s_ra FROM x a, x", (19.5, 20.5)),
        (
            "SELECT obs_id FROM obscore a LEFT JOIN acsql.observations b "
            "ON a.obs_id = b.rootname WHERE a.s_dec BETWEEN 1 AND 2",
            (1, 2),
        ),
        (f"SELECT obs_id FROM obscore WHERE {CONE} OR t_min > 1", None),
        (f"SELECT obs_id FROM obscore WHERE NOT {CONE}", None),
        (f"SELECT obs_id FROM obscore WHERE {CONE} UNION SELECT obs_id FROM obscore", None),
        ("SELECT obs_id FROM obscore WHERE s_dec NOT BETWEEN 1 AND 2", None),
        ("SELECT obs_id FROM obscore WHERE s_ra BETWEEN 1 AND 2", None),
        ("SELECT obs_id FROM obscore WHERE s_dec BETWEEN t_min AND 2", None),
        ("SELECT obs_id FROM obscore WHERE s_dec + 1 BETWEEN 1 AND 2", None),
        ("SELECT MAX(s_dec) FROM obscore HAVING MAX(s_dec) BETWEEN 1 AND 2", None),
        (
            "SELECT obs_id FROM obscore o WHERE NOT EXISTS (SELECT * FROM acsql.observations b "
            "WHERE b.rootname = o.obs_id AND o.s_dec BETWEEN 1 AND 2)",
            None,
        ),
        (
            "SELECT obs_id FROM obscore a LEFT JOIN acsql.observations b "
            "ON a.obs_id = b.rootname AND a.s_dec BETWEEN 1 AND 2",
            None,
        ),
    ],
)  # fmt: skip
def test_a_range_is_found(
    tables: dict[str, TapTable], text: str, expected: tuple[float, float] | None
) -> None:
    choice = translate(text, tables, 100).choices.get("ivoa.obscore", Choice())
    assert choice.within == expected


def test_a_table_without_a_column_for_ranges_has_none(tables: dict[str, TapTable]) -> None:
    text = "SELECT rootname FROM acsql.observations WHERE dec_targ BETWEEN 1 AND 2"
    assert translate(text, tables, 100).choices == {}


def test_a_long_chain_of_conditions_is_a_query_or_a_clear_error(
    tables: dict[str, TapTable],
) -> None:
    text = f"SELECT obs_id FROM obscore WHERE {CONE}" + " AND t_min > 1" * 3000
    try:
        assert translate(text, tables, 100).choices == {"ivoa.obscore": Choice((19.5, 20.5))}
    except QueryError as error:
        assert "nested too deeply" in str(error)


OUTLINES = [f"INTERSECTS(CIRCLE({ra}, 20, 0.5), s_region) = 1" for ra in (10, 20, 30)]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (OUTLINES[0], [{"sky set 0"}]),
        (f"t_min > 1 AND ({' OR '.join(OUTLINES)})", [{"sky set 0", "sky set 1", "sky set 2"}]),
        (f"{OUTLINES[0]} AND (({OUTLINES[1]}))", [{"sky set 0"}, {"sky set 1"}]),
        (f"{OUTLINES[0]} OR t_min > 1", []),
        (f"NOT {OUTLINES[0]}", []),
        ("s_region IS NOT NULL AND obs_id IN (SELECT rootname FROM acsql.observations)", []),
        ("obs_id IN ('j8bt05njq')", []),
    ],
)
def test_the_sets_of_outlines_are_found(
    tables: dict[str, TapTable], condition: str, expected: list[set[str]]
) -> None:
    translation = translate(f"SELECT t_min FROM obscore WHERE {condition}", tables, 100)
    choice = translation.choices.get("ivoa.obscore", Choice())
    assert sorted(map(set, choice.sets), key=min) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT * FROM obscore WHERE t_min > 1 AND calib_level = 2", {"t_min", "calib_level"}),
        ("SELECT s_ra, t_max, s_fov FROM obscore o WHERE o.t_min > 1 ORDER BY s_dec", {"t_min"}),
        ("SELECT s_ra, t_max FROM obscore o WHERE o.t_min > 1 ORDER BY s_dec", None),
        (f"SELECT * FROM obscore WHERE {OUTLINES[0]} AND t_max < 9", {"obs_id", "t_max"}),
        ("SELECT * FROM obscore WHERE s_region LIKE '%1%' AND t_max < 9", {"t_max"}),
        (
            "SELECT s_ra, COUNT(*), MIN(s_dec), MAX(t_max), AVG(s_fov) FROM obscore "
            "WHERE t_min > 1 GROUP BY s_ra",
            {"t_min"},
        ),
        ("SELECT * FROM obscore WHERE s_region LIKE '%1%' OR t_max < 9", None),
        ("SELECT * FROM obscore", None),
        ("SELECT * FROM obscore WHERE RAND() < 0.5", None),
        ("SELECT * FROM obscore WHERE t_min = (SELECT MAX(t_min) FROM obscore)", None),
        ("SELECT * FROM obscore WHERE t_min > 1 UNION SELECT * FROM obscore", None),
        ("SELECT * FROM (SELECT * FROM obscore) o WHERE t_min > 1", None),
        (
            "SELECT * FROM obscore o JOIN acsql.observations b ON b.rootname = o.obs_id "
            "WHERE t_min > 1",
            None,
        ),
    ],
)
def test_a_sieve_names_the_columns_of_the_conditions(
    tables: dict[str, TapTable], text: str, expected: set[str] | None
) -> None:
    sieve = translate(text, tables, 100).sieve
    assert (None if sieve is None else sieve.columns) == expected
