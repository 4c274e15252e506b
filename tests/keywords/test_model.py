"""What do the specs of single keywords and filetypes say?"""

import pytest

from acsql import keywords
from acsql.keywords import KeywordSpec
from acsql.keywords.model import alternate_spec, has_many_values, spec_keyword


def test_the_spec_of_an_alternate_wcs_is_that_of_the_primary_one_and_names_it() -> None:
    primary = KeywordSpec("CRVAL1", "float", "deg", "first axis value")
    expected = KeywordSpec("CRVAL1A", "float", "deg", "first axis value, alternate WCS A")
    assert alternate_spec(primary, "CRVAL1A") == expected


@pytest.mark.parametrize(
    ("filetype", "number", "extname"),
    [
        ("flt", 0, "PRIMARY"),
        ("flt", 3, "DQ"),
        ("flt", 4, "SCI"),
        ("drz", 2, "WHT"),
        ("spt", 1, None),
    ],
)
def test_an_extension_has_the_name_of_its_number(
    filetype: str, number: int, extname: str | None
) -> None:
    found = keywords.load().filetypes[filetype]
    assert found.extension_name(number) == extname
    if extname:
        assert found.extension_number(extname, 2 if number == 4 else 1) == number


def test_an_extension_without_a_fixed_number_has_none() -> None:
    assert keywords.load().filetypes["flt"].extension_number("WCSCORR", 1) is None


def test_keywords_of_input_images_are_one_keyword_with_many_values() -> None:
    assert spec_keyword("D001DATA") == "DnnnDATA"
    assert has_many_values("dnnndata")
    assert not has_many_values("exptime")
