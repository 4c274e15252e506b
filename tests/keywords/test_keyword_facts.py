"""Do the packaged keyword specs hold what is known of real ACS headers?

The facts come from outside: a table of keywords and types that was read from one example file of
each kind, and the comments in the headers of real files.  Where these are not at hand the tests
that need them are skipped, and say so.
"""

import csv
from collections import defaultdict
from difflib import SequenceMatcher
from pathlib import Path

import astropy.wcs
import pytest
from astropy import units
from astropy.io import fits

from acsql import keywords as specs
from acsql import names

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
TABLE = SHARED / "acs_keywords.csv"
ASTROPY_FLT = Path(astropy.wcs.__file__).parent / "tests" / "data" / "j94f05bgq_flt.fits"

DETECTORS = ("WFC", "HRC", "SBC")
LISTS = 109
TIMES = {"date", "time", "datetime"}
# The example files have whole numbers, other files also fractions (ACS gains of 0.5 and 1.4).
ALSO_FRACTIONS = {"ccdgain"}


@pytest.fixture(scope="module")
def table() -> dict[specs.HeaderKey, dict[str, str]]:
    """The table's types by the names under which keywords are stored, for every header."""
    if not TABLE.is_file():
        pytest.skip(f"the table of ACS keywords is not at hand: {TABLE}")
    types = defaultdict(dict)
    with TABLE.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            key = specs.HeaderKey(row["detector"], row["filetype"], int(row["extension"]))
            types[key][names.field(row["keyword"])] = row["type"]
    return types


@pytest.fixture(scope="module")
def comments() -> dict[str, set[str]]:
    """The comments that real headers give a keyword, in lower case."""
    files = sorted(SHARED.glob("real/*.fits"))
    if not files:
        pytest.skip(f"no real ACS files are at hand: {SHARED / 'real'}")
    if ASTROPY_FLT.is_file():
        files.append(ASTROPY_FLT)
    found = defaultdict(set)
    for path in files:
        with fits.open(path) as hdus:
            for card in (card for hdu in hdus for card in hdu.header.cards):
                if card.comment and card.keyword not in ("", "COMMENT", "HISTORY"):
                    found[names.field(card.keyword)].add(card.comment.lower())
    return found


def agrees(type_: str, expected: str, name: str) -> bool:
    """Whether a type is the table's, or differs from it in one of the ways that are meant.

    Where the example file held a blank, the table says text, which a number can also be.
    """
    return (
        type_ == expected
        or (expected == "str" and type_ in TIMES)
        or (expected == "str" and type_ in ("int", "float", "bool"))
        or (expected == "int" and type_ == "float" and name in ALSO_FRACTIONS)
    )


def is_like(description: str, comment: str) -> bool:
    """Whether a description says what a comment says, which may be cut off at column 80."""
    description = description.lower()
    return (
        description.startswith(comment)
        or SequenceMatcher(None, description, comment).ratio() >= 0.6
    )


def test_there_are_as_many_lists_as_headers():
    assert len(specs.load().lists) == LISTS


def test_the_lists_are_those_of_the_table(table):
    assert specs.load().lists.keys() == table.keys()


@pytest.mark.parametrize("detector", DETECTORS)
def test_a_list_has_every_keyword_of_the_table(table, detector):
    missing = {
        str(key): sorted(types.keys() - specs.load().lists.get(key, {}).keys())
        for key, types in table.items()
        if key.detector == detector
    }
    assert missing
    assert not any(missing.values()), missing


@pytest.mark.parametrize("detector", DETECTORS)
def test_a_type_is_that_of_the_table(table, detector):
    other = [
        f"{key}: {name} is {listed[name].type}, in the table {types[name]}"
        for key, types in table.items()
        if key.detector == detector
        for listed in [specs.load().lists.get(key, {})]
        for name in types.keys() & listed.keys()
        if not agrees(listed[name].type, types[name], name)
    ]
    assert not other, other


def test_a_unit_is_one_that_astropy_knows():
    with_unit = [spec for spec in specs.load().keywords.values() if spec.unit is not None]
    assert with_unit
    for spec in with_unit:
        assert units.Unit(spec.unit) != units.dimensionless_unscaled, spec


def test_a_unit_stands_on_a_number():
    for spec in specs.load().keywords.values():
        assert spec.unit is None or spec.type in ("int", "float"), spec


def test_no_list_makes_a_time_of_a_keyword_with_a_unit():
    for key, listed in specs.load().lists.items():
        for spec in listed.values():
            assert spec.unit is None or spec.type not in TIMES, (key, spec)


def test_a_description_is_a_short_phrase():
    described = [s for s in specs.load().keywords.values() if s.description is not None]
    assert described
    for spec in described:
        assert spec.description.strip() == spec.description != "", spec
        assert not spec.description.endswith("."), spec
        assert len(spec.description) <= 100, spec


def test_a_unit_is_not_said_again_in_the_description():
    for spec in specs.load().keywords.values():
        if spec.unit and spec.description:
            assert f"({spec.unit})" not in spec.description, spec


def test_a_description_says_what_real_headers_say(comments):
    keywords = specs.load().keywords
    compared = {name: keywords[name].description for name in comments.keys() & keywords.keys()}
    assert compared
    other = {
        name: (description, sorted(comments[name]))
        for name, description in compared.items()
        if description is None
        or not any(is_like(description, comment) for comment in comments[name])
    }
    assert not other, other
