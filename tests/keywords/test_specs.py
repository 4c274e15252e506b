"""Are the keyword specs sound, is what is unsound found, and can a folder lie over them?"""

import dataclasses
import shutil
import zipfile
from pathlib import Path

import pytest
import yaml

from acsql import keywords, names
from acsql.errors import SpecError
from acsql.keywords import TYPES, HeaderKey, KeywordSpec, RawSpecs

WFC_RAW_0 = HeaderKey("WFC", "raw", 0)


def sound() -> RawSpecs:
    """Return small specs in which everything is in order."""
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
WRONG = {
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
    "a place that is none": (
        put("promoted", "EXPTIME", "also", value=["spt.EXPTIME"]),
        "promoted.yaml: EXPTIME: spt.EXPTIME is not filetype.extension.KEYWORD",
    ),
    "promoted over a field of acsql's own": (
        put("promoted", "ROOTNAME", value=None),
        "promoted.yaml: ROOTNAME would be stored over a field of own_fields.yaml",
    ),
    "a promotion that is none": (
        put("promoted", "EXPTIME", value=["indexed"]),
        "promoted.yaml: EXPTIME: expected a mapping",
    ),
    "unknown entry of a promotion": (
        put("promoted", "EXPTIME", "indexd", value=True),
        "promoted.yaml: EXPTIME has the unknown entry indexd",
    ),
    "a pattern that is none": (
        put("promoted", "EXPTIME", "pattern", value="("),
        "promoted.yaml: EXPTIME: '(' is not a pattern",
    ),
    "an index outside of promoted.yaml": (
        put("keywords", "EXPTIME", "indexed", value=True),
        "keywords.yaml: EXPTIME has the unknown entry indexed",
    ),
    "no keyword": (
        put("keywords", False, value=FACTS),
        "keywords.yaml: False is not a keyword",
    ),
    "in no list": (
        put("keywords", "APERTURE", value=FACTS),
        "keywords.yaml: no list has APERTURE",
    ),
}


@pytest.mark.parametrize(("change", "problem"), WRONG.values(), ids=WRONG.keys())
def test_what_is_inconsistent_is_found(change, problem):
    raw = sound()
    change(raw)
    assert [line for line in keywords.check(raw) if line.startswith(problem)]


def test_everything_inconsistent_is_found_at_once():
    raw = sound()
    found = [WRONG[name] for name in ("unknown entry", "unknown detector", "a place that is none")]
    for change, _ in found:
        change(raw)
    problems = keywords.check(raw)
    assert len(problems) == len(found)
    assert all(line.startswith(problem) for line, (_, problem) in zip(problems, found, strict=True))


# --- what is loaded


@pytest.mark.parametrize("name", [spec.name for spec in dataclasses.fields(keywords.KeywordSpecs)])
def test_no_part_of_the_specs_is_empty(name):
    assert getattr(keywords.load(), name)


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


def test_a_keyword_outside_of_its_lists_has_its_own_facts():
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


def test_what_a_promotion_names_is_there():
    loaded = keywords.load()
    for promotion in loaded.promoted.values():
        for filetype, extension, name in promotion.also:
            assert (filetype, extension) in loaded.headers_with(name), promotion


def test_places_are_the_headers_of_any_detector_in_the_order_of_the_filetypes():
    loaded = keywords.load()
    order = list(loaded.filetypes)
    for name in loaded.keywords:
        places = loaded.headers_with(name)
        assert places == sorted(set(places), key=lambda p: (order.index(p[0]), p[1]))
        commentary = name.upper() in keywords.COMMENTARY
        assert set(places) == {
            (key.filetype, key.extension)
            for key, listed in loaded.lists.items()
            if name in listed or commentary
        }
    assert loaded.headers_with("nosuchkw") == []


def test_previews_are_of_images_alone():
    assert keywords.load().with_preview() == ["raw", "flt", "flc"]


def test_specs_are_read_once_and_cannot_be_changed():
    loaded = keywords.load()
    assert keywords.load() is loaded
    with pytest.raises(TypeError):
        loaded.lists[WFC_RAW_0]["exptime"] = None
    with pytest.raises(dataclasses.FrozenInstanceError):
        loaded.instrument = "WFPC2"


# --- keywords met in files


def test_extended_specs_know_the_keywords_that_were_met():
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
    assert extended.listed_at("GOODMEAN", WFC_RAW_0) == loaded.keywords["goodmean"]
    assert extended.spec("EXPTIME", HeaderKey("WFC", "flt", 42)).type == "str"
    assert extended.keywords["exptime"] == loaded.keywords["exptime"]
    assert extended.top_level == loaded.top_level


def test_extending_changes_neither_the_specs_nor_what_they_know():
    loaded = keywords.load()
    before = (dict(loaded.keywords), dict(loaded.lists))
    again = loaded.with_keywords([(WFC_RAW_0, "EXPTIME", "str"), (WFC_RAW_0, "NEWKEY", "int")])
    assert again.listed_at("EXPTIME", WFC_RAW_0) == loaded.listed_at("EXPTIME", WFC_RAW_0)
    assert (dict(loaded.keywords), dict(loaded.lists)) == before
    assert loaded.spec("NEWKEY") is None
    assert loaded.with_keywords([]) == loaded


# --- folders


@pytest.fixture
def overlay(tmp_path):
    """Write a folder of specs and return it."""

    def write(folder: str = "overlay", **files) -> Path:
        path = tmp_path / folder
        (path / "lists").mkdir(parents=True)
        for name, content in files.items():
            inside = "lists/" if name in ("wfc", "hrc", "sbc", "xyz") else ""
            text = content if isinstance(content, str) else yaml.safe_dump(content)
            (path / f"{inside}{name}.yaml").write_text(text)
        return path

    return write


def packaged_copy(folder: Path) -> Path:
    """Return a copy of the packaged specs."""
    return Path(shutil.copytree(str(keywords.packaged_folder()), folder))


@pytest.mark.parametrize("exists", [True, False])
def test_a_folder_that_says_nothing_changes_nothing(tmp_path, exists):
    folder = tmp_path / "overlay"
    if exists:
        folder.mkdir()
    assert keywords.load(folder) == keywords.load()


def test_saying_the_same_again_is_harmless(tmp_path):
    again = keywords.load(packaged_copy(tmp_path / "copy"))
    assert dataclasses.replace(again, version="") == dataclasses.replace(
        keywords.load(), version=""
    )


def test_the_version_tells_one_content_from_another(overlay):
    folder = overlay(keywords={"EXPTIME": {"type": "float", "unit": "min"}})
    assert keywords.load(folder).version == keywords.load(folder).version != keywords.load().version


def test_a_folder_adds_keywords_and_headers(overlay):
    folder = overlay(
        keywords={"NEWKEY": {"type": "int", "unit": "s"}},
        wfc={"raw": {0: {"keywords": ["NEWKEY"]}, 42: {"keywords": ["NEWKEY", "EXPTIME"]}}},
    )
    before, loaded = keywords.load(), keywords.load(folder)
    assert loaded.spec("NEWKEY", WFC_RAW_0) == KeywordSpec("NEWKEY", "int", "s")
    assert list(loaded.lists[WFC_RAW_0]) == [*before.lists[WFC_RAW_0], "newkey"]
    assert list(loaded.lists[HeaderKey("WFC", "raw", 42)]) == ["newkey", "exptime"]
    assert loaded.lists.keys() - before.lists.keys() == {HeaderKey("WFC", "raw", 42)}
    assert loaded.promoted == before.promoted


def test_a_folder_overrides_the_facts_of_a_keyword(overlay):
    folder = overlay(keywords={"EXPTIME": {"type": "float", "unit": "min", "description": "x"}})
    assert keywords.load(folder).spec("EXPTIME") == KeywordSpec("EXPTIME", "float", "min", "x")
    assert keywords.load(folder).top_level["exptime"].unit == "min"
    assert keywords.load().spec("EXPTIME").unit == "s"


def test_a_folder_overrides_a_type_in_one_header(overlay):
    folder = overlay(wfc={"raw": {0: {"keywords": ["EXPTIME"], "types": {"EXPTIME": "str"}}}})
    loaded = keywords.load(folder)
    assert loaded.spec("EXPTIME", WFC_RAW_0).type == "str"
    assert loaded.spec("EXPTIME", HeaderKey("HRC", "raw", 0)).type == "float"
    assert list(loaded.lists[WFC_RAW_0]) == list(keywords.load().lists[WFC_RAW_0])


def test_a_folder_promotes_and_indexes(overlay):
    folder = overlay(promoted={"SUN_ALT": {"indexed": True}})
    loaded = keywords.load(folder)
    assert loaded.promoted.keys() - keywords.load().promoted.keys() == {"sun_alt"}
    assert loaded.indexed == (*keywords.load().indexed, "sun_alt")


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"keywords": {"NEWKEY": {"type": "int"}}}, "no list has NEWKEY"),
        ({"wfc": {"raw": {0: {"keywords": ["NEWKEY"]}}}}, "keywords.yaml has no NEWKEY"),
        ({"xyz": {"raw": {0: {"keywords": ["EXPTIME"]}}}}, "no detector XYZ"),
        ({"keywords": {"EXPTIME": {"type": "double"}}}, "EXPTIME has no type"),
    ],
)
def test_an_inconsistent_folder_is_refused_with_the_reason(overlay, files, problem):
    with pytest.raises(SpecError, match=problem):
        keywords.load(overlay(**files))


@pytest.mark.parametrize("name", ["instrument", "own_fields", "keywords", "promoted", "wfc"])
@pytest.mark.parametrize("content", ["- a\n- b\n", "a: [", "just words"])
def test_a_file_that_is_no_mapping_is_named(overlay, name, content):
    folder = overlay(**{name: content})
    with pytest.raises(SpecError, match=rf"{folder}.*{name}\.yaml"):
        keywords.load(folder)


def test_a_file_that_cannot_be_decoded_is_named(overlay):
    folder = overlay()
    (folder / "keywords.yaml").write_bytes(b"A: {type: str, description: Stra\xdfe}")
    with pytest.raises(SpecError, match=r"keywords\.yaml"):
        keywords.load(folder)


@pytest.mark.parametrize(
    "content",
    [
        {"raw": None},
        {"raw": ["EXPTIME"]},
        {"raw": {0: ["EXPTIME"]}},
        {"raw": {0: None}},
        {"raw": {0: {}}},
        {"raw": {0: {"keyword": ["EXPTIME"]}}},
        {"raw": {0: {"keywords": "EXPTIME"}}},
        {"raw": {0: {"keywords": [False]}}},
        {"raw": {0: {"keywords": ["EXPTIME"], "type": {"EXPTIME": "str"}}}},
        {"raw": {0: {"keywords": ["EXPTIME"], "types": "str"}}},
        {"raw": {"0": {"keywords": ["EXPTIME"]}}},
        {"raw": {True: {"keywords": ["EXPTIME"]}}},
    ],
)
def test_a_list_of_another_shape_is_refused_with_its_file(overlay, content):
    with pytest.raises(SpecError, match=r"wfc\.yaml: raw: expected lines like"):
        keywords.load(overlay(wfc=content))


def test_other_files_in_a_folder_of_lists_are_not_read(overlay):
    folder = overlay()
    (folder / "lists" / "notes.txt").write_text("a: [")
    assert keywords.load(folder) == keywords.load()


def test_an_empty_file_says_nothing(overlay):
    assert keywords.load(overlay(keywords="", wfc="# nothing\n")) == keywords.load()


def test_reading_a_folder_writes_nothing_into_it(tmp_path):
    folder = packaged_copy(tmp_path / "copy")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    for path in before:
        path.chmod(0o555 if path.is_dir() else 0o444)
    folder.chmod(0o555)
    assert keywords.load(folder).keywords == keywords.load().keywords
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_specs_are_read_from_a_zip_file_as_well(tmp_path):
    archive = tmp_path / "specs.zip"
    with zipfile.ZipFile(archive, "w") as stream:
        for path in Path(str(keywords.packaged_folder())).rglob("*.yaml"):
            stream.write(path, path.relative_to(str(keywords.packaged_folder())))
    assert keywords.read_folder(zipfile.Path(archive)) == keywords.read_folder(
        keywords.packaged_folder()
    )
