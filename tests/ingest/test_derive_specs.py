"""Derivation of keyword specs from FITS files."""

from pathlib import Path

import pytest

from acsql import keywords as keyword_specs
from acsql.errors import SpecError
from acsql.ingest import derive_specs
from acsql.keywords import HeaderKey, KeywordSpecs

KEY = HeaderKey("WFC", "raw", 0)


def test_lists_derived_from_the_sample_are_the_specs(
    sample_filesystem: Path, specs: KeywordSpecs
) -> None:
    keywords, problems = derive_specs.derive_keywords(sample_filesystem, specs)
    assert not problems
    derived: dict[HeaderKey, set[str]] = {}
    for key, keyword, _ in keywords:
        derived.setdefault(key, set()).add(keyword)
    for key, listed in specs.lists.items():
        if key in derived:
            # Of the sample, only arrays without data have these.
            constants = {"NPIX1", "NPIX2", "PIXVALUE"}
            assert {spec.keyword for spec in listed.values()} - constants <= derived[key]
    assert len(derived.keys() & specs.lists.keys()) > 60


def test_written_specs_can_be_read(tmp_path: Path) -> None:
    keywords = [(KEY, "EXPTIME", "float"), (KEY, "NEWKEY", "int"), (KEY, "DnnnDATA", "str")]
    derive_specs.write_folder(derive_specs.raw_specs(keywords), tmp_path)
    raw = keyword_specs.read_folder(tmp_path)
    assert raw.keywords["NEWKEY"] == {"type": "int"}
    assert sorted(raw.lists["WFC"]["raw"][0]["keywords"]) == ["DnnnDATA", "EXPTIME", "NEWKEY"]


def test_added_keywords_extend_the_packaged_specs(tmp_path: Path, specs: KeywordSpecs) -> None:
    overlay = tmp_path / "keyword_specs"
    other = HeaderKey("WFC", "raw", 9)
    keywords = [(KEY, "NEWKEY", "int"), (other, "NEWKEY", "float"), (other, "EXPTIME", "float")]
    assert derive_specs.not_in_specs(keywords, specs) == keywords
    derive_specs.add_to_folder(keywords, overlay, specs)
    extended = keyword_specs.load(overlay)
    assert derive_specs.not_in_specs(keywords, extended) == []
    assert extended.spec("newkey").type == "float"
    assert extended.spec("newkey", KEY).type == "int"
    derive_specs.add_to_folder([(KEY, "OTHERKEY", "str")], overlay, extended)
    again = keyword_specs.load(overlay)
    assert again.listed_at("newkey", KEY)
    assert again.listed_at("otherkey", KEY)


@pytest.mark.parametrize(
    ("types", "widest"),
    [(["int", "float"], "float"), (["str", "int"], "int"), (["str"], "str")],
)
def test_the_widest_type_holds_all_values(types: list[str], widest: str) -> None:
    assert derive_specs.widest_type(types) == widest


def test_a_missing_folder_is_named(tmp_path: Path, specs: KeywordSpecs) -> None:
    with pytest.raises(SpecError, match="nowhere"):
        derive_specs.derive_keywords(tmp_path / "nowhere", specs)


def test_an_unreadable_file_is_named(tmp_path: Path, specs: KeywordSpecs) -> None:
    (tmp_path / "j8bt05njq_raw.fits").write_bytes(b"junk" * 1000)
    keywords, problems = derive_specs.derive_keywords(tmp_path, specs)
    assert keywords == []
    assert "j8bt05njq_raw.fits" in problems[0]
