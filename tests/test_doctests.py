"""The examples in docstrings run, and every public method of the Python API has one."""

import doctest
import importlib
import pkgutil
from collections.abc import Iterator
from inspect import getdoc, isfunction
from pathlib import Path

import pytest

import acsql

OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def modules() -> Iterator[str]:
    """Yield the names of the modules of acsql that have examples."""
    (folder,) = acsql.__path__
    for module in pkgutil.walk_packages([folder], "acsql."):
        path = Path(folder, *module.name.split(".")[1:])
        source = path / "__init__.py" if module.ispkg else path.with_suffix(".py")
        if source.is_file() and ">>> " in source.read_text(encoding="utf-8"):
            yield module.name


def examples(name: str) -> list[doctest.DocTest]:
    """Return the docstrings of a module that have examples."""
    tests = doctest.DocTestFinder().find(importlib.import_module(name))
    return [test for test in tests if test.examples]


EXAMPLES = {test.name: test for name in modules() for test in examples(name)}
PUBLIC_METHODS = {
    f"{class_.__name__}.{name}": method
    for class_ in (acsql.Archive, acsql.Search, acsql.Observation)
    for name in dir(class_)
    for method in [getattr(class_, name)]
    if isfunction(method) and not name.startswith("_") and name != "close"
    # Those of `collections.abc.Mapping` are Python's.
    if method.__module__.startswith("acsql")
}


@pytest.fixture(scope="module")
def observation(sample_archive: acsql.Archive) -> acsql.Observation:
    """A WFC exposure with raw and flt files and with previews."""
    search = sample_archive.where("exists(flt.1.extname)", detector="WFC")
    rows = search.thumbnails().rows
    return sample_archive.observation(next(r["rootname"] for r in rows if not r["no_thumbnail"]))


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_gives_the_result_that_it_shows(
    name: str, sample_archive: acsql.Archive, observation: acsql.Observation, tmp_path: Path
) -> None:
    test = EXAMPLES[name]
    variables = {"archive": sample_archive, "observation": observation, "folder": tmp_path}
    test.globs = test.globs | variables
    report: list[str] = []
    result = doctest.DocTestRunner(optionflags=OPTIONS).run(test, out=report.append)
    assert result.attempted > 0 or "+SKIP" in test.docstring
    assert result.failed == 0, "".join(report)


@pytest.mark.parametrize("name", sorted(PUBLIC_METHODS))
def test_a_public_method_has_an_example(name: str) -> None:
    doc = getdoc(PUBLIC_METHODS[name]) or ""
    assert "Examples\n--------\n" in doc
