"""Do keyword specs answer what a keyword is, and where it can be?"""

import dataclasses

import pytest
from astropy.io.votable.ucd import check_ucd

from acsql import keywords, names
from acsql.keywords import TYPES, HeaderKey, KeywordSpec

WFC_RAW_0 = HeaderKey("WFC", "raw", 0)


def test_every_type_is_a_known_one_everywhere():
    loaded = keywords.load()
    assert {spec.type for spec in loaded.keywords.values()} == set(TYPES)
    assert {spec.type for spec in loaded.own_fields.values()} <= set(TYPES)
    for listed in loaded.lists.values():
        assert {spec.type for spec in listed.values()} <= set(TYPES)


def test_keywords_are_keyed_by_the_names_under_which_they_are_stored():
    loaded = keywords.load()
    for found in (loaded.keywords, loaded.own_fields, loaded.promoted, *loaded.lists.values()):
        assert all(name == spec.name == names.field(name) for name, spec in found.items())


def test_a_keyword_is_found_in_either_spelling():
    loaded = keywords.load()
    assert loaded.spec("DATE-OBS") == loaded.spec("date_obs") == loaded.keywords["date_obs"]
    assert loaded.spec("EXPTIME").unit == "s"
    assert loaded.spec("NOSUCHKW") is None


@pytest.mark.parametrize(
    ("filetype", "unit"), [("raw", "DN"), ("flt", "electron"), ("drz", "electron / s")]
)
def test_a_pixel_value_has_the_unit_of_the_pixels(filetype, unit):
    loaded = keywords.load()
    assert loaded.spec("GOODMEAN", HeaderKey("WFC", filetype, 1)).unit == unit
    if filetype != "drz":
        assert loaded.queryable_at((filetype, 1), "goodmean").unit == unit
    assert loaded.spec("GOODMEAN").unit is None


def test_a_list_can_give_a_keyword_another_type():
    loaded = keywords.load()
    differing = [
        (key, name)
        for key, listed in loaded.lists.items()
        for name, spec in listed.items()
        if spec.type != loaded.keywords[name].type
    ]
    assert differing
    for key, name in differing:
        spec, there = loaded.keywords[name], loaded.spec(name, key)
        assert there == dataclasses.replace(spec, type=there.type)


def test_a_keyword_outside_of_its_lists_has_its_general_spec():
    loaded = keywords.load()
    nowhere = HeaderKey("WFC", "raw", 99)
    assert loaded.spec("EXPTIME", nowhere) == loaded.keywords["exptime"]
    assert loaded.listed_at("EXPTIME", nowhere) is None
    assert loaded.listed_at("EXPTIME", WFC_RAW_0) == loaded.keywords["exptime"]


def test_the_top_level_is_acsql_s_own_fields_and_the_promoted_keywords():
    loaded = keywords.load()
    assert loaded.top_level.keys() == loaded.own_fields.keys() | loaded.promoted.keys()
    assert not loaded.own_fields.keys() & loaded.promoted.keys()
    assert set(loaded.indexed) <= loaded.top_level.keys()
    assert len(set(loaded.indexed)) == len(loaded.indexed)


def test_the_sources_of_a_promotion_exist():
    loaded = keywords.load()
    for promotion in loaded.promoted.values():
        for filetype, extension, name in promotion.also:
            assert (filetype, extension) in loaded.headers_with(name), promotion


def test_headers_with_a_keyword_are_in_the_order_of_filetypes():
    loaded = keywords.load()
    order = list(loaded.filetypes)
    for name in loaded.keywords:
        places = loaded.headers_with(name)
        assert places == sorted(set(places), key=lambda p: (order.index(p[0]), p[1]))
        listed = {
            (key.filetype, key.extension)
            for key in loaded.lists
            if name.upper() in keywords.COMMENTARY or loaded.listed_at(name, key)
        }
        assert set(places) <= listed
    assert loaded.headers_with("nosuchkw") == []


def test_previews_are_of_images_alone():
    assert keywords.load().with_preview() == [
        *("raw", "flt", "flc"),
        *("crj", "crc", "drz", "drc"),
    ]


def test_specs_can_be_extended_with_keywords_of_files():
    loaded = keywords.load()
    met = [
        (WFC_RAW_0, "NEW-KEY", "int"),
        (HeaderKey("HRC", "raw", 0), "NEW-KEY", "float"),
        (WFC_RAW_0, "GOODMEAN", "float"),
        (HeaderKey("WFC", "flt", 42), "EXPTIME", "str"),
    ]
    extended = loaded.with_keywords(met)
    assert extended.spec("new_key") == KeywordSpec("NEW-KEY", "int")
    assert extended.spec("new_key", HeaderKey("HRC", "raw", 0)).type == "float"
    assert extended.headers_with("new_key") == [("raw", 0)]
    assert extended.listed_at("GOODMEAN", WFC_RAW_0) == loaded.spec("GOODMEAN", WFC_RAW_0)
    assert extended.spec("EXPTIME", HeaderKey("WFC", "flt", 42)).type == "str"
    assert extended.keywords["exptime"] == loaded.keywords["exptime"]
    assert extended.top_level == loaded.top_level


def test_extending_specs_changes_neither_them_nor_their_keywords():
    loaded = keywords.load()
    before = (dict(loaded.keywords), dict(loaded.lists))
    again = loaded.with_keywords([(WFC_RAW_0, "EXPTIME", "str"), (WFC_RAW_0, "NEWKEY", "int")])
    assert again.listed_at("EXPTIME", WFC_RAW_0) == loaded.listed_at("EXPTIME", WFC_RAW_0)
    assert (dict(loaded.keywords), dict(loaded.lists)) == before
    assert loaded.spec("NEWKEY") is None
    assert loaded.with_keywords([]) == loaded


# --- cards


@pytest.mark.parametrize(
    ("keyword", "expected"),
    [
        ("EXPTIME", "EXPTIME"),
        ("D001DATA", "DnnnDATA"),
        ("D012DEXP", "DnnnDEXP"),
        ("D2IMFILE", "D2IMFILE"),
        ("D001", "D001"),
    ],
)
def test_keywords_of_input_images_are_one_keyword_of_the_specs(keyword, expected):
    assert keywords.spec_keyword(keyword) == expected


@pytest.mark.parametrize(
    ("keyword", "name", "spec_name", "listed", "block"),
    [
        ("DATE-OBS", "date_obs", "DATE-OBS", True, None),
        ("D001DATA", "data", "DnnnDATA", True, 1),
        ("NOSUCHKW", "nosuchkw", "NOSUCHKW", False, None),
    ],
)
def test_a_card_has_a_location(keyword, name, spec_name, listed, block):
    location = keywords.load().card_location(keyword, HeaderKey("WFC", "drz", 0), None)
    assert (location.name, location.spec_name) == (name, spec_name)
    assert (location.listed, location.block) == (listed, block)
    assert (location.spec is not None) == listed


@pytest.mark.parametrize(
    ("keyword", "key", "extname", "type_"),
    [
        ("S_REGION", HeaderKey("WFC", "flt", 1), "SCI", "str"),
        ("USEAFTER", HeaderKey("WFC", "flt", 7), "D2IMARR", "str"),
        ("CRVAL1Q", HeaderKey("SBC", "flt", 1), "SCI", "float"),
        ("USEAFTER", HeaderKey("WFC", "flt", 7), "WCSCORR", None),
        ("USEAFTER", HeaderKey("WFC", "flt", 1), "SCI", None),
        ("USEAFTER", HeaderKey("WFC", "flt", 7), None, "str"),
    ],
)
def test_an_extension_has_the_keywords_of_its_name(keyword, key, extname, type_):
    spec = keywords.load().listed_at(keyword, key, extname)
    assert (spec and spec.type) == type_


@pytest.mark.parametrize(
    ("header", "name", "can_be_queried"),
    [
        (("flt", 1), "s_region", True),
        (("flt", 4), "crval2b", True),
        (("flt", 12), "useafter", True),
        (("flt", 1), "useafter", False),
        (("spt", 1), "useafter", False),
    ],
)
def test_keywords_of_named_extensions_can_be_queried_where_these_can_be(
    header, name, can_be_queried
):
    assert (keywords.load().queryable_at(header, name) is not None) == can_be_queried


def test_every_ucd_is_of_the_vocabulary(specs):
    all_specs = [*specs.keywords.values(), *specs.own_fields.values()]
    all_specs += [each.spec for each in specs.image_statistics.values()]
    wrong = [
        (spec.name, spec.ucd)
        for spec in all_specs
        if spec.ucd and not check_ucd(spec.ucd, check_controlled_vocabulary=True)
    ]
    assert wrong == []


def test_every_top_level_field_has_a_ucd(specs):
    assert [name for name, spec in specs.top_level.items() if not spec.ucd] == []
