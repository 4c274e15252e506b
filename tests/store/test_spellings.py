"""Which spellings of a text are stored?"""

import pytest

from acsql.query.texts import Exact
from acsql.store import spellings

STORED = ["NGC104", "Ngc104", "NGC1042", "Omega Cen", "omega cen", "47 TUC", "[N]*", "", None, 5]


@pytest.fixture
def filled(store):
    store.observations.create_index("targname")
    store.observations.insert_many(
        [{"_id": f"j{n:07d}", "targname": value} for n, value in enumerate(STORED)]
    )
    return store


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["ngc104"], ("NGC104", "Ngc104")),
        (["OMEGA CEN", "47 tuc"], ("47 TUC", "Omega Cen", "omega cen")),
        (["[n]*"], ("[N]*",)),
        (["nowhere"], ()),
        ([f"abc{n}" for n in range(300)] + ["ngc1042"], ("NGC1042",)),
    ],
)
def test_a_text_is_found_in_every_case(filled, texts, expected):
    assert spellings.stored(filled, "targname", texts) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("ngc*4*", ("NGC104", "NGC1042", "Ngc104")),
        ("n?c*4", ("NGC104", "Ngc104")),
        (Exact("Ng*4"), ("Ngc104",)),
        (Exact("Ng*"), None),
        ("ngc*", None),
        ("47*c", ("47 TUC",)),
        ("[n]?", ("[N]*",)),
        ("nowhere*", ()),
        ("sn*a", ("SN 1987A",)),
        ("*104", None),
        ("?gc104", None),
    ],
)
def test_the_texts_that_match_a_pattern_are_found(filled, pattern, expected):
    filled.observations.insert_one({"_id": "j8bt0000", "targname": ["SN 1987A", "LMC"]})
    assert spellings.matching(filled, "targname", pattern) == expected


@pytest.mark.parametrize(("number", "is_known"), [(100, True), (101, False), (1001, False)])
def test_many_texts_that_match_a_pattern_are_not_listed(filled, number, is_known):
    filled.observations.insert_many(
        [{"_id": f"k{n:07d}", "targname": f"HD{n:04d}"} for n in range(number)]
    )
    assert (spellings.matching(filled, "targname", "hd*?") is not None) == is_known
    assert spellings.matching(filled, "targname", "hd*0042") == (
        None if number > 1000 else ("HD0042",)
    )
