"""Does a stored header of any content become an astropy Header that a file can hold?"""

from datetime import datetime
from typing import Any

import pytest
from astropy.io import fits

from acsql import names
from acsql.fits.astropy_header import to_fits
from acsql.fits.make_card import make_card
from acsql.keywords import HeaderKey, KeywordSpecs

KEY = HeaderKey("WFC", "flt", 0)


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ({"exptime": 60.0}, [("EXPTIME", 60.0)]),
        ({"date_obs": datetime(2002, 4, 13)}, [("DATE-OBS", "2002-04-13")]),
        ({"time_obs": "18:16:35"}, [("TIME-OBS", "18:16:35")]),
        ({"startime": datetime(2002, 4, 13, 18, 16, 35)}, [("STARTIME", "2002.103:18:16:35")]),
        ({"subarray": True}, [("SUBARRAY", True)]),
        ({"mtflag": "T"}, [("MTFLAG", "T")]),
        ({"dp1_axis_1": 1.0}, [("DP1.AXIS.1", 1.0)]),
        ({"dp1_extver": ""}, [("DP1.EXTVER", "")]),
        ({"history": ["a", "b"], "naxis": 0}, [("HISTORY", "a"), ("HISTORY", "b"), ("NAXIS", 0)]),
        ({"targname": "N" * 200}, [("TARGNAME", "N" * 200)]),
        ({"targname": "O'NEIL  'S"}, [("TARGNAME", "O'NEIL  'S")]),
        ({"targname": "ångström\n"}, [("TARGNAME", "?ngstr?m?")]),
        ({"neverseen": 2**62}, [("NEVERSEEN", 2**62)]),
        ({"a_long_keyword": 1}, [("A_LONG_KEYWORD", 1)]),
        ({"exptime": float("inf")}, [("EXPTIME", "inf")]),
        (
            {"wcsname": "A", "_repeated": {"wcsname": ["B", "C"]}, "naxis": 0},
            [("WCSNAME", "A"), ("WCSNAME", "B"), ("WCSNAME", "C"), ("NAXIS", 0)],
        ),
        (
            {"dnnn": [{"block": 1, "data": "a"}, {"block": 12, "dexp": 1.5, "data": "b"}]},
            [("D001DATA", "a"), ("D012DEXP", 1.5), ("D012DATA", "b")],
        ),
        (
            {"dnnn": [{"block": 1, "data": "a", "_repeated": {"data": ["b"]}}]},
            [("D001DATA", "a"), ("D001DATA", "b")],
        ),
    ],
)
@pytest.mark.parametrize("key", [KEY, None])
def test_stored_values_become_fits_values(specs: KeywordSpecs, stored, expected, key) -> None:
    header = to_fits(stored, specs, key)
    again = fits.Header.fromstring(header.tostring())
    for each in (header, again):
        assert [(card.keyword, card.value) for card in each.cards] == expected


def test_an_unknown_value_is_undefined(specs: KeywordSpecs) -> None:
    header = fits.Header.fromstring(to_fits({"exptime": None}, specs, KEY).tostring())
    assert isinstance(header.cards["EXPTIME"].value, fits.card.Undefined)


@pytest.mark.parametrize("microsecond", [0, 500_000])
def test_times_keep_their_fractions_of_a_second(specs: KeywordSpecs, microsecond: int) -> None:
    moment = datetime(2002, 4, 13, 18, 16, 35, microsecond)
    text = to_fits({"date": moment}, specs, KEY)["DATE"]
    assert datetime.fromisoformat(text) in (moment, datetime(2002, 4, 13))


@pytest.mark.parametrize(
    "value",
    [0.1, -1.2345678901234567e-300, 1e22, True, 0, -(2**63), 2**63 - 1, None]
    + ["", "x", "x ", "O'NEIL"]
    + ["x" * length for length in (8, 18, 19, 40, 64, 65, 66, 67, 68, 69, 200)],
)
@pytest.mark.parametrize("keyword", ["exptime", "targname", "dp1_axis_1", "a_long_keyword"])
def test_comments_are_as_long_as_cards_have_room(
    specs: KeywordSpecs, keyword: str, value: Any
) -> None:
    (card,) = to_fits({keyword: value}, specs, KEY).cards
    without = make_card(card.keyword, value).image.rstrip()
    room = fits.Card.length - max(len(without), 30) - len(" / ")
    spec = specs.spec(keyword, KEY)
    unit = [f"[{spec.unit}]"] if spec and spec.unit else []
    full = " ".join([*unit, spec.description]) if spec else ""
    assert card.comment == full[: max(0, room)]


def test_every_keyword_of_the_specs_makes_a_card(specs: KeywordSpecs) -> None:
    values = {"int": 1, "float": 0.1, "str": "x" * 30, "bool": True, "time": "01:02:03"}
    for key, listed in specs.lists.items():
        stored = {
            name: values.get(spec.type, datetime(2002, 4, 13))
            for name, spec in listed.items()
            if not name.startswith("dnnn")
        }
        header = to_fits(stored, specs, key)
        assert [names.field(card.keyword) for card in header.cards] == list(stored)
        assert fits.Header.fromstring(header.tostring()) is not None
