"""Do rows arrive whole in the formats that people take away, and harm nothing there?"""

import csv
import io
import json
import math
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acsql import export, query
from acsql import specs as keyword_specs
from acsql.query import Column
from acsql.specs import KeywordSpec

SPECS = keyword_specs.load()
untimed = settings(deadline=None)

texts = st.text(st.characters(codec="utf-8"))
# Texts full of what CSV has to quote and what a spreadsheet takes for a formula.
tricky = st.text(alphabet="a,\"'\n\r\t =+-@;")
moments = st.datetimes().map(lambda t: t.replace(microsecond=t.microsecond // 1000 * 1000))
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts, tricky, moments)
values = st.one_of(scalars, st.lists(scalars, max_size=3))


def columns(*types: str) -> list[Column]:
    """Return columns of some types, named c0, c1 ..."""
    return [Column(f"c{n}", KeywordSpec(f"C{n}", type_)) for n, type_ in enumerate(types)]


def rows_of(table: list[list]) -> list[dict]:
    """Return rows as a search yields them."""
    return [{f"c{n}": value for n, value in enumerate(row)} for row in table]


def in_one_column(value: object, type_: str = "str") -> tuple[list[dict], list[Column]]:
    """Return one row with one value, and its column."""
    return rows_of([[value]]), columns(type_)


tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(values, min_size=width, max_size=width), max_size=5)
)


# --- values


@pytest.mark.parametrize(
    ("value", "type_", "expected"),
    [
        (None, "str", ""),
        (True, "bool", "T"),
        (False, "bool", "F"),
        (9019, "int", "9019"),
        (60.0, "float", "60.0"),
        (52377.76152356, "float", "52377.76152356"),
        ("NGC104", "str", "NGC104"),
        ("", "str", ""),
        (datetime(2002, 4, 13), "date", "2002-04-13"),
        (datetime(2002, 4, 13), "datetime", "2002-04-13T00:00:00"),
        (datetime(2002, 4, 13, 18, 16, 35), "datetime", "2002-04-13T18:16:35"),
        (datetime(2002, 4, 13, 18, 16, 35, 250_000), "datetime", "2002-04-13T18:16:35.250"),
        (["a", None, True], "str", "a; ; T"),
        ([datetime(2002, 4, 13)] * 2, "date", "2002-04-13; 2002-04-13"),
        ([], "str", ""),
    ],
)
def test_a_value_is_text_that_people_read(value, type_, expected):
    assert export.text(value, columns(type_)[0]) == expected


def test_a_date_without_a_column_keeps_its_time():
    assert export.text(datetime(2002, 4, 13)) == "2002-04-13T00:00:00"


@untimed
@given(st.integers() | st.floats(allow_nan=False))
def test_the_text_of_a_number_is_that_number(number):
    assert type(number)(export.text(number)) == number


@untimed
@given(moments)
def test_the_text_of_a_moment_is_that_moment(moment):
    assert datetime.fromisoformat(export.text(moment)) == moment


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_json_cannot_say_is_null(value):
    assert export.plain({"a": [value, {"b": value}]}) == {"a": [None, {"b": None}]}


# --- csv


def read_csv(rows, shown) -> list[list[str]]:
    """Return what a reader of CSV finds in what is written."""
    return list(csv.reader(io.StringIO("".join(export.write_csv(rows, shown)), newline="")))


def unguarded(cell: str) -> str:
    """Return a cell without the quote that keeps spreadsheets from running it."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in tuple("=+-@\t\r") else cell


@untimed
@given(tables)
def test_csv_is_read_back_as_it_was_written(table):
    width = len(table[0]) if table else 1
    shown = columns(*["str"] * width)
    header, *body = read_csv(rows_of(table), shown)
    assert header == [column.address for column in shown]
    assert len(body) == len(table)
    for cells, row in zip(body, table, strict=True):
        expected = [export.text(value, column) for value, column in zip(row, shown, strict=True)]
        assert [unguarded(cell) for cell in cells] == [unguarded(cell) for cell in expected]


@untimed
@given(st.lists(st.sampled_from(["=1+1", "+1", "-1", "@A1", "\tx", "\r=1", "x", "'=1"])), tricky)
def test_no_text_is_a_formula(parts, text):
    for value in (text, parts, "".join(parts)):
        cell = read_csv(*in_one_column(value))[1][0]
        assert cell[:1] not in tuple("=+-@\t\r")


@pytest.mark.parametrize("value", [-1, -1.5, -math.inf])
def test_a_negative_number_is_no_formula(value):
    assert read_csv(*in_one_column(value, "float"))[1] == [str(value)]


def test_csv_is_as_rfc_4180_has_it():
    table = [["a,b", 'say "c"'], ["d\ne", None]]
    written = list(export.write_csv(rows_of(table), columns("str", "str")))
    assert written == ["c0,c1\r\n", '"a,b","say ""c"""\r\n', '"d\ne",\r\n']


@untimed
@given(values)
def test_a_row_of_one_empty_cell_is_a_row(value):
    assert len(read_csv(*in_one_column(value))) == 2


# --- json


def read_json(rows, shown) -> list[dict]:
    """Return what a strict reader of JSON finds in what is written."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads("".join(export.write_json(rows, shown)), parse_constant=refuse)


@untimed
@given(tables)
def test_json_is_read_back_as_it_was_written(table):
    shown = columns(*["str"] * (len(table[0]) if table else 1))
    assert read_json(rows_of(table), shown) == [export.plain(row) for row in rows_of(table)]


@pytest.mark.parametrize(
    ("value", "type_", "expected"),
    [
        (None, "float", None),
        (True, "bool", True),
        (9019, "int", 9019),
        (60.0, "float", 60.0),
        (math.inf, "float", None),
        (datetime(2002, 4, 13), "date", "2002-04-13"),
        (datetime(2002, 4, 13, 18), "datetime", "2002-04-13T18:00:00"),
        ([datetime(2002, 4, 13), None], "date", ["2002-04-13", None]),
        ([1.5, True, "x"], "str", [1.5, True, "x"]),
    ],
)
def test_a_value_in_json(value, type_, expected):
    assert read_json(*in_one_column(value, type_)) == [{"c0": expected}]


def test_a_nested_value_in_json():
    assert export.plain({"files": {"raw": {"mtime": datetime(2002, 4, 13), "size": 3}}}) == {
        "files": {"raw": {"mtime": "2002-04-13T00:00:00", "size": 3}}
    }


# --- table


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
    lines = "".join(export.write_table(rows_of(table), shown)).splitlines()
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


# --- streams


class Counted:
    """Rows that remember how many of them were asked for."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.asked = 0

    def __iter__(self):
        for n in range(self.number):
            self.asked += 1
            yield {"c0": n}


@pytest.mark.parametrize("write", [export.write_csv, export.write_json])
def test_rows_are_asked_for_one_by_one(write):
    rows = Counted(100)
    pieces = write(rows, columns("int"))
    assert rows.asked == 0
    for _ in range(5):
        next(pieces)
    assert 3 <= rows.asked <= 6
    assert "".join(pieces)
    assert rows.asked == 100


@pytest.mark.parametrize("name", export.FORMATS)
def test_every_format_writes_rows_and_no_rows(name):
    write = export.FORMATS[name].write
    assert "/" in export.FORMATS[name].media_type
    for rows in ([], rows_of([["NGC104", 60.0]])):
        written = "".join(write(rows, columns("str", "float")))
        assert written.endswith("\n")
        assert ("NGC104" in written) == bool(rows)


def test_media_types_tell_formats_apart():
    media_types = [found.media_type for found in export.FORMATS.values()]
    assert len(set(media_types)) == len(media_types)


def test_a_promoted_keyword_and_one_of_a_header_can_stand_in_a_row():
    shown = query.columns(["DATE-OBS", "flt.1.goodmean"], SPECS)
    row = {"date_obs": datetime(2002, 4, 13), "flt.1.goodmean": 5.5}
    assert read_csv([row], shown) == [["date_obs", "flt.1.goodmean"], ["2002-04-13", "5.5"]]
    assert read_json([row], shown) == [{"date_obs": "2002-04-13", "flt.1.goodmean": 5.5}]


# --- headers


def test_a_header_is_lines_for_people():
    values = {
        "exptime": 60.0,
        "date_obs": datetime(2002, 4, 13),
        "subarray": False,
        "targname": None,
        "new_key": 5,
        "history": ["first", "second"],
    }
    lines = list(export.header_lines(values, SPECS))
    spec = SPECS.keywords["exptime"]
    assert lines[0] == f"EXPTIME  = 60.0 [s] / {spec.description}"
    assert lines[1].startswith("DATE-OBS = 2002-04-13 / ")
    assert lines[2].startswith("SUBARRAY = F / ")
    assert lines[3].startswith("TARGNAME =  / ")
    assert [line.partition(" / ")[0] for line in lines[4:]] == [
        "NEW_KEY  = 5",
        "HISTORY  = first",
        "HISTORY  = second",
    ]


@untimed
@given(st.dictionaries(st.sampled_from(sorted(SPECS.keywords)), values))
def test_a_line_stands_for_every_value_of_a_header(header):
    expected = sum(len(v) if isinstance(v, list) else 1 for v in header.values())
    assert len(list(export.header_lines(header, SPECS))) == expected


@untimed
@given(st.dictionaries(st.sampled_from(sorted(SPECS.keywords)), values))
def test_a_header_is_a_record_in_json(header):
    record = export.header_record(header, SPECS)
    assert record.keys() == header.keys()
    assert json.loads(json.dumps(record, allow_nan=False)) == record
