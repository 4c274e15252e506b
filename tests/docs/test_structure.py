"""What the documentation names exists, and what exists has a line in the documentation."""

import importlib.util
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import click
import pytest
import yaml

import acsql
from acsql import errors, export, keywords, named_queries
from acsql.cli import root
from acsql.cli.exit_status import ExitStatus
from acsql.migrations import runner
from acsql.settings import SETTINGS
from acsql.store import schema
from acsql.web.api import openapi

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
EXTENSIONS = yaml.safe_load((DOCS / "extend" / "files.yaml").read_text(encoding="utf-8"))
ARCHITECTURE = (DOCS / "architecture.rst").read_text(encoding="utf-8")
GLOSSARY = (DOCS / "glossary.rst").read_text(encoding="utf-8")
TERMS = set(re.findall(r"^   (\S.*)$", GLOSSARY, re.MULTILINE)) - {":sorted:"}
MODULE = re.compile(r"\bacsql(?:\.[a-z_]+)+")


def leaves(group: click.Group, prefix: str) -> Iterator[str]:
    """Yield the full name of every command."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from leaves(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}"


MEMBERS = {
    "reference/commands": list(leaves(root.acsql, "acsql")),
    "reference/settings": [setting.name for setting in SETTINGS],
    "reference/formats": list(export.FORMATS),
    "reference/named-queries": list(named_queries.QUERIES),
    "reference/python/named-queries": list(named_queries.QUERIES),
    "reference/migrations": [step.name for step in runner.steps()],
    "reference/keywords": [spec.keyword for spec in keywords.load().keywords.values()],
    "reference/python/errors": [
        name for name, kind in vars(errors).items() if inspect.isclass(kind)
    ],
    "reference/http": list(openapi.document()["paths"]),
    "reference/document": [
        value
        for name, value in vars(schema).items()
        if name.isupper() and isinstance(value, str) and name != "MISMATCHES"
    ],
    "operations/ingest": ["acsql-ingest.timer", "acsql-status.timer"],
    "operations/site": ["acsql-site.service"],
}


@pytest.mark.parametrize("page", MEMBERS)
def test_every_member_has_a_line_in_the_reference(site: Any, page: str) -> None:
    text = re.sub(r"<[^>]*>", "", site.page(page))
    assert MEMBERS[page]
    assert [member for member in MEMBERS[page] if member not in text] == []


def test_every_public_name_is_in_the_reference_of_python(site: Any) -> None:
    pages = "".join(
        page.read_text() for page in (site.html / "reference" / "python").glob("*.html")
    )
    ids = set(re.findall(r'id="(?:module-)?acsql\.([\w.]+)"', pages))
    documented = {name.rpartition(".")[2] for name in ids}
    assert [name for name in acsql.__all__ if name not in documented] == []


def test_every_public_method_is_in_the_reference_of_python(site: Any) -> None:
    pages = "".join(
        page.read_text() for page in (site.html / "reference" / "python").glob("*.html")
    )
    missing = [
        f"acsql.{kind.__name__}.{name}"
        for kind in (acsql.Archive, acsql.Search, acsql.Observation)
        for name in dir(kind)
        # Those of `collections.abc.Mapping` are Python's.
        if not str(getattr(getattr(kind, name), "__module__", "")).startswith("collections")
        if not name.startswith("_") and f'id="acsql.{kind.__name__}.{name}"' not in pages
    ]
    assert missing == []


def test_the_architecture_names_modules_that_exist() -> None:
    named = set(MODULE.findall(ARCHITECTURE))
    assert len(named) > 20
    assert [name for name in named if importlib.util.find_spec(name) is None] == []


def test_the_architecture_lists_the_layers_in_the_order_of_imports() -> None:
    spec = importlib.util.spec_from_file_location("layers", ROOT / "tests" / "test_imports.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    table, *_ = ARCHITECTURE.split("A file comes in")
    listed = [name.split(".")[1] for name in re.findall(r":mod:`(acsql\.\w+)`", table)]
    assert set(listed) == set(module.LEVELS) - {"__init__", "__main__"}
    assert listed == sorted(listed, key=lambda part: module.LEVELS[part])


def test_contributing_has_the_table_of_what_to_change_where() -> None:
    for letter, (key, kind) in zip("abcdefgh", EXTENSIONS.items(), strict=True):
        files = " and ".join(f"`{file}`" for file in kind["files"])
        row = f"| ({letter}) | {kind['title']} | {files} | `{kind['test']}` |"
        assert row in CONTRIBUTING
        assert (DOCS / "extend" / f"{key}.rst").is_file()
        assert len(kind["files"]) <= 2


@pytest.mark.parametrize("key", EXTENSIONS)
def test_the_files_to_change_exist(key: str) -> None:
    kind = EXTENSIONS[key]
    assert [file for file in [*kind["files"], kind["test"]] if not (ROOT / file).exists()] == []


def test_contributing_and_the_documentation_name_files_that_exist() -> None:
    texts = [CONTRIBUTING, *(page.read_text(encoding="utf-8") for page in DOCS.rglob("*.rst"))]
    folders = "acsql|benchmarks|deploy|docs|keyword_specs|migrations|tests"
    named = {
        path
        for text in texts
        for path in re.findall(rf"`((?:{folders})/[\w./-]+)`", text)
        if "<" not in path
    }
    assert len(named) > 20
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_contributing_names_make_targets_that_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    named = set(re.findall(r"`make (\w+)`", CONTRIBUTING))
    assert {"test", "check", "coverage", "docs", "man", "demo"} <= named <= set(phony.split())


def test_the_addresses_of_the_http_api_exist() -> None:
    texts = "".join(page.read_text(encoding="utf-8") for page in DOCS.rglob("*.rst"))
    addresses = re.findall(r"curl '([^']*)'", texts)
    assert addresses
    for address in map(urlsplit, addresses):
        operation = openapi.document()["paths"][address.path]["get"]
        known = {parameter["name"] for parameter in operation["parameters"]}
        assert set(parse_qs(address.query)) <= known


def test_every_exit_status_is_documented(site: Any) -> None:
    text = re.sub(r"<[^>]*>", "", site.page("reference/exit-codes"))
    assert [status for status in ExitStatus if str(int(status)) not in text] == []


def test_the_glossary_has_the_words_of_the_project() -> None:
    words = {
        "observation", "rootname", "ipppssoot", "filename", "filetype", "extension", "detector",
        "dataset", "proposid", "preview", "thumbnail", "keyword", "keyword spec", "condition",
        "keyword address", "type mismatch", "promoted keyword", "top-level field", "search",
        "named query", "query language", "cursor", "checkpoint", "footprint", "facet", "count",
        "derived collections", "headerless observations", "estimate", "run", "failure", "cutout",
        "vanished file", "verification", "finding", "limits", "stretch", "chip", "time limit",
        "private server", "change feed", "specs overlay", "comparison",
    }  # fmt: skip
    assert words <= TERMS


def test_the_glossary_says_each_term_once() -> None:
    terms = re.findall(r"^   (\S.*)$", GLOSSARY, re.MULTILINE)
    terms = [term for term in terms if term != ":sorted:"]
    assert len(terms) == len(set(terms))
