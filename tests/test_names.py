"""Names of observations and files are parsed, in any case and with any transmission letter."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acsql import names
from acsql.errors import InvalidName
from acsql.names import Filename

LETTERS = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"
# Characters that lower() or strip() change, or that isdigit() and isalpha() accept.
TRICKY = "A_ .-/\\\n\0²٣ßİ\u212a"

ipppssoots = st.from_regex(r"[a-z][a-z0-9]{8}", fullmatch=True)
filetypes = st.from_regex(r"[a-z0-9]+", fullmatch=True)
untimed = settings(deadline=None)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("j8bt05nj", "j8bt05nj"),
        ("j8bt05njq", "j8bt05nj"),
        ("J8BT05NJQ", "j8bt05nj"),
        ("  j8bt05njq\n", "j8bt05nj"),
        ("jcp001kwj", "jcp001kw"),
        ("jcp001kws", "jcp001kw"),
        ("jcp001010", "jcp001010"),
        ("JCP001011", "jcp001011"),
        ("jcp00101", "jcp00101"),
    ],
)
def test_a_rootname_is_the_key_in_the_archive(name, expected):
    assert names.rootname(name) == expected


@pytest.mark.parametrize(
    "name",
    [
        "",
        "j8bt05n",
        "j8bt05njqq",
        "8j8bt05nj",
        "j8bt05n_",
        "j8bt 5njq",
        "j8bt05n*",
        "../8bt05n",
        "j8bt05njq_raw.fits",
        "j8bt05nj²",
        "j8bt05nj٣",
    ],
)
def test_an_invalid_rootname_is_refused_and_quoted(name):
    with pytest.raises(InvalidName) as caught:
        names.rootname(name)
    assert repr(name) in str(caught.value)


@untimed
@given(ipppssoots)
def test_a_rootname_keeps_the_digit_of_a_product_and_drops_the_letter_of_an_exposure(name):
    key = names.rootname(name)
    assert name.startswith(key)
    assert len(key) == (9 if name[8] in DIGITS else 8)
    assert names.rootname(key) == names.rootname(key.upper()) == key


@untimed
@given(ipppssoots, ipppssoots)
def test_a_redelivery_is_the_same_observation_and_another_product_is_not(first, second):
    second = first[:8] + second[8]
    both_letters = not (first[8] in DIGITS or second[8] in DIGITS)
    same = names.rootname(first) == names.rootname(second)
    assert same == (both_letters or first == second)


@untimed
@given(ipppssoots, filetypes)
def test_a_filename_is_parsed_and_formatted_again(ipppssoot, filetype):
    name = Filename(ipppssoot, filetype)
    assert Filename.parse(str(name)) == name
    assert name.rootname == names.rootname(ipppssoot)


@untimed
@given(st.text(alphabet=LETTERS + DIGITS + TRICKY, max_size=12), st.sampled_from(["raw", "", "R"]))
def test_a_filename_that_parses_is_exactly_what_was_parsed(stem, filetype):
    text = f"{stem}_{filetype}.fits"
    try:
        parsed = Filename.parse(text)
    except InvalidName as error:
        assert repr(text) in str(error)
    else:
        assert str(parsed) == text


@pytest.mark.parametrize(
    "name",
    [
        "",
        "j8bt05njq",
        "j8bt05njq.fits",
        "j8bt05njq_raw.fits.gz",
        "j8bt05njq_raw.fits\n",
        " j8bt05njq_raw.fits",
        "J8BT05NJQ_RAW.FITS",
        "j8bt05nj_raw.fits",
        "j8bt05njq_flt_hlet.fits",
        "j8bt05njq_raw.jpg",
        "a/j8bt05njq_raw.fits",
    ],
)
def test_names_of_other_files_are_refused(name):
    with pytest.raises(InvalidName):
        Filename.parse(name)


def test_a_jitter_file_belongs_to_its_exposure():
    jitter, raw = Filename.parse("jcp001kwj_jit.fits"), Filename.parse("jcp001kwq_raw.fits")
    assert jitter.rootname == raw.rootname == "jcp001kw"


def test_filenames_sort_by_observation_and_then_filetype():
    ordered = ["j8bt05njq_asn.fits", "j8bt05njq_raw.fits", "j8bt05nkq_asn.fits"]
    assert [str(name) for name in sorted(map(Filename.parse, reversed(ordered)))] == ordered


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("j8bt05njq", True),
        ("jcp001010", True),
        ("j8bt05nj", False),
        ("J8BT05NJQ", False),
        ("j8bt05njq\n", False),
        ("lost+found", False),
    ],
)
def test_an_ipppssoot_has_nine_lower_case_characters(name, expected):
    assert names.is_ipppssoot(name) is expected


@pytest.mark.parametrize(
    ("rootname", "expected"), [("j8bt05nj", "05"), ("jcp001010", "01"), ("jbmma2u2", "a2")]
)
def test_a_visit_is_characters_five_and_six(rootname, expected):
    assert names.visit(rootname) == expected


@pytest.mark.parametrize(
    ("keyword", "expected"),
    [
        ("EXPTIME", "exptime"),
        ("DATE-OBS", "date_obs"),
        ("DP1.AXIS.1", "dp1_axis_1"),
        ("date_obs", "date_obs"),
        (" TARGNAME ", "targname"),
        ("$where", "_where"),
        ("DnnnDATA", "dnnndata"),
    ],
)
def test_a_field_is_the_name_under_which_a_keyword_is_stored(keyword, expected):
    assert names.field(keyword) == expected


@untimed
@given(st.text())
def test_a_field_name_is_valid_in_mongodb_and_unchanged_by_field(keyword):
    name = names.field(keyword)
    assert set(name) <= set(LETTERS + DIGITS + "_")
    assert names.field(name) == name
