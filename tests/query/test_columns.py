"""Do addresses resolve to columns, and do wrong ones say what to write instead?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from query_values import SPECS, untimed

from acsql import query
from acsql.errors import QueryError
from acsql.keywords import COMMENTARY


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("exptime", "exptime"),
        ("EXPTIME", "exptime"),
        (" ExpTime ", "exptime"),
        ("DATE-OBS", "date_obs"),
        ("date_obs", "date_obs"),
        ("rootname", "rootname"),
        ("flt.1.goodmean", "flt.1.goodmean"),
        ("FLT.1.GOODMEAN", "flt.1.goodmean"),
        ("flt.01.goodmean", "flt.1.goodmean"),
        ("raw.0.DATE-OBS", "raw.0.date_obs"),
        ("drz.0.DnnnDATA", "drz.0.dnnndata"),
    ],
)
def test_fits_spelling_and_case_do_not_matter(address, expected):
    assert query.resolve(address, SPECS).address == expected


def test_a_column_knows_where_it_stands():
    assert query.resolve("exptime", SPECS).header is None
    assert query.resolve("flt.1.goodmean", SPECS).header == ("flt", 1)
    assert query.resolve("flt.0.exptime", SPECS).spec.unit == "s"


@untimed
@given(st.data())
def test_every_keyword_of_every_header_can_be_addressed(data):
    key = data.draw(st.sampled_from(sorted(SPECS.header_keywords)))
    name = data.draw(st.sampled_from(sorted(SPECS.header_keywords[key])))
    keyword = SPECS.header_keywords[key][name].keyword
    found = query.resolve(f"{key.filetype}.{key.extension}.{keyword}", SPECS)
    assert found.address == f"{key.filetype}.{key.extension}.{name}"
    assert query.resolve(found.address, SPECS) == found


@pytest.mark.parametrize("name", sorted(SPECS.top_level))
def test_every_field_at_the_top_can_be_addressed(name):
    spec = SPECS.top_level[name]
    assert query.resolve(spec.keyword, SPECS) == query.resolve(name, SPECS)
    assert query.resolve(name, SPECS) == query.Column(name, spec)


@pytest.mark.parametrize("keyword", COMMENTARY)
@pytest.mark.parametrize("key", sorted(SPECS.lists), ids=str)
def test_commentary_of_every_header_can_be_queried(key, keyword):
    address = f"{key.filetype}.{key.extension}.{keyword}"
    found = query.resolve(address, SPECS)
    assert (found.address, found.spec.type) == (address.lower(), "str")
    assert found in query.search_keywords(address, SPECS)


def test_an_ambiguous_keyword_is_refused_with_all_its_places():
    with pytest.raises(QueryError) as caught:
        query.resolve("goodmean", SPECS)
    places = SPECS.headers_with("goodmean")
    assert len(places) > 1
    for filetype, extension in places:
        assert f"{filetype}.{extension}.goodmean" in str(caught.value)


def test_a_keyword_in_another_header_is_refused_with_its_places():
    with pytest.raises(QueryError, match=r"raw\.1\.goodmean") as caught:
        query.resolve("raw.0.goodmean", SPECS)
    assert "raw header 0" in str(caught.value)


@pytest.mark.parametrize(
    ("address", "suggestion"),
    [
        ("exptme", "exptime"),
        ("EXPTIM", "exptime"),
        ("aperature", "aperture"),
        ("propsid", "proposid"),
        ("rotname", "rootname"),
        ("flt.1.goodmaen", "goodmean"),
        ("flt.0.histroy", "flt.0.history"),
        ("histroy", "history"),
    ],
)
def test_a_misspelt_keyword_is_refused_with_the_one_meant(address, suggestion):
    with pytest.raises(QueryError, match="did you mean") as caught:
        query.resolve(address, SPECS)
    assert suggestion in str(caught.value)
    assert address.lower() in str(caught.value).lower()


@pytest.mark.parametrize(
    "address",
    ["", " ", "qqqqqqqqqqqq", "$where", "headers.flt", "flt.1", "flt.x.goodmean", "_id", "9.9.9"],
)
def test_anything_but_a_keyword_is_refused(address):
    with pytest.raises(QueryError, match="there is no keyword"):
        query.resolve(address, SPECS)


@untimed
@given(st.text(max_size=20))
def test_any_text_is_a_keyword_or_refused(address):
    try:
        found = query.resolve(address, SPECS)
    except QueryError:
        return
    assert query.resolve(found.address, SPECS) == found


def test_an_extension_of_a_thousand_digits_is_refused():
    with pytest.raises(QueryError):
        query.resolve(f"flt.{'1' * 5000}.goodmean", SPECS)


def test_columns_come_once_and_in_order():
    found = query.resolve_all(["targname", "EXPTIME", "exptime", "flt.1.GOODMEAN"], SPECS)
    assert [part.address for part in found] == ["targname", "exptime", "flt.1.goodmean"]


@pytest.mark.parametrize(
    ("address", "choices"),
    [
        ("raw.*.exptime", "names no header; choose one of exptime, raw.0.exptime$"),
        ("raw.*.goodmean", r"several headers; choose one of raw\.1\.goodmean, raw\.2\.goodmean"),
        ("*.1.goodmean", r"several headers; choose one of raw\.1\.goodmean"),
        ("drz.0.D001DATA", r"numbered anew in every product.* drz\.0\.dnnndata"),
        ("D014DEXP", r"numbered anew in every product.* drz\.0\.dnnndexp"),
        ("flt.1.goodmaen", r"did you mean flt\.1\.goodmean"),
    ],
)
def test_an_address_that_is_not_exact_is_refused_with_the_choices(address, choices):
    with pytest.raises(QueryError, match=choices):
        query.resolve(address, SPECS)


def test_a_keyword_of_one_header_is_refused_with_its_address():
    name = next(
        name
        for name in SPECS.keywords
        if len(SPECS.headers_with(name)) == 1 and name not in SPECS.top_level
    )
    filetype, extension = SPECS.headers_with(name)[0]
    with pytest.raises(QueryError, match="is in a header; write") as caught:
        query.resolve(name, SPECS)
    assert str(caught.value).endswith(f" {filetype}.{extension}.{name}")


def test_keywords_at_the_top_are_suggested_before_others():
    with pytest.raises(QueryError, match="did you mean exptime or expend"):
        query.resolve("exptme", SPECS)


@pytest.mark.parametrize("address", [None, 5, ["exptime"], b"exptime"])
def test_an_address_that_is_no_text_is_refused(address):
    with pytest.raises(QueryError, match="a keyword is a text"):
        query.resolve(address, SPECS)


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ("flt.SCI.2.goodmean", "flt.4.goodmean"),
        ("flt.sci.goodmean", "flt.1.goodmean"),
        ("drz.WHT.1.crval1", "drz.2.crval1"),
        ("flt.primary.exptime", "flt.0.exptime"),
        ("flt.SCI.1.DP1.AXIS.1", "flt.1.dp1_axis_1"),
    ],
)
def test_an_extension_is_also_named_by_extname_and_extver(address, number):
    assert query.resolve(address, SPECS).address == number


def test_an_extension_without_a_fixed_number_is_named_by_its_number():
    with pytest.raises(QueryError, match="WCSCORR has no fixed number in flt files"):
        query.resolve("flt.WCSCORR.tfields", SPECS)
