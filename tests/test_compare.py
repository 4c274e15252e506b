"""Comparisons list exactly the keywords that differ, and match each header with its partner."""

import math
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import acsql
from acsql.compare import BOOKKEEPING, Difference, HeaderAddress, Presence, compare, differences
from acsql.errors import DatasetNotFound, InvalidName, ObservationNotFound, QueryError

values = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.floats(), st.sampled_from(["", "F606W"])
)
stored_headers = st.dictionaries(st.sampled_from("abcdefgh"), st.one_of(values, st.lists(values)))


def alike(one: Any, other: Any) -> bool:
    """Whether two values are written alike: an independent definition of equality."""
    if float in (type(one), type(other)):
        one, other = (float(v) if type(v) is int else v for v in (one, other))
    return repr(one).replace("-0.0", "0.0") == repr(other).replace("-0.0", "0.0")


@given(stored_headers)
def test_a_header_does_not_differ_from_itself(header: dict[str, Any]) -> None:
    assert differences(header, dict(header)) == []


@given(stored_headers, stored_headers)
def test_every_keyword_is_the_same_or_different(a: dict[str, Any], b: dict[str, Any]) -> None:
    by_keyword = {difference.keyword: difference for difference in differences(a, b)}
    for name in {*a, *b}:
        if name not in b:
            assert by_keyword.pop(name).presence == Presence.ONLY_A
        elif name not in a:
            assert by_keyword.pop(name).presence == Presence.ONLY_B
        elif name in by_keyword:
            difference = by_keyword.pop(name)
            assert difference.presence == Presence.BOTH
            assert not alike(a[name], b[name])
        elif not isinstance(a[name], list):
            assert alike(a[name], b[name])
    assert not by_keyword


@given(stored_headers, stored_headers)
def test_differences_are_the_same_the_other_way_round(a: dict[str, Any], b: dict[str, Any]) -> None:
    forth = {difference.keyword for difference in differences(a, b)}
    assert forth == {difference.keyword for difference in differences(b, a)}


@pytest.mark.parametrize(
    ("a", "b", "differ"),
    [
        (math.nan, math.nan, False),
        (1, 1.0, False),
        (True, 1, True),
        (None, "", True),
        (datetime(2002, 4, 13), datetime(2002, 4, 13), False),
        (["one", "two"], ["one"], True),
        ([math.nan], [math.nan], False),
    ],
)
def test_when_values_differ(a: Any, b: Any, differ: bool) -> None:
    expected = [Difference("exptime", a, b)] if differ else []
    assert repr(differences({"exptime": a}, {"exptime": b})) == repr(expected)


def test_repeated_keywords_are_compared_with_all_their_values() -> None:
    once, twice = {"gain": 1.0}, {"gain": 1.0, "_repeated": {"gain": [2.0]}}
    assert differences(twice, dict(twice)) == []
    assert differences(once, twice) == [Difference("gain", 1.0, [1.0, 2.0])]


def test_input_images_are_compared_one_by_one() -> None:
    a = {"dnnn": [{"block": 1, "data": "one"}, {"block": 2, "data": "two"}]}
    b = {"dnnn": [{"block": 1, "data": "one"}, {"block": 2, "data": "other", "dexp": 3.0}]}
    assert differences(a, b) == [
        Difference("d002data", "two", "other"),
        Difference("d002dexp", b=3.0, presence=Presence.ONLY_B),
    ]


def test_some_keywords_can_be_ignored() -> None:
    a, b = {"filename": "a.fits", "exptime": 1.0}, {"date": datetime(2002, 1, 1), "exptime": 2.0}
    assert differences(a, b, BOOKKEEPING) == [Difference("exptime", 1.0, 2.0)]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("j8bt05njq", HeaderAddress("j8bt05njq")),
        (" J8BT05NJ.FLT ", HeaderAddress("j8bt05nj", "flt")),
        ("j8bt05njq.flt.0", HeaderAddress("j8bt05njq", "flt", 0)),
    ],
)
def test_header_addresses_are_parsed(text: str, address: HeaderAddress) -> None:
    assert HeaderAddress.parse(text) == address
    assert HeaderAddress.parse(str(address)) == address


@pytest.mark.parametrize(
    "text",
    ["j8bt05njq.", "j8bt05njq..1", "j8bt05njq.flt.x", "j8bt05njq.flt.1.2", "j8bt05njq.flt.²"],
)
def test_an_invalid_header_address_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match="invalid header address"):
        HeaderAddress.parse(text)


@given(st.text())
def test_any_text_is_parsed_or_refused_with_a_short_message(text: str) -> None:
    try:
        address = HeaderAddress.parse(text)
    except (QueryError, InvalidName) as error:
        assert len(str(error)) < len(text) + 300
    else:
        assert HeaderAddress.parse(str(address)) == address


# With an archive


@pytest.fixture(scope="module")
def pair(sample_archive: acsql.Archive) -> tuple[str, str]:
    """Two exposures with calibrated files."""
    rows = sample_archive.where("exists(flt.0.filename)", detector="WFC").columns("ipppssoot")
    names = [row["ipppssoot"] for row in rows.rows()]
    return names[0], names[1]


def test_all_headers_of_two_observations_are_compared(
    sample_archive: acsql.Archive, pair: tuple[str, str]
) -> None:
    a, b = (sample_archive.observation(name) for name in pair)
    comparisons = sample_archive.differences(*pair, bookkeeping=True)
    for side, one in (("a", a), ("b", b)):
        names = [
            getattr(compared, side).name for compared in comparisons if getattr(compared, side)
        ]
        expected = [h.name for headers in one.headers.values() for h in headers.values()]
        assert sorted(names) == sorted(expected)
    for compared in comparisons:
        if compared.a and compared.b:
            assert compared.differences == differences(compared.a, compared.b)
        else:
            assert compared.differences == []
    keywords = {d.keyword for compared in comparisons for d in compared.differences}
    assert {"rootname", "filename", "expstart"} <= keywords
    without = sample_archive.differences(*pair)
    assert not BOOKKEEPING & {d.keyword for compared in without for d in compared.differences}


def test_a_filetype_or_extension_left_out_is_taken_from_the_other_address(
    sample_archive: acsql.Archive, pair: tuple[str, str]
) -> None:
    a, b = pair
    (whole,) = sample_archive.differences(f"{a}.flt.1", f"{b}.flt.1")
    assert sample_archive.differences(f"{a}.flt.1", b) == [whole]
    assert sample_archive.differences(a, f"{b}.flt.1") == [whole]
    assert sample_archive.differences(f"{a}.flt.1", f"{b}.flt") == [whole]
    assert sample_archive.differences(f"{a}.flt", f"{b}.flt.1") == [whole]


def test_a_file_of_other_extensions_is_compared_by_their_names(
    sample_archive: acsql.Archive,
    pair: tuple[str, str],
) -> None:
    product = next(
        row["ipppssoot"]
        for row in sample_archive.where(detector="WFC").columns("ipppssoot").rows()
        if "drz" in sample_archive.observation(row["ipppssoot"]).datasets
    )
    flt = pair[0]
    comparisons = sample_archive.differences(f"{flt}.flt", f"{product}.drz")
    both = [(c.a.extension_name, c.b.extension_name) for c in comparisons if c.a and c.b]
    assert both == [("", ""), ("SCI,1", "SCI,1")]
    alone = {c.b.extension_name for c in comparisons if c.b and not c.a}
    assert alone >= {"WHT,1", "CTX,1"}
    (one,) = sample_archive.differences(f"{flt}.flt.1", f"{product}.drz")
    assert one == comparisons[1]
    (one,) = sample_archive.differences(f"{flt}.flt", f"{product}.drz.2")
    assert one.a is None
    assert one.b.extension_name == "WHT,1"


def test_headers_that_do_not_exist_are_named(
    sample_archive: acsql.Archive, pair: tuple[str, str]
) -> None:
    a, b = pair
    with pytest.raises(DatasetNotFound, match="has no drz"):
        sample_archive.differences(f"{a}.drz", b)
    with pytest.raises(DatasetNotFound, match="no extension 99"):
        sample_archive.differences(f"{a}.flt.99", b)
    with pytest.raises(DatasetNotFound, match="no extension 99"):
        sample_archive.differences(a, f"{b}.flt.99")
    with pytest.raises(ObservationNotFound):
        sample_archive.differences(a, "jzzzzzzzq")


def test_one_observation_with_itself_differs_in_nothing(
    sample_archive: acsql.Archive, pair: tuple[str, str]
) -> None:
    one = sample_archive.observation(pair[0])
    comparisons = compare(one, one, HeaderAddress(pair[0]), HeaderAddress(pair[0]))
    assert comparisons
    assert all(compared.a == compared.b and not compared.differences for compared in comparisons)
