"""Headers of the sample archive, beside the lists of the specs."""

import re
from collections import defaultdict
from datetime import date, datetime, time

from astropy.io import fits
from sample_files import OF_LOOKUPS, datasets

from acsql.keywords import BLOCK, HeaderKey, KeywordSpec

# What a primary header may have beside its list.
LEFTOVERS = {"IRAF-TLM"}
OF_TABLES = re.compile(r"T(TYPE|FORM|UNIT|DISP)\d+|TFIELDS|TROWS")
OF_CONSTANTS = {"NPIX1", "NPIX2", "PIXVALUE"}


def keywords(header: fits.Header) -> set[str]:
    """Return the keywords of a header, those of all blocks of a product as one."""
    found = (BLOCK.sub(r"Dnnn\2", keyword) for keyword in header)
    return {keyword for keyword in found if keyword not in ("", "COMMENT", "HISTORY")}


def cannot_have(header: fits.Header, keyword: str) -> bool:
    """Whether FITS or common sense leave a keyword out of this kind of extension."""
    if keyword in OF_CONSTANTS:
        return header["NAXIS"] > 0
    if axis := re.fullmatch(r"NAXIS(\d)", keyword):
        return int(axis[1]) > header["NAXIS"]
    if OF_LOOKUPS.fullmatch(keyword):
        return True
    return OF_TABLES.fullmatch(keyword) is not None and header["XTENSION"] != "BINTABLE"


def is_of_type(spec: KeywordSpec, value: object) -> bool:
    if isinstance(value, fits.card.Undefined):
        return True
    match spec.type:
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "float":
            return isinstance(value, float)
        case "bool":
            return isinstance(value, bool)
        case "str":
            return isinstance(value, str) or spec.keyword in ("MTFLAG", "T_SGSTAR")
    if spec.formats:
        return any(datetime.strptime(value, form) for form in spec.formats)
    kinds = {"date": date, "time": time, "datetime": datetime}
    return kinds[spec.type].fromisoformat(value) is not None


def test_headers_have_exactly_the_keywords_of_their_lists(headers, specs):
    for path, key, header in headers:
        listed = {spec.keyword for spec in specs.lists[key].values()}
        there = keywords(header)
        beside = LEFTOVERS if key.extension == 0 else set()
        assert there - listed <= beside, (path.name, key)
        missing = {keyword for keyword in listed - there if not cannot_have(header, keyword)}
        assert not missing, (path.name, key)


# Only arrays without data have these, and the sample has none in some headers of products.
CONSTANTS = {"NPIX1", "NPIX2", "PIXVALUE"}


def test_together_they_have_all_keywords_of_all_lists(root, specs, detectors):
    found: dict[HeaderKey, set[str]] = defaultdict(set)
    for path, name in datasets(root, specs):
        with fits.open(path) as hdus:
            for number, hdu in enumerate(hdus):
                key = HeaderKey(detectors[path.parent.name], name.filetype, number)
                found[key] |= keywords(hdu.header)
    for key, listed in specs.lists.items():
        assert {spec.keyword for spec in listed.values()} - CONSTANTS <= found[key], key


def test_values_are_of_the_types_of_the_specs(headers, specs):
    for path, key, header in headers:
        for item in header.cards:
            spec = specs.spec(BLOCK.sub(r"Dnnn\2", item.keyword), key)
            if spec and item.keyword not in LEFTOVERS:
                assert is_of_type(spec, item.value), (path.name, key, item)


def test_strings_are_padded_and_long_ones_continued(raw_texts, headers):
    assert all(re.search(r"ROOTNAME= '[a-z0-9]{9} {25}'", text) for text in raw_texts)
    for keyword in ("RULEFILE", "TARDESCR"):
        assert any(len(header.get(keyword, "")) > 68 for _, _, header in headers)


def test_some_values_are_undefined(headers):
    found = {
        keyword
        for _, _, header in headers
        for keyword in header
        if keyword and header[keyword] is None
    }
    assert "SURFALTD" in found


def test_record_valued_cards_are_written_as_such(headers):
    found = [header for _, _, header in headers if "DP1.EXTVER" in header]
    written = [h for h in found if "DP1     = 'EXTVER: 1.0'" in h.tostring()]
    assert written
    assert all(header["DP1.EXTVER"] == 1.0 for header in written)


def test_flags_stand_as_logicals_where_text_is_expected(headers):
    kinds = {
        (keyword, type(header[keyword]))
        for _, key, header in headers
        for keyword in ("MTFLAG", "T_SGSTAR")
        if key.extension == 0 and key.filetype == "raw"
    }
    assert kinds == {("MTFLAG", bool), ("MTFLAG", str), ("T_SGSTAR", bool), ("T_SGSTAR", str)}
