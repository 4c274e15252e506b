"""Are folders of specs read, and are files of another shape refused by name?"""

import copy
import shutil
import zipfile
from pathlib import Path

import pytest

from acsql import keywords
from acsql.errors import SpecError
from acsql.keywords import RawSpecs
from acsql.keywords.raw import overlay as overlay_specs


@pytest.mark.parametrize("name", ["instrument", "own_fields", "keywords", "promoted", "wfc"])
@pytest.mark.parametrize("content", ["- a\n- b\n", "a: [", "just words"])
def test_a_file_that_is_not_a_mapping_is_named(overlay, name, content):
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


def test_an_empty_file_changes_nothing(overlay):
    assert keywords.load(overlay(keywords="", wfc="# nothing\n")) == keywords.load()


def test_reading_a_folder_writes_nothing_into_it(tmp_path):
    folder = Path(shutil.copytree(str(keywords.packaged_folder()), tmp_path / "copy"))
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    for path in before:
        path.chmod(0o555 if path.is_dir() else 0o444)
    folder.chmod(0o555)
    assert keywords.load(folder).keywords == keywords.load().keywords
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_specs_can_be_read_from_a_zip_file(tmp_path):
    archive = tmp_path / "specs.zip"
    with zipfile.ZipFile(archive, "w") as stream:
        for path in Path(str(keywords.packaged_folder())).rglob("*.yaml"):
            stream.write(path, path.relative_to(str(keywords.packaged_folder())))
    assert keywords.read_folder(zipfile.Path(archive)) == keywords.read_folder(
        keywords.packaged_folder()
    )


def test_an_overlay_changes_neither_of_its_arguments():
    base = keywords.read_folder(keywords.packaged_folder())
    top = RawSpecs(
        keywords={"EXPTIME": {"type": "int"}, "NEWKEY": {"type": "int"}},
        lists={"WFC": {"raw": {0: {"keywords": ["NEWKEY"], "types": {"NEWKEY": "str"}}}}},
    )
    before = copy.deepcopy((base, top))
    merged = overlay_specs(base, top)
    assert (base, top) == before
    assert merged.keywords["EXPTIME"] == {**base.keywords["EXPTIME"], "type": "int"}
    assert merged.lists["WFC"]["raw"][0]["keywords"][-1] == "NEWKEY"
