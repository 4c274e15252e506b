"""Are keywords found by name, address and description, the best matches first?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from query_values import SPECS, untimed

from acsql import query
from acsql.keywords import HeaderKey
from acsql.query import KEYWORD_COLUMNS, keyword_row, search_keywords
from acsql.query.image_statistics import statistic_addresses


def addresses(text: str, limit: int | None = None) -> list[str]:
    """Return the addresses of the keywords that a text matches."""
    return [column.address for column in search_keywords(text, SPECS, limit)]


@pytest.mark.parametrize("text", ["exptime", "EXPTIME", " ExpTime "])
def test_the_keyword_itself_is_found_first_and_at_the_top_level(text):
    first, *others = addresses(text)
    assert first == "exptime"
    assert "raw.0.exptime" in others


@pytest.mark.parametrize("text", ["DATE-OBS", "date_obs"])
def test_either_spelling_of_a_keyword_is_found(text):
    assert addresses(text)[0] == "date_obs"


def test_a_keyword_that_differs_from_another_in_spelling_is_shown_as_in_the_file():
    specs = SPECS.with_keywords([(HeaderKey("WFC", "flt", 0), "DATE_OBS__5F", "str")])
    (column,) = search_keywords("flt.0.date_obs__5f", specs)
    row = keyword_row(column)
    assert (row["keyword"], row["address"]) == ("DATE_OBS", "flt.0.date_obs__5f")


def test_an_address_finds_the_keywords_of_its_header():
    found = addresses("flt.1.good")
    assert "flt.1.goodmean" in found
    assert all(address.startswith("flt.1.") for address in found)


def test_an_address_of_a_record_valued_keyword_is_found():
    name = next(name for name, spec in SPECS.keywords.items() if "." in spec.keyword)
    keyword = SPECS.keywords[name].keyword
    assert addresses(keyword)[0].endswith(f".{name}")


def test_descriptions_are_searched_last():
    found = search_keywords("exposure", SPECS)
    ranks = ["exposure" in column.spec.name for column in found]
    assert ranks == sorted(ranks, reverse=True)
    assert "exptime" in [column.address for column in found]


def test_the_empty_text_finds_every_keyword():
    number = len(SPECS.top_level) + len(query.ANNOTATION_FIELDS)
    number += sum(map(len, SPECS.queryable_keywords.values()))
    number += len(list(statistic_addresses(SPECS)))
    number += len(SPECS.filetypes) + len(["s_region"])
    assert len(addresses("")) == len(set(addresses(""))) == number


@untimed
@given(st.text(max_size=8) | st.sampled_from(sorted(SPECS.keywords)), st.integers(0, 30))
def test_results_are_columns_in_one_order(text, limit):
    found = search_keywords(text, SPECS)
    assert search_keywords(text, SPECS, limit) == found[:limit]
    for column in found[:50]:
        assert query.resolve_results([column.address], SPECS) == [column]


def test_a_row_has_type_unit_address_and_description():
    row = keyword_row(search_keywords("exptime", SPECS)[0])
    assert list(row) == [column.address for column in KEYWORD_COLUMNS]
    assert row == {
        "keyword": "EXPTIME",
        "type": "float",
        "unit": "s",
        "address": "exptime",
        "description": SPECS.keywords["exptime"].description,
    }


def test_fields_of_annotations_are_found_like_keywords():
    assert addresses("flags")[0] == "flags"
    assert "viewed_by" in addresses("looked at")
