"""Imports run one way, and importing has no side effect."""

import ast
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import acsql

PACKAGE = Path(acsql.__file__).parent
PARTS = {
    path.stem: sorted(path.rglob("*.py")) if path.is_dir() else [path]
    for path in PACKAGE.iterdir()
    if path.suffix == ".py" or ((path / "__init__.py").is_file() and not path.is_symlink())
}

# A part imports only parts of earlier layers; parts of one layer do not import each other.
LAYERS: tuple[set[str], ...] = (
    {"errors", "connection_strings"},
    {"settings"},
    {"config", "names"},
    {"file_lock", "notebook", "permissions", "stored_header", "whole_files"},
    {"keywords", "logs", "paths"},
    {"annotations", "datasets"},
    {"fits", "query"},
    {"images", "export", "formatting", "mongod"},
    {"store"},
    {"accounts", "migrations", "runs"},
    {"stored_observation", "proposals", "statistics"},
    {"observation_files"},
    {"observation"},
    {"annotation_files", "compare", "search", "target_names"},
    {"name_conditions", "name_resolver"},
    {"saved_searches", "search_text"},
    {"maintenance", "watching"},
    {"run_reading"},
    {"annotation_reading"},
    {"annotatable"},
    {"monitors"},
    {"archive"},
    {"colour", "named_queries", "parquet", "sample", "vo"},
    {"__init__"},
    {"ingest"},
    {"verify"},
    {"web"},
    {"cli"},
    {"__main__"},
)
LEVELS = {part: level for level, parts in enumerate(LAYERS) for part in parts}
# The site and the command line reach the database through `archive` alone.
FORBIDDEN = {
    ("web", "store"),
    ("web", "ingest"),
    ("web", "mongod"),
    ("cli", "store"),
    ("named_queries", "store"),
    ("images", "store"),
}
# The parts that alone may import these libraries.
KEPT_TO = {
    "pymongo": {"store", "mongod"},
    "mongoengine": {"store"},
    "bson": {"store", "mongod"},
    "psutil": {"store", "mongod", "web"},
    "dask": {"ingest"},
    "flask": {"web"},
    "flask_cors": {"web"},
    "gunicorn": {"web"},
    "feedgenerator": {"web"},
    "bokeh": {"web"},
    "pydantic": {"vo", "web"},
    "pythonjsonlogger": {"web"},
    "wtforms": {"web"},
    "flask_wtf": {"web"},
    "argon2": {"accounts"},
    "click": {"cli"},
    "lark": {"query"},
    "pyarrow": {"store", "export", "vo"},
    "duckdb": {"vo"},
    "sqlglot": {"vo"},
}


@cache
def imports(path: Path) -> frozenset[tuple[str, ...]]:
    """Return the absolute dotted names that a module imports, also inside functions."""
    package = ["acsql", *path.relative_to(PACKAGE).parent.parts]
    found: set[tuple[str, ...]] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            base = [*base, *(node.module.split(".") if node.module else [])]
            found.update((*base, alias.name) for alias in node.names)
    return frozenset(found)


def parts_imported(part: str) -> set[str]:
    """Return the other parts of acsql that a part imports."""
    parts = {name[1] for path in PARTS[part] for name in imports(path) if name[0] == "acsql"}
    return parts - {part}


def test_every_part_of_acsql_has_a_layer():
    assert LEVELS.keys() == PARTS.keys()


@pytest.mark.parametrize("part", sorted(PARTS))
def test_a_part_imports_only_earlier_layers(part):
    above = {other for other in parts_imported(part) if LEVELS.get(other, -1) >= LEVELS[part]}
    assert above == set()


@pytest.mark.parametrize(("part", "other"), sorted(FORBIDDEN))
def test_a_part_does_not_bypass_the_archive(part, other):
    assert other not in parts_imported(part)


def test_of_the_commands_only_serve_imports_the_site():
    users = {
        path.name
        for path in PARTS["cli"]
        if any(name[:2] == ("acsql", "web") for name in imports(path))
    }
    assert users == {"serve.py"}


@pytest.mark.parametrize(("library", "parts"), KEPT_TO.items())
def test_a_library_is_used_only_in_its_parts(library, parts):
    users = {
        user
        for user, paths in PARTS.items()
        if any(name[0] == library for path in paths for name in imports(path))
    }
    assert users == parts


def test_all_forms_of_imports_are_recognised(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    module = tmp_path / "web" / "pages.py"
    module.parent.mkdir()
    module.write_text(
        "import os, acsql.store.runs\n"
        "from .. import errors\n"
        "from ..store.connection import Store\n"
        "from . import forms\n"
        "def late():\n"
        "    from acsql import ingest\n"
    )
    assert sorted(imports(module)) == [
        ("acsql", "errors"),
        ("acsql", "ingest"),
        ("acsql", "store", "connection", "Store"),
        ("acsql", "store", "runs"),
        ("acsql", "web", "forms"),
        ("os",),
    ]


# Reports what modules do while they are imported, by an audit hook of the interpreter.
WATCHED = """
import json, os, pkgutil, sys
seen = []
def watch(event, args):
    if event == "open" and isinstance(args[0], (str, bytes)):
        writes = isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        seen.append(["write" if writes else "read", os.fsdecode(args[0])])
    elif event in ("subprocess.Popen", "os.exec", "os.fork", "os.mkdir") or (
        event.startswith("socket.") and event != "socket.__new__"
    ):
        seen.append([event, str(args)])
sys.addaudithook(watch)
import acsql
if sys.argv[1:]:
    for module in pkgutil.walk_packages(acsql.__path__, "acsql."):
        if "keyword_specs" not in module.name and "steps" not in module.name:
            __import__(module.name)
print(json.dumps(seen))
"""


@pytest.mark.parametrize("everything", [False, True], ids=["acsql", "every module"])
def test_importing_reads_no_settings_and_has_no_side_effect(tmp_path, everything):
    trap = tmp_path / "home" / "acsql" / "acsql.yaml"
    trap.parent.mkdir(parents=True)
    trap.write_text("filesystem: [")
    environ = os.environ | {
        "ACSQL_CONFIG": str(trap),
        "XDG_CONFIG_HOME": str(tmp_path / "home"),
        "XDG_DATA_HOME": str(tmp_path / "home"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", WATCHED, *(["all"] if everything else [])],
        env=environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    seen = json.loads(result.stdout)
    read = {path for event, path in seen if event == "read"}
    assert any(Path(path).is_relative_to(PACKAGE) for path in read)
    # Dask and Bokeh read their own defaults; acsql reads nothing.
    settings = {Path(path) for path in read if path.endswith((".yaml", ".yml"))}
    assert not {path for path in settings if not {"dask", ".bokeh"} & set(path.parts)}
    assert not [[event, what] for event, what in seen if event != "read"]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [trap]


SCIENCE = {"astropy", "numpy", "pyarrow", "erfa"}
DATABASE = {"pymongo", "mongoengine", "bson"}
# Libraries of ingest and of the site.
SERVICES = {
    *("dask", "distributed", "flask", "bokeh", "gunicorn", "pydantic", "wtforms", "argon2"),
}


@pytest.mark.parametrize(
    ("command", "unwanted"),
    [
        (["-c", "import acsql"], SCIENCE | DATABASE | SERVICES | {"click", "yaml", "lark"}),
        (["-m", "acsql", "--help"], SCIENCE | DATABASE | SERVICES | {"yaml", "lark"}),
        (["-m", "acsql", "count", "--help"], SCIENCE | DATABASE | SERVICES),
        (["-c", "from acsql import connect, Equals"], SCIENCE | SERVICES | {"click"}),
        (
            ["-c", "from acsql.archive import Archive"],
            # An archive with a connection string needs no private server.
            SCIENCE | SERVICES | {"click", "mongoengine", "psutil", "tenacity"},
        ),
        # Its workers import these, in other processes.
        (["-c", "import acsql.ingest.run"], {*SCIENCE, "PIL", "dask"}),
    ],
    ids=["acsql", "help", "help of a command", "public names", "archive", "ingest"],
)
def test_a_start_imports_no_library_that_it_does_not_need(command, unwanted):
    result = subprocess.run(
        [sys.executable, "-X", "importtime", *command], capture_output=True, text=True, check=True
    )
    # Each line ends with the name of a module: "import time:  100 |  200 |   acsql.errors".
    loaded = {line.rpartition("|")[2].strip() for line in result.stderr.splitlines()}
    assert "acsql" in loaded
    assert {module.partition(".")[0] for module in loaded} & unwanted == set()
