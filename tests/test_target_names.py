"""Names that mean the same target."""

from pathlib import Path

import pytest

from acsql import target_names
from acsql.errors import SpecError


@pytest.mark.parametrize(
    ("one", "other"), [("47 Tuc", "NGC104"), ("M87", "ngc-4486"), ("messier 31", "NGC 224")]
)
def test_names_of_one_target_are_together(one: str, other: str) -> None:
    [names] = [each for each in target_names.load() if target_names.normalized(one) in each]
    assert target_names.normalized(other) in names


def test_a_name_belongs_to_one_target() -> None:
    names = [name for each in target_names.load() for name in each]
    assert len(names) == len(set(names))


def test_messier_objects_are_all_there_but_the_double_star() -> None:
    numbers = {int(n[1:]) for names in target_names.load() for n in names if n[1:].isdigit()}
    assert numbers >= set(range(1, 111)) - {40}


def test_an_archive_adds_names(tmp_path: Path) -> None:
    assert target_names.load(tmp_path) == target_names.load()
    (tmp_path / target_names.FILE).write_text("- [NGC9999, Our Field]\n")
    assert target_names.load(tmp_path) == (*target_names.load(), ("NGC9999", "OURFIELD"))


@pytest.mark.parametrize("content", ["NGC104: 47 Tuc", "- NGC104", "- [NGC104, 47]", "- ["])
def test_another_content_is_refused_with_the_name_of_the_file(tmp_path, content) -> None:
    (tmp_path / target_names.FILE).write_text(content)
    with pytest.raises(SpecError, match=r"target_names\.yaml"):
        target_names.load(tmp_path)
