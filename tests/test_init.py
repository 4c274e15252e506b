"""The public names of acsql are loaded on first use."""

import subprocess
import sys
from importlib import metadata

import pytest

import acsql

# What `import acsql` must not load: together these take more than a second.
SLOW = ("astropy", "numpy", "pymongo", "mongoengine", "dask", "flask", "bokeh", "lark", "yaml")


def run(script: str) -> str:
    """Return what a script prints in a new interpreter."""
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout


def test_importing_acsql_loads_no_large_library() -> None:
    script = f"import sys, acsql; print([name for name in {SLOW} if name in sys.modules])"
    assert run(script) == "[]\n"


@pytest.mark.parametrize("name", acsql.__all__)
def test_a_public_name_is_loaded_and_listed(name: str) -> None:
    assert getattr(acsql, name)
    assert name in dir(acsql)


def test_every_public_name_can_be_imported_with_a_star() -> None:
    script = "from acsql import *; import acsql; print(set(acsql.__all__) - set(globals()))"
    assert run(script) == "set()\n"


def test_named_queries_are_an_attribute_of_the_package() -> None:
    assert run("import acsql; print(acsql.named_queries.__name__)") == "acsql.named_queries\n"


def test_conditions_can_be_combined_from_the_package() -> None:
    assert acsql.And((acsql.Equals("detector", "WFC"),)).conditions[0].value == "WFC"


def test_the_version_is_that_of_the_installed_package() -> None:
    assert acsql.__version__ == metadata.version("acsql")


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'acsql' has no attribute 'canned'"):
        acsql.canned  # noqa: B018
