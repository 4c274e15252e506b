"""Rows, columns and tables that the tests of several export formats share."""

import json
import math
from datetime import datetime

import numpy as np
import pytest
from astropy.table import Table
from hypothesis import settings
from hypothesis import strategies as st

from acsql import export, query
from acsql import keywords as keyword_specs
from acsql.export import buffer
from acsql.keywords import KeywordSpec
from acsql.query import Column

SPECS = keyword_specs.load()

untimed = settings(deadline=None)

texts = st.text(st.characters(codec="utf-8"))

# Texts with much that CSV has to quote, or that a spreadsheet takes for a formula.
tricky = st.text(alphabet="a,\"'\n\r\t =+-@;\uff1d")

moments = st.datetimes().map(lambda t: t.replace(microsecond=t.microsecond // 1000 * 1000))

scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts, tricky, moments)

values = st.one_of(scalars, st.lists(scalars, max_size=3))

# Characters that make a cell a formula (OWASP, "CSV Injection").
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


def strictly(content: bytes) -> object:
    """Return the content of strict JSON."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(content, parse_constant=refuse)


class Counted:
    """Rows that count how many of them were consumed."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.consumed = 0

    def __iter__(self):
        for n in range(self.number):
            self.consumed += 1
            yield {"c0": n}


INT64 = np.iinfo(np.int64)

# Without backslashes, which mark the characters that a format cannot represent.
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

mismatches = st.one_of(words, st.floats(), st.booleans(), st.lists(words, max_size=2), moments)


@st.composite
def typed_tables(draw) -> tuple[list[Column], list[list]]:
    """Draw columns and rows, most of them of their types, around the ends of blocks of three."""
    types = draw(st.lists(st.sampled_from(sorted(SOUND)), min_size=1, max_size=4))
    length = draw(st.integers(0, 7))
    cells = []
    for type_ in types:
        value = st.none() | SOUND[type_].map(lambda v: int(v) if isinstance(v, np.integer) else v)
        wild = draw(st.integers(0, 4)) == 0
        value = value | mismatches if wild else value
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
    """Return whether a reader may take a value for unknown."""
    return value is None or value == "" or value != value


def is_sound(value: object, type_: str) -> bool:
    """Return whether a value is of the type of its column."""
    python = {"int": int, "float": float, "bool": bool}.get(type_)
    if type_ in ("date", "datetime"):
        midnight = isinstance(value, datetime) and value == datetime(*value.timetuple()[:3])
        return midnight or (type_ == "datetime" and isinstance(value, datetime))
    return type(value) is (python or str)


def expected_cells(column: Column, values: list, as_text: bool) -> list:
    """Return the cells that a reader has to find in a column."""
    type_ = column.spec.type
    fitting = [value if is_sound(value, type_) else None for value in values]
    sound = fitting == values or (type_ in ("int", "float") and fitting != [None] * len(values))
    both = {INT64.min, INT64.max} <= set(fitting) if type_ == "int" else False
    typed = sound and type_ in ("int", "float", "bool") and not (both and None in fitting)
    if typed and not as_text:
        return [None if blank(value) else value for value in fitting]
    return [export.text(value, column) for value in values]


def unescaped(cell: object) -> object:
    """Return a cell with the characters that its format cannot hold."""
    if not isinstance(cell, str):
        return "" if cell is None else cell
    return cell.encode("ascii", "backslashreplace").decode("unicode_escape")


def check_cells(found: Table, shown, table, strip=str, bools_as_text=False) -> None:
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


def spelt_units() -> list[str]:
    """Return every unit that the specs have."""
    listed = [spec for known in SPECS.lists.values() for spec in known.values()]
    every = [*SPECS.top_level.values(), *SPECS.keywords.values(), *listed]
    return sorted({spec.unit for spec in every if spec.unit})
