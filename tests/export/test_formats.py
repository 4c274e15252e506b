"""Do rows arrive whole in the formats that people take away, and harm nothing there?"""

import csv
import io
import json
import math
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from astropy import units
from astropy.io import fits, votable
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st

from acsql import export, query
from acsql import keywords as keyword_specs
from acsql.export import buffer
from acsql.keywords import KeywordSpec
from acsql.query import Column

SPECS = keyword_specs.load()
untimed = settings(deadline=None)

texts = st.text(st.characters(codec="utf-8"))
# Texts full of what CSV has to quote and what a spreadsheet takes for a formula.
tricky = st.text(alphabet="a,\"'\n\r\t =+-@;\uff1d")
moments = st.datetimes().map(lambda t: t.replace(microsecond=t.microsecond // 1000 * 1000))
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts, tricky, moments)
values = st.one_of(scalars, st.lists(scalars, max_size=3))


# What makes a formula of a cell (OWASP, "CSV Injection").
FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001


def columns(*types: str) -> list[Column]:
    """Return columns of some types, named c0, c1 ..."""
    return [Column(f"c{n}", KeywordSpec(f"C{n}", type_)) for n, type_ in enumerate(types)]


def rows_of(table: list[list]) -> list[dict]:
    """Return rows as a search yields them."""
    return [{f"c{n}": value for n, value in enumerate(row)} for row in table]


def in_one_column(value: object, type_: str = "str") -> tuple[list[dict], list[Column]]:
    """Return one row with one value, and its column."""
    return rows_of([[value]]), columns(type_)


def whole(name: str, rows: list[dict], shown: list[Column]) -> bytes:
    """Return the file that rows become."""
    return b"".join(export.FORMATS[name].write(rows, shown))


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
    return list(
        csv.reader(io.StringIO(whole("csv", rows, shown).decode(), newline=""), strict=True)
    )


def unguarded(cell: str) -> str:
    """Return a cell without the quote that keeps spreadsheets from running it."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA else cell


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
        assert cell[:1] not in FORMULA


@pytest.mark.parametrize("value", [-1, -1.5, -math.inf])
def test_a_negative_number_is_no_formula(value):
    assert read_csv(*in_one_column(value, "float"))[1] == [str(value)]


def test_csv_is_as_rfc_4180_has_it():
    table = [["a,b", 'say "c"'], ["d\ne", None]]
    written = list(export.FORMATS["csv"].write(rows_of(table), columns("str", "str")))
    assert written == [b"c0,c1\r\n", b'"a,b","say ""c"""\r\n', b'"d\ne",\r\n']


@untimed
@given(values)
def test_a_row_of_one_empty_cell_is_a_row(value):
    assert len(read_csv(*in_one_column(value))) == 2


# --- json


def strictly(content: bytes) -> object:
    """Return what a strict reader of JSON finds."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(content, parse_constant=refuse)


def read_json(rows, shown) -> list[dict]:
    """Return what a strict reader of JSON finds in what is written."""
    return strictly(whole("json", rows, shown))


@untimed
@given(tables)
def test_json_is_read_back_as_it_was_written(table):
    shown = columns(*["str"] * (len(table[0]) if table else 1))
    expected = [export.plain(row) for row in rows_of(table)]
    assert read_json(rows_of(table), shown) == expected
    *lines, end = whole("jsonl", rows_of(table), shown).split(b"\n")
    assert end == b""
    assert [strictly(line) for line in lines] == expected


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


@pytest.mark.parametrize("name", ["csv", "tsv", "markdown", "json", "jsonl"])
def test_rows_are_asked_for_one_by_one(name):
    rows = Counted(100)
    pieces = export.FORMATS[name].write(rows, columns("int"))
    assert rows.asked == 0
    for _ in range(5):
        next(pieces)
    assert 3 <= rows.asked <= 6
    assert b"".join(pieces)
    assert rows.asked == 100


@pytest.mark.parametrize("name", export.FORMATS)
def test_every_format_writes_rows_and_no_rows(name):
    found = export.FORMATS[name]
    assert "/" in found.media_type
    assert found.extension.isalpha()
    for rows in ([], rows_of([["NGC104", 60.0]])):
        assert (b"NGC104" in whole(name, rows, columns("str", "float"))) == bool(rows)


def test_media_types_tell_formats_apart():
    media_types = [found.media_type for found in export.FORMATS.values()]
    assert len(set(media_types)) == len(media_types)


def test_a_promoted_keyword_and_one_of_a_header_can_stand_in_a_row():
    shown = query.resolve_all(["DATE-OBS", "flt.1.goodmean"], SPECS)
    row = {"date_obs": datetime(2002, 4, 13), "flt.1.goodmean": 5.5}
    assert read_csv([row], shown) == [["date_obs", "flt.1.goodmean"], ["2002-04-13", "5.5"]]
    assert read_json([row], shown) == [{"date_obs": "2002-04-13", "flt.1.goodmean": 5.5}]


# --- tables with types

INT64 = np.iinfo(np.int64)
# Without backslashes, which are what tells a character that a format cannot hold.
words = st.text(st.characters(codec="utf-8", exclude_characters="\\"), max_size=4) | st.text(
    " #,\"'\n\r\t<&>]\x00\x07\x85\u2028", max_size=4
)
SOUND = {
    "int": st.integers(int(INT64.min), int(INT64.max)) | st.sampled_from([INT64.min, INT64.max]),
    "float": st.floats(),
    "bool": st.booleans(),
    "str": words,
    "date": st.dates().map(lambda day: datetime(day.year, day.month, day.day)),
    "time": words,
    "datetime": moments,
}
misfits = st.one_of(words, st.floats(), st.booleans(), st.lists(words, max_size=2), moments)


@st.composite
def typed_tables(draw) -> tuple[list[Column], list[list]]:
    """Draw columns and rows, most of them of their types, around the ends of blocks of three."""
    types = draw(st.lists(st.sampled_from(sorted(SOUND)), min_size=1, max_size=4))
    length = draw(st.integers(0, 7))
    cells = []
    for type_ in types:
        value = st.none() | SOUND[type_].map(lambda v: int(v) if isinstance(v, np.integer) else v)
        wild = draw(st.integers(0, 4)) == 0
        value = value | misfits if wild else value
        cells.append(draw(st.lists(value, min_size=length, max_size=length)))
    return columns(*types), [list(row) for row in zip(*cells, strict=True)]


def in_blocks(name: str, table: list[list], shown: list[Column]) -> bytes:
    """Return the file that rows become, three at a time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(buffer, "BLOCK_SIZE", 3)
        return whole(name, rows_of(table), shown)


def cells_of(table: Table) -> list[list]:
    """Return the rows of a table, with None for what is masked, blank or not a number."""
    hidden = [np.ma.getmaskarray(np.ma.asarray(column)).tolist() for column in table.itercols()]
    stored = [np.ma.getdata(np.ma.asarray(column)).tolist() for column in table.itercols()]
    return [
        [None if mask or blank(value) else value for value, mask in zip(column, masks, strict=True)]
        for column, masks in zip(stored, hidden, strict=True)
    ]


def blank(value: object) -> bool:
    """Whether a reader may take a value for unknown."""
    return value is None or value == "" or value != value


def is_sound(value: object, type_: str) -> bool:
    """Whether a value is of the type of its column."""
    python = {"int": int, "float": float, "bool": bool}.get(type_)
    if type_ in ("date", "datetime"):
        midnight = isinstance(value, datetime) and value == datetime(*value.timetuple()[:3])
        return midnight or (type_ == "datetime" and isinstance(value, datetime))
    return type(value) is (python or str)


def expected_cells(column: Column, values: list, as_text: bool) -> list:
    """Return what a reader has to find in a column."""
    type_ = column.spec.type
    sound = all(is_sound(value, type_) for value in values if value is not None)
    both = {INT64.min, INT64.max} <= set(values) if type_ == "int" and sound else False
    typed = sound and type_ in ("int", "float", "bool") and not (both and None in values)
    if typed and not as_text:
        return [None if blank(value) else value for value in values]
    return [export.text(value, column) for value in values]


def unescaped(cell: object) -> object:
    """Return a cell with the characters that its format cannot hold."""
    if not isinstance(cell, str):
        return "" if cell is None else cell
    return cell.encode("ascii", "backslashreplace").decode("unicode_escape")


def check_cells(found: Table, shown, table, strip, bools_as_text=False) -> None:
    """Compare a table that was read with the rows that were written."""
    assert found.colnames == [column.address for column in shown]
    assert len(found) == len(table)
    for number, (column, cells) in enumerate(zip(shown, cells_of(found), strict=True)):
        values = [row[number] for row in table]
        as_text = bools_as_text and column.spec.type == "bool" and None in values
        for cell, expected in zip(cells, expected_cells(column, values, as_text), strict=True):
            if isinstance(expected, str):
                assert strip(unescaped(cell)) == strip(expected)
            else:
                assert (cell, type(cell)) == (expected, type(expected))


@untimed
@given(typed_tables())
def test_ecsv_is_read_back_by_astropy(drawn):
    shown, table = drawn
    content = in_blocks("ecsv", table, shown)
    found = Table.read(io.BytesIO(content), format="ascii.ecsv")
    # astropy drops blanks at the ends of cells.
    check_cells(found, shown, table, strip=str.strip)


@untimed
@given(typed_tables())
def test_a_votable_is_read_back_by_astropy(drawn):
    shown, table = drawn
    content = in_blocks("votable", table, shown)
    found = votable.parse_single_table(io.BytesIO(content), verify="exception").to_table()
    # astropy drops blanks at the ends of cells.
    check_cells(found, shown, table, strip=str.strip)


@untimed
@given(typed_tables())
def test_a_fits_table_is_read_back_by_astropy(drawn):
    shown, table = drawn
    content = in_blocks("fits", table, shown)
    assert len(content) % 2880 == 0
    with fits.open(io.BytesIO(content)) as hdus:
        hdus.verify("exception")
        found = Table.read(hdus[1], character_as_bytes=False)
    # FITS has no blanks at the end of a text.
    check_cells(found, shown, table, strip=lambda cell: cell.rstrip(" "), bools_as_text=True)


@pytest.mark.parametrize("name", ["ecsv", "votable", "fits"])
def test_blocks_do_not_show(name):
    shown = columns("int", "str")
    for length in (0, 1, 3, 4, 6):
        table = [[n if n % 2 else None, f"t{n}"] for n in range(length)]
        at_once = whole(name, rows_of(table), shown)
        assert in_blocks(name, table, shown).split() == at_once.split()


KNOWN = query.resolve_all(
    ["rootname", "ccdgain", "lrfwave", "date_obs", "first_ingest_date", "flt.1.goodmean"], SPECS
)
ROW = {
    "rootname": "j8bt05nj",
    "ccdgain": 2,
    "lrfwave": math.inf,
    "date_obs": datetime(2002, 4, 13),
    "first_ingest_date": None,
    "flt.1.goodmean": -math.inf,
}


def test_units_and_descriptions_go_along():
    ecsv = Table.read(io.BytesIO(whole("ecsv", [ROW], KNOWN)), format="ascii.ecsv")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", units.UnitsWarning)  # of astropy about the Angstrom
        content = io.BytesIO(whole("votable", [ROW], KNOWN))
        first = votable.parse_single_table(content, verify="exception")
        header = fits.open(io.BytesIO(whole("fits", [ROW], KNOWN)))[1].header
    for number, column in enumerate(KNOWN, 1):
        spec = column.spec
        unit = units.Unit(spec.unit) if spec.unit else None
        assert ecsv[column.address].unit == unit
        assert ecsv[column.address].description == spec.description
        field = first.get_field_by_id(column.address)
        assert (field.name, field.description) == (column.address, spec.description)
        assert str(field.unit) == str(unit)
        assert header[f"TTYPE{number}"] == column.address
        assert header[f"TCOMM{number}"] == spec.description
        assert header.get(f"TUNIT{number}") == spec.unit


def spelt_units() -> list[str]:
    """Return every unit that the specs have."""
    listed = [spec for known in SPECS.lists.values() for spec in known.values()]
    every = [*SPECS.top_level.values(), *SPECS.keywords.values(), *listed]
    return sorted({spec.unit for spec in every if spec.unit})


@pytest.mark.parametrize("unit", [*spelt_units(), "furlong"])
def test_every_unit_can_be_written(unit):
    shown = [Column("c0", KeywordSpec("C0", "float", unit, "a description " * 20))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", units.UnitsWarning)
        known = units.Unit(unit, parse_strict="silent")
        found = votable.parse_single_table(io.BytesIO(whole("votable", [{"c0": 1.5}], shown)))
        assert str(found.fields[0].unit) == str(known)
        header = fits.getheader(io.BytesIO(whole("fits", [{"c0": 1.5}], shown)), 1)
        assert str(units.Unit(header["TUNIT1"], parse_strict="silent")) == str(known)
    assert header["TCOMM1"] == ("a description " * 20).strip()


@pytest.mark.skipif(shutil.which("stilts") is None, reason="stilts is not installed")
@pytest.mark.parametrize("length", [0, 1, 7])
def test_a_votable_is_valid(tmp_path: Path, length: int):
    path = tmp_path / "out.vot"
    odd = Column("raw.0.a$b", KeywordSpec("A$B", "str", None, "<odd> & \x07"))
    wild = [None, "\U0001f52d \x00 <&>]]> é", 'a"b\r\nc']
    sound = [5, 1.5, True, "x", datetime(2002, 4, 13), "18:16:35", datetime(2002, 4, 13, 18)]
    shown = [*KNOWN, odd, *columns(*SOUND)]
    rows = [
        ROW
        | {odd.address: wild[n % 3]}
        | {f"c{k}": None if n == 5 else value for k, value in enumerate(sound)}
        for n in range(length)
    ]
    for row in rows[:1]:
        row["ccdgain"] = "a misfit"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(buffer, "BLOCK_SIZE", 3)
        path.write_bytes(whole("votable", rows, shown))
    # It exits with 0 whatever it finds.
    result = subprocess.run(
        ["stilts", "votlint", path], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list]:
    """Yield the list of temporary files that are made while it is used."""
    made = []
    make = buffer.tempfile.TemporaryFile

    def remember(*args: object, **options: object) -> object:
        made.append(make(*args, dir=tmp_path, **options))
        return made[-1]

    monkeypatch.setattr(buffer.tempfile, "TemporaryFile", remember)
    yield made
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["ecsv", "votable", "fits"])
def test_the_temporary_file_goes_with_its_reader(name, temporary):
    pieces = export.FORMATS[name].write(Counted(10), columns("int"))
    assert not temporary
    next(pieces)
    assert [file.closed for file in temporary] == [False]
    pieces.close()
    assert [file.closed for file in temporary] == [True]


@pytest.mark.parametrize("name", ["ecsv", "votable", "fits"])
def test_the_temporary_file_goes_when_rows_fail(name, temporary):
    def failing() -> Iterator[dict]:
        yield {"c0": 1}
        raise RuntimeError("the database has gone")

    with pytest.raises(RuntimeError, match="has gone"):
        whole(name, failing(), columns("int"))
    assert [file.closed for file in temporary] == [True]


@pytest.mark.parametrize("name", ["csv", "json", "jsonl"])
def test_the_first_row_does_not_wait_for_the_last(name, temporary):
    pieces = export.FORMATS[name].write(Counted(10), columns("int"))
    next(pieces)
    pieces.close()
    assert not temporary


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
    assert lines[4:] == ["NEW_KEY  = 5", "HISTORY  = first", "HISTORY  = second"]


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
