"""Where monitors are found, and what happens to modules that cannot be loaded."""

from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from acsql.config import Config
from acsql.errors import MonitorError
from acsql.monitors import discovery
from acsql.monitors.discovery import Found, find_monitors
from acsql.monitors.standard import MONITORS

GOOD = """
from acsql.monitors import Monitor, column
MONITOR = Monitor(name="{name}", title="T", measure=list, columns=(column("a", "int", "a"),))
"""


@pytest.fixture
def folder(config: Config) -> Path:
    path = config.data_dir / "monitors"
    path.mkdir(parents=True)
    return path


@pytest.fixture(autouse=True)
def _uncached() -> Iterator[None]:
    discovery._found.cache_clear()
    yield
    discovery._found.cache_clear()


def found(config: Config) -> Found:
    return find_monitors(config)


def test_the_monitors_of_acsql_are_found_without_a_folder(config: Config) -> None:
    assert found(config) == ({each.name: each for each in MONITORS}, ())


def test_modules_of_the_folder_are_found_but_not_tests_and_private_ones(
    config: Config, folder: Path
) -> None:
    for name in ("mine", "test_mine", "_helper"):
        (folder / f"{name}.py").write_text(GOOD.format(name=name.strip("_")))
    assert found(config).monitors.keys() == {each.name for each in MONITORS} | {"mine"}


def test_the_folder_can_be_set(config: Config, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "mine.py").write_text(GOOD.format(name="mine"))
    assert "mine" in found(replace(config, monitors_dir=tmp_path / "elsewhere")).monitors


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import no_such_module", "ModuleNotFoundError"),
        ("def broken(:", "SyntaxError"),
        ("x = 1", "defines no"),
        ("import sys; sys.exit(3)", "exits when it is imported (status 3)"),
        (GOOD.format(name="Bad Name"), "lower-case"),
        (GOOD.format(name="pointing"), "another monitor has the name pointing"),
    ],
)
def test_a_module_that_cannot_be_loaded_is_a_problem_and_the_others_work(
    config: Config, folder: Path, source: str, words: str
) -> None:
    (folder / "broken.py").write_text(source)
    (folder / "mine.py").write_text(GOOD.format(name="mine"))
    monitors, (problem,) = found(config)
    assert "broken.py" in problem
    assert words in problem
    assert "mine" in monitors
    with pytest.raises(MonitorError, match=r"no monitor 'other'.*broken\.py"):
        found(config).named("other")


def test_a_misspelt_name_is_met_with_the_nearest_one(config: Config) -> None:
    with pytest.raises(MonitorError, match=r"no monitor 'poinitng'.*did you mean pointing\?"):
        found(config).named("poinitng")


def test_new_and_changed_modules_are_found_in_the_same_process(
    config: Config, folder: Path
) -> None:
    assert "mine" not in found(config).monitors
    (folder / "mine.py").write_text(GOOD.format(name="mine"))
    assert "mine" in found(config).monitors
    assert found(config) is found(config)
    (folder / "mine.py").write_text(GOOD.format(name="changed"))
    assert "mine" not in found(config).monitors
    assert "changed" in found(config).monitors
    (folder / "mine.py").unlink()
    assert "changed" not in found(config).monitors


def test_entry_points_of_packages_are_found(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "package_of_monitors.py").write_text(GOOD.format(name="packaged") + "OTHER = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    entries = [
        EntryPoint("a", "package_of_monitors", discovery.GROUP),
        EntryPoint("b", "package_of_monitors:MONITOR", discovery.GROUP),
        EntryPoint("c", "package_of_monitors:OTHER", discovery.GROUP),
    ]
    monkeypatch.setattr(discovery, "entry_points", lambda **_: entries)
    monitors, problems = found(config)
    assert "packaged" in monitors
    assert [problem.partition(":")[0] for problem in problems] == ["entry point b", "entry point c"]
