"""A range is found only where rows outside of it cannot be in the result."""

import pytest

from acsql.errors import QueryError
from acsql.vo.adql import translate
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
    assert translate(text, tables, 100).ranges.get("ivoa.obscore") == expected


def test_a_table_without_a_column_for_ranges_has_none(tables: dict[str, TapTable]) -> None:
    text = "SELECT rootname FROM acsql.observations WHERE dec_targ BETWEEN 1 AND 2"
    assert translate(text, tables, 100).ranges == {}


def test_a_long_chain_of_conditions_is_a_query_or_a_clear_error(
    tables: dict[str, TapTable],
) -> None:
    text = f"SELECT obs_id FROM obscore WHERE {CONE}" + " AND t_min > 1" * 3000
    try:
        assert translate(text, tables, 100).ranges == {"ivoa.obscore": (19.5, 20.5)}
    except QueryError as error:
        assert "nested too deeply" in str(error)
