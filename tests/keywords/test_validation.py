"""Are sound specs accepted, and are all inconsistencies reported with their file?"""

import pytest

from acsql import keywords
from acsql.keywords import RawSpecs


def sound() -> RawSpecs:
    """Return small specs without inconsistencies."""
    return RawSpecs(
        instrument={"detectors": {"WFC": "Wide"}, "filetypes": {"raw": {}, "spt": {}}},
        own_fields={"rootname": {"type": "str", "description": "the key"}},
        keywords={
            "EXPTIME": {"type": "float", "unit": "s"},
            "DATE-OBS": {"type": "date", "formats": ["%d/%m/%y"]},
            "TARGNAME": {"type": "str"},
        },
        promoted={"TARGNAME": None, "EXPTIME": {"indexed": True, "also": ["spt.1.EXPTIME"]}},
        lists={
            "WFC": {
                "raw": {0: {"keywords": ["EXPTIME", "DATE-OBS"], "types": {"EXPTIME": "str"}}},
                "spt": {1: {"keywords": ["EXPTIME", "TARGNAME"]}},
            }
        },
    )


def test_the_packaged_specs_are_sound():
    assert keywords.check(keywords.read_folder(keywords.packaged_folder())) == []


def test_small_specs_are_sound():
    assert keywords.check(sound()) == []


def put(*path, value):
    """Return a change of raw specs that puts a value at a path."""

    def change(raw: RawSpecs) -> None:
        target = getattr(raw, path[0])
        for part in path[1:-1]:
            target = target[part]
        target[path[-1]] = value

    return change


FACTS = {"type": "str"}
FLAG = {"title": "A trail", "description": "a line"}

WRONG = {
    "flag with blanks": (
        put("flags", "a trail", value=FLAG),
        "flags.yaml: 'a trail' is not a name",
    ),
    "flag without a title": (
        put("flags", "trail", value={"description": "a line"}),
        "flags.yaml: trail: title is not a text",
    ),
    "flag that is a text": (put("flags", "trail", value="a line"), "flags.yaml: trail: expected"),
    "entry of a flag": (
        put("flags", "trail", value=FLAG | {"colour": "red"}),
        "flags.yaml: trail has the unknown entry colour",
    ),
    "detector of a flag": (
        put("flags", "trail", value=FLAG | {"detectors": ["XYZ"]}),
        "flags.yaml: trail: detectors: instrument.yaml has no XYZ",
    ),
    "no type": (put("keywords", "TARGNAME", value={}), "keywords.yaml: TARGNAME has no type"),
    "no facts": (put("keywords", "TARGNAME", value=None), "keywords.yaml: TARGNAME has no type"),
    "facts are a text": (
        put("own_fields", "path", value="str"),
        "own_fields.yaml: path has no type",
    ),
    "no such type": (
        put("own_fields", "path", value={"type": "text"}),
        "own_fields.yaml: path has no type; expected one of "
        "int, float, str, bool, date, time, datetime",
    ),
    "unknown entry": (
        put("keywords", "TARGNAME", "units", value="s"),
        "keywords.yaml: TARGNAME has the unknown entry units",
    ),
    "formats of a text": (
        put("keywords", "TARGNAME", "formats", value=["%Y"]),
        "keywords.yaml: TARGNAME has formats, but its type is str",
    ),
    "two of one name": (
        put("keywords", "DATE_OBS", value=FACTS),
        "keywords.yaml: DATE_OBS and DATE-OBS are both stored as date_obs",
    ),
    "unknown detector": (
        put("lists", "HRC", value={"raw": {0: {"keywords": ["EXPTIME"]}}}),
        "lists: HRC raw 0: instrument.yaml has no detector HRC",
    ),
    "unknown filetype": (
        put("lists", "WFC", "flt", value={0: {"keywords": ["EXPTIME"]}}),
        "lists: WFC flt 0: instrument.yaml has no filetype flt",
    ),
    "unknown keyword of a reference file": (
        put("instrument", "reference_files", value=["BIASFIL"]),
        "instrument.yaml: reference_files: keywords.yaml has no BIASFIL",
    ),
    "unknown keyword of a pixel value": (
        put("instrument", "pixel_values", value=["GOODMEA"]),
        "instrument.yaml: pixel_values: keywords.yaml has no GOODMEA",
    ),
    "group of a filetype that does not exist": (
        put("instrument", "header_groups", value={"flt": {"Times": ["EXPTIME"]}}),
        "instrument.yaml: header_groups: there is no filetype flt",
    ),
    "group without a list": (
        put("instrument", "header_groups", value={"spt": {"Times": "EXPTIME"}}),
        "instrument.yaml: header_groups: spt: Times is not a list of keywords",
    ),
    "thumbnails of a filetype without previews": (
        put("instrument", "thumbnail_filetypes", value=["raw", "spt"]),
        "instrument.yaml: thumbnail_filetypes: raw has no preview",
    ),
    "fallbacks before better filetypes": (
        put("instrument", "thumbnail_fallbacks", value=["raw"]),
        "instrument.yaml: thumbnail_fallbacks: they are not the last of thumbnail_filetypes",
    ),
    "unknown keyword": (
        put("lists", "WFC", "raw", 1, value={"keywords": ["EXPTME"]}),
        "lists: WFC raw 1: keywords.yaml has no EXPTME",
    ),
    "listed twice": (
        put("lists", "WFC", "raw", 1, value={"keywords": ["EXPTIME", "EXPTIME"]}),
        "lists: WFC raw 1: EXPTIME is listed twice",
    ),
    "type of an unlisted keyword": (
        put("lists", "WFC", "spt", 1, "types", value={"DATE-OBS": "str"}),
        "lists: WFC spt 1: a type is given for DATE-OBS, which is not listed",
    ),
    "unknown type in a list": (
        put("lists", "WFC", "raw", 0, "types", value={"EXPTIME": "double"}),
        "lists: WFC raw 0: EXPTIME has the unknown type double",
    ),
    "the same type in a list": (
        put("lists", "WFC", "raw", 0, "types", value={"EXPTIME": "float"}),
        "lists: WFC raw 0: the type of EXPTIME is the one in keywords.yaml",
    ),
    "promoted without a spec": (
        put("promoted", "FILTER1", value=None),
        "promoted.yaml: keywords.yaml has no FILTER1",
    ),
    "invalid address": (
        put("promoted", "EXPTIME", "also", value=["spt.EXPTIME"]),
        "promoted.yaml: EXPTIME: spt.EXPTIME is not filetype.extension.KEYWORD",
    ),
    "promoted over a field of acsql's own": (
        put("promoted", "ROOTNAME", value=None),
        "promoted.yaml: ROOTNAME would be stored over a field of own_fields.yaml",
    ),
    "invalid promotion": (
        put("promoted", "EXPTIME", value=["indexed"]),
        "promoted.yaml: EXPTIME: expected a mapping",
    ),
    "unknown entry of a promotion": (
        put("promoted", "EXPTIME", "indexd", value=True),
        "promoted.yaml: EXPTIME has the unknown entry indexd",
    ),
    "invalid pattern": (
        put("promoted", "EXPTIME", "pattern", value="("),
        "promoted.yaml: EXPTIME: '(' is not a pattern",
    ),
    "an index outside of promoted.yaml": (
        put("keywords", "EXPTIME", "indexed", value=True),
        "keywords.yaml: EXPTIME has the unknown entry indexed",
    ),
    "not a keyword": (
        put("keywords", False, value=FACTS),
        "keywords.yaml: False is not a keyword",
    ),
    "in no list": (
        put("keywords", "APERTURE", value=FACTS),
        "keywords.yaml: no list has APERTURE",
    ),
}


@pytest.mark.parametrize(("change", "problem"), WRONG.values(), ids=WRONG.keys())
def test_each_inconsistency_is_reported(change, problem):
    raw = sound()
    change(raw)
    assert [line for line in keywords.check(raw) if line.startswith(problem)]


def test_all_inconsistencies_are_reported_at_once():
    raw = sound()
    found = [WRONG[name] for name in ("unknown entry", "unknown detector", "invalid address")]
    for change, _ in found:
        change(raw)
    problems = keywords.check(raw)
    assert len(problems) == len(found)
    assert all(line.startswith(problem) for line, (_, problem) in zip(problems, found, strict=True))
