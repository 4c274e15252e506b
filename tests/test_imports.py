"""Do imports run one way, and does importing do nothing?"""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import acsql

PACKAGE = Path(acsql.__file__).parent
PARTS = {
    path.stem: sorted(path.rglob("*.py")) if path.is_dir() else [path]
    for path in PACKAGE.iterdir()
    if path.suffix == ".py" or (path / "__init__.py").is_file()
}

LEAVES = {"errors", "config", "names", "layout", "specs", "query", "export"}
# What each part of acsql may import of the others.
ALLOWED = {
    "errors": set(),
    "config": {"errors"},
    "names": {"errors"},
    "layout": {"names"},
    "specs": {"errors", "names"},
    "query": {"errors", "names", "specs"},
    "values": {"query"},
    "spool": {"query", "tables"},
    "astropy_formats": {"query", "spool", "tables", "values"},
    "export": {"query", "specs", "astropy_formats", "values"},
    "opening": {"errors"},
    "images": LEAVES,
    "store": LEAVES,
    "marks": {"errors"},
    "tables": {"query"},
    "fits_header": {"specs"},
    "observation": LEAVES | {"store", "fits_header"},
    "datasets": {"errors"},
    "differences": {"errors", "names", "observation", "specs"},
    "counts": {"errors", "query", "specs", "store"},
    "explain": {"counts", "errors", "query", "specs", "store"},
    "statistics": {"query", "specs"},
    "summaries": {"query", "specs"},
    "watch": {"errors", "store"},
    "archive": LEAVES
    | {
        "store",
        "marks",
        "tables",
        "observation",
        "datasets",
        "differences",
        "counts",
        "explain",
        "statistics",
    }
    | {"summaries", "watch"},
    "canned": LEAVES | {"archive", "store", "tables"},
    "catalogue": {"query", "specs"},
    "ingest": LEAVES | {"store", "images", "opening", "__version__"},
    "sample": LEAVES,
    "web": LEAVES
    | {
        "__version__",
        "archive",
        "catalogue",
        "datasets",
        "differences",
        "images",
        "observation",
        "opening",
        "statistics",
        "values",
    },
    "cli": set(PARTS) | {"__version__"},
    "__init__": {"archive", "errors", "observation", "query"},
}
# Who alone may import these; whoever asks the database does so through `store`.
KEPT_TO = {
    "pymongo": "store",
    "mongoengine": "store",
    "bson": "store",
    "psutil": "store",
    "dask": "ingest",
    "flask": "web",
    "gunicorn": "web",
    "click": "cli",
    "lark": "query",
}


def imports(path: Path) -> Iterator[tuple[str, ...]]:
    """Yield what a module imports as absolute dotted names, wherever in it that stands."""
    package = ["acsql", *path.relative_to(PACKAGE).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            base = [*base, *(node.module.split(".") if node.module else [])]
            yield from ((*base, alias.name) for alias in node.names)


def parts_imported(part: str) -> set[str]:
    """Return the parts of acsql that a part imports, itself left out."""
    found = {name[1] for path in PARTS[part] for name in imports(path) if name[0] == "acsql"}
    return found - {part}


def test_every_part_of_acsql_has_its_place():
    assert ALLOWED.keys() == PARTS.keys()


@pytest.mark.parametrize("part", sorted(PARTS))
def test_a_part_imports_only_what_stands_below_it(part):
    assert parts_imported(part) <= ALLOWED.get(part, set())


@pytest.mark.parametrize(("library", "part"), KEPT_TO.items())
def test_a_library_is_used_in_one_part(library, part):
    users = {
        user
        for user, paths in PARTS.items()
        if any(name[0] == library for path in paths for name in imports(path))
    }
    assert users == {part}


def test_imports_are_found_however_they_are_written(tmp_path, monkeypatch):
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


# What a module does while it is imported, seen by the interpreter itself.
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
        if "keyword_specs" not in module.name and "migrations" not in module.name:
            __import__(module.name)
print(json.dumps(seen))
"""


@pytest.mark.parametrize("everything", [False, True], ids=["acsql", "every module"])
def test_importing_reads_no_settings_and_touches_nothing(tmp_path, everything):
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
    # Dask and Bokeh read their own defaults when they are imported; nothing of ours is read.
    settings = {Path(path) for path in read if path.endswith((".yaml", ".yml"))}
    assert not {path for path in settings if not {"dask", ".bokeh"} & set(path.parts)}
    assert not [[event, what] for event, what in seen if event != "read"]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [trap]
