"""The tests mirror the package: each module has the test file of its name."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Packages that are links to folders of data and of frozen steps have tests of another kind.
MODULES = {
    path.relative_to(ROOT / "acsql").as_posix()
    for path in (ROOT / "acsql").rglob("*.py")
    if path.name != "__init__.py" and not any(parent.is_symlink() for parent in path.parents)
}
# Modules that are tested through what uses them.
TESTED_ELSEWHERE = {
    # Two lines, run as a separate process, as the command is.
    "__main__.py": "cli/test_root.py",
    # Names of collections and the present time.
    "store/schema.py": "store/test_document_classes.py",
}


def mirrored(module: str) -> Path:
    """Return the test file of a module."""
    path = ROOT / "tests" / module
    return path.with_name(f"test_{path.name}")


@pytest.mark.parametrize("module", sorted(MODULES))
def test_every_module_has_a_test_file(module: str) -> None:
    elsewhere = TESTED_ELSEWHERE.get(module)
    assert (ROOT / "tests" / elsewhere if elsewhere else mirrored(module)).is_file()


def test_the_exceptions_are_modules_without_a_test_file_of_their_name() -> None:
    assert TESTED_ELSEWHERE.keys() <= MODULES
    assert [module for module in TESTED_ELSEWHERE if mirrored(module).exists()] == []
