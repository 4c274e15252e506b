"""Which spellings of a text are stored?"""

import pytest

from acsql.query import And, AnyOf, Equals, Exists, Like, Not, Or
from acsql.query.texts import Exact
from acsql.store import observation_writes, spellings

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


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Equals("detector", "wfc"), ("WFC",)),
        (AnyOf("detector", ("Hrc", "sBc", "x")), ("HRC", "SBC")),
        (Equals("detector", Exact("wfc")), ()),
        (Equals("proposid", 9019), ()),
        (Equals("ipppssoot", "J8BT05NJQ"), None),
        (Equals("raw.0.detector", "wfc"), None),
    ],
)
def test_texts_of_indexed_keywords_get_their_spellings(sample_archive, condition, expected):
    store = sample_archive.store
    found = spellings.with_spellings(And((Not(condition), Or((condition,)))), store)
    assert found == And((Not(condition), Or((condition,))))
    assert found.conditions[0].condition.spellings == expected
    assert found.conditions[1].conditions[0].spellings == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Like("detector", "w*c"), ("WFC",)),
        (Like("detector", "w*"), None),
        (Like("detector", "?fc"), None),
        (Like("detector", Exact("w*c")), ()),
        (Like("raw.0.detector", "w*c"), None),
    ],
)
def test_patterns_of_indexed_keywords_get_the_texts_that_match(sample_archive, condition, expected):
    found = spellings.with_spellings(Not(condition), sample_archive.store)
    assert found == Not(condition)
    assert found.condition.spellings == expected


@pytest.mark.parametrize(
    "condition",
    [
        Exists("targname"),
        Equals("detector", "wfc", spellings=("WFC",)),
        # Found by key, and the detectors of few documents are compared.
        And((Equals("rootname", "j8bt05njq"), Equals("detector", "wfc"))),
    ],
)
def test_other_conditions_stay_as_they_are(sample_archive, condition):
    assert spellings.with_spellings(condition, sample_archive.store) is condition


@pytest.mark.parametrize(
    "text",
    ["detector=wfc", "detector=Wfc", "raw.0.detector=wfc", "detector=w*", "detector='wfc'"],
)
def test_text_conditions_ignore_case(sample_archive, text):
    as_stored = text.replace("=", '="').replace("'", "").partition("*")[0].upper() + '"'
    as_stored += "*" if text.endswith("*") else ""
    assert sample_archive.where(text).count() == sample_archive.where(as_stored).count() > 0


@pytest.mark.parametrize("text", ['detector="wfc"', 'raw.0.detector="wfc"', 'detector="w"*'])
def test_double_quotes_make_case_count(sample_archive, text):
    assert sample_archive.where(text).count() == 0


def test_spellings_of_each_moment_are_those_that_are_stored(empty_archive) -> None:
    for number, spelling in enumerate(["WFC", "wfc", "Wfc"]):
        document = {"_id": f"j8bt000{number}", "detector": spelling}
        observation_writes.replace(empty_archive.store, document)
        with empty_archive.one_moment():
            for _ in range(2):
                assert empty_archive.count(detector="wfC") == number + 1


def test_a_search_finds_spellings_that_were_stored_after_it_was_made(empty_archive) -> None:
    search = empty_archive.where(detector="wfc").sort("expstart").columns("rootname").limit(9)
    for number, spelling in enumerate(["WFC", "wfc", "Wfc"], 1):
        document = {"_id": f"j8bt000{number}", "rootname": f"j8bt000{number}", "detector": spelling}
        observation_writes.replace(empty_archive.store, document)
        assert search.count() == len(list(search.rows())) == number
