"""Promoted keywords, detectors and positions."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acsql.ingest import promotion
from acsql.keywords import KeywordSpecs


def test_promoted_keywords_come_from_the_best_file(specs: KeywordSpecs) -> None:
    stored = {
        "spt": {"0": {"targname": "FROM-SPT", "proposid": 1}},
        "flt": {"0": {"targname": "FROM-FLT", "exptime": 2.0}},
        "raw": {"0": {"targname": " ", "exptime": None}},
    }
    promoted = promotion.promote(stored, specs)
    assert promoted["targname"] == "FROM-FLT"
    assert promoted["exptime"] == 2.0
    assert promoted["proposid"] == 1
    assert promoted["filter1"] is None
    assert set(promoted) == set(specs.promoted)


def test_a_type_mismatch_is_not_promoted(specs: KeywordSpecs) -> None:
    stored = {"raw": {"0": {"exptime": "long"}}, "flt": {"0": {"exptime": 2.0}}}
    assert promotion.promote(stored, specs)["exptime"] == 2.0


@pytest.mark.parametrize(
    ("keyword", "stored", "promoted"),
    [
        ("nrptexp", 1.5, 1.5),
        ("ccdgain", 1, 1),
        ("targname", 104, "104"),
        ("exptime", "INDEF", None),
        ("date_obs", 52377.5, None),
        ("subarray", 1, None),
        ("asn_id", "jcmc11010", "JCMC11010"),
    ],
)
def test_a_value_is_promoted_if_it_can_stand_in_the_place_of_its_type(
    specs: KeywordSpecs, keyword: str, stored: object, promoted: object
) -> None:
    assert promotion.promote({"raw": {"0": {keyword: stored}}}, specs)[keyword] == promoted


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_only_finite_numbers_are_promoted(specs: KeywordSpecs, number: float) -> None:
    headers = {"raw": {"0": {"exptime": 60.0}}, "flt": {"0": {"exptime": number}}}
    assert promotion.promote(headers, specs)["exptime"] == 60.0
    del headers["raw"]
    assert promotion.promote(headers, specs)["exptime"] is None


@pytest.mark.parametrize(
    ("stored", "detector"),
    [
        ({"raw": {"0": {"detector": "HRC"}}}, "HRC"),
        ({"spt": {"0": {"config": "ACS/WFC"}, "1": {"detector": "WFC"}}}, "WFC"),
        ({"jit": {"0": {"config": "ACS/SBC"}}}, "SBC"),
        ({"jit": {"0": {"config": "WFC3/UVIS"}}}, None),
        ({"asn": {"0": {}}}, None),
    ],
)
def test_the_detector_is_found_in_every_header_that_can_have_it(
    specs: KeywordSpecs, stored: dict, detector: str | None
) -> None:
    assert promotion.promoted_value(stored, specs.promoted["detector"], specs) == detector


@given(st.floats(0, 360), st.floats(-90, 90))
def test_positions_are_geojson(ra: float, dec: float) -> None:
    from acsql import keywords as keyword_specs

    specs = keyword_specs.load()
    document = {"ra_targ": ra, "dec_targ": dec, "imagetyp": "EXT", "obstype": "IMAGING"}
    longitude, latitude = promotion.position(document, specs)["coordinates"]
    assert -180 <= longitude <= 180
    assert latitude == dec
    assert (longitude - ra) % 360 == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    "document",
    [
        {"ra_targ": 1.0, "dec_targ": 2.0, "imagetyp": "BIAS"},
        {"ra_targ": 1.0, "dec_targ": 2.0, "imagetyp": "DARK"},
        {"ra_targ": 1.0, "dec_targ": 2.0, "imagetyp": "EXT", "obstype": "INTERNAL"},
        {"ra_targ": None, "dec_targ": 2.0},
        {"ra_targ": 1.0, "dec_targ": 91.0},
        {"ra_targ": -1.0, "dec_targ": 0.0},
    ],
)
def test_internal_and_invalid_targets_have_no_position(specs: KeywordSpecs, document: dict) -> None:
    assert promotion.position(document, specs) is None
