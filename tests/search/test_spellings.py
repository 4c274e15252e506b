"""Are texts in conditions looked up in the case in which they are stored?"""

import pytest

from acsql.query import And, AnyOf, Equals, Exists, Like, Not, Or
from acsql.query.texts import Exact
from acsql.search.spellings import with_spellings
from acsql.store import observation_writes


@pytest.mark.parametrize(
    ("condition", "spellings"),
    [
        (Equals("detector", "wfc"), ("WFC",)),
        (AnyOf("detector", ("Hrc", "sBc", "x")), ("HRC", "SBC")),
        (Equals("detector", Exact("wfc")), ()),
        (Equals("proposid", 9019), ()),
        (Equals("ipppssoot", "J8BT05NJQ"), None),
        (Equals("raw.0.detector", "wfc"), None),
    ],
)
def test_texts_of_indexed_keywords_get_their_spellings(sample_archive, condition, spellings):
    store, specs = sample_archive.store, sample_archive.specs
    found = with_spellings(And((Not(condition), Or((condition,)))), store, specs)
    assert found == And((Not(condition), Or((condition,))))
    assert found.conditions[0].condition.spellings == spellings
    assert found.conditions[1].conditions[0].spellings == spellings


@pytest.mark.parametrize(
    ("condition", "spellings"),
    [
        (Like("detector", "w*c"), ("WFC",)),
        (Like("detector", "w*"), None),
        (Like("detector", "?fc"), None),
        (Like("detector", Exact("w*c")), ()),
        (Like("raw.0.detector", "w*c"), None),
    ],
)
def test_patterns_of_indexed_keywords_get_the_texts_that_match(
    sample_archive, condition, spellings
):
    found = with_spellings(Not(condition), sample_archive.store, sample_archive.specs)
    assert found == Not(condition)
    assert found.condition.spellings == spellings


def test_other_conditions_stay_as_they_are(sample_archive):
    condition = Exists("targname")
    assert with_spellings(condition, sample_archive.store, sample_archive.specs) is condition


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
