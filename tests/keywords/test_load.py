"""Are the packaged specs complete, and can an overlay add to them and override them?"""

import dataclasses
import shutil
from pathlib import Path

import pytest

from acsql import keywords
from acsql.errors import SpecError
from acsql.keywords import HeaderKey, KeywordSpec

WFC_RAW_0 = HeaderKey("WFC", "raw", 0)


@pytest.mark.parametrize("name", [spec.name for spec in dataclasses.fields(keywords.KeywordSpecs)])
def test_no_part_of_the_specs_is_empty(name):
    assert getattr(keywords.load(), name)


def test_specs_are_read_once_and_cannot_be_changed():
    loaded = keywords.load()
    assert keywords.load() is loaded
    with pytest.raises(TypeError):
        loaded.lists[WFC_RAW_0]["exptime"] = None
    with pytest.raises(dataclasses.FrozenInstanceError):
        loaded.instrument = "WFPC2"


def packaged_copy(folder: Path) -> Path:
    """Return a copy of the packaged specs."""
    return Path(shutil.copytree(str(keywords.packaged_folder()), folder))


@pytest.mark.parametrize("exists", [True, False])
def test_an_empty_overlay_changes_nothing(tmp_path, exists):
    folder = tmp_path / "overlay"
    if exists:
        folder.mkdir()
    assert keywords.load(folder) == keywords.load()


def test_an_overlay_with_the_packaged_specs_changes_nothing(tmp_path):
    again = keywords.load(packaged_copy(tmp_path / "copy"))
    assert dataclasses.replace(again, version="") == dataclasses.replace(
        keywords.load(), version=""
    )


def test_the_version_identifies_the_content(overlay):
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
    packaged, loaded = keywords.load().spec("EXPTIME"), keywords.load(folder).spec("EXPTIME")
    assert loaded == dataclasses.replace(packaged, unit="min", description="x")
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
