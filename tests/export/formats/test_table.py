"""Are plain text tables aligned, with units in their headings?"""

from export_rows import columns, rows_of, untimed, whole
from hypothesis import given
from hypothesis import strategies as st

from acsql import export
from acsql.keywords import KeywordSpec
from acsql.query import Column


@untimed
@given(
    st.lists(
        st.tuples(
            st.none() | st.text("abcXYZ 1", max_size=12),
            st.none() | st.integers(),
            st.none() | st.floats(),
        )
    )
)
def test_a_table_is_aligned(table):
    shown = columns("str", "int", "float")
    lines = whole("table", rows_of(table), shown).decode().splitlines()
    assert len(lines) == len(table) + 2
    assert lines[0].split() == ["c0", "c1", "c2"]
    assert set(lines[1]) == {"-", " "}
    ends = [len(part) for part in lines[1].split("  ")]
    first, second, third = ends
    for line, row in zip([lines[0], *lines[2:]], [["c0", "c1", "c2"], *table], strict=True):
        cells = [export.text(value, column) for value, column in zip(row, shown, strict=True)]
        padded = line.ljust(first + second + third + 4)
        assert padded[:first] == cells[0].ljust(first)
        assert padded[first + 2 : first + 2 + second] == cells[1].rjust(second)
        assert padded[first + second + 4 :] == cells[2].rjust(third)
        assert line == line.rstrip()


def test_a_heading_has_the_unit_of_its_column():
    shown = [
        Column("targname", KeywordSpec("TARGNAME", "str")),
        Column("exptime", KeywordSpec("EXPTIME", "float", "s")),
    ]
    assert whole("table", [{"targname": "NGC104", "exptime": 60.0}], shown).decode() == (
        "targname  exptime [s]\n--------  -----------\nNGC104           60.0\n"
    )
