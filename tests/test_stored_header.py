"""Stored headers are mappings, and say what they have where a key is missing."""

import pytest

from acsql.stored_header import Header, Listed

HEADER = Header("j8bt05nj raw 0", {"date_obs": "2002-04-13", "extname": "SCI", "extver": 1})


@pytest.mark.parametrize("keyword", ["DATE-OBS", "date_obs", "Date-Obs"])
def test_a_keyword_is_read_in_each_spelling(keyword: str) -> None:
    assert HEADER[keyword] == "2002-04-13"
    assert dict(HEADER) == HEADER.stored


def test_an_extension_has_its_name_and_version() -> None:
    assert HEADER.extension_name == "SCI,1"
    assert Header("j8bt05nj raw 0", {}).extension_name == ""


def test_a_missing_key_is_named_with_what_there_is() -> None:
    headers = Listed("j8bt05nj raw", {0: HEADER, 1: HEADER})
    with pytest.raises(KeyError, match=r"j8bt05nj raw has no 99; it has 0, 1"):
        headers[99]
    with pytest.raises(KeyError, match="j8bt05nj raw 0 has no keyword 'NONE'"):
        headers[0]["NONE"]
    assert headers.get(99) is None
    assert headers == {0: HEADER, 1: HEADER}
