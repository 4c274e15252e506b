"""The sdist, and the wheel that is built from it, installed and used from any folder."""

import configparser
import email.parser
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from acsql import keywords
from acsql.mongod import server

ROOT = Path(__file__).parents[1]


def call(*command: object, **options) -> str:
    # A checkout on PYTHONPATH would come before what is installed.
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environ, **options
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist of the repository and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("distributions")
    call(sys.executable, "-m", "build", "--outdir", folder, ROOT)
    return folder


@pytest.fixture(scope="module")
def wheel(distributions: Path) -> Path:
    return next(distributions.glob("*.whl"))


@pytest.fixture(scope="module")
def sdist_files(distributions: Path) -> set[str]:
    """The paths in the sdist, below its folder."""
    with tarfile.open(next(distributions.glob("*.tar.gz"))) as archive:
        names = [member.name for member in archive.getmembers() if member.isfile()]
    return {name.partition("/")[2] for name in names}


def tracked(*paths: str) -> set[str]:
    """Return the files of the repository below some paths."""
    ignored = {"__pycache__", "node_modules", "_build"}
    return {
        str(file.relative_to(ROOT))
        for path in paths
        for file in (ROOT / path).rglob("*")
        if file.is_file() and not ignored & set(file.parts) and file.suffix != ".pyc"
    }


def test_the_sdist_holds_all_that_a_packager_needs(sdist_files: set[str]) -> None:
    folders = ("acsql", "benchmarks", "deploy", "docs", "keyword_specs", "migrations", "tests")
    assert tracked(*folders) - sdist_files == set()
    top = {"CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "ruff.toml"}
    assert top | {"pyproject.toml", "setup.cfg", ".ci/run"} <= sdist_files
    assert not any(".git/" in name or "node_modules" in name for name in sdist_files)


def test_the_version_has_one_source(wheel: Path) -> None:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    version = settings["metadata"]["version"]
    assert wheel.name.startswith(f"acsql-{version}-")
    sources = [*ROOT.glob("*.toml"), *(ROOT / "acsql").rglob("*.py"), ROOT / "docs" / "conf.py"]
    assert [path for path in sources if version in path.read_text(encoding="utf-8")] == []
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_metadata_describe_the_package(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith("/METADATA"))
        metadata = email.parser.Parser().parsestr(archive.read(name).decode())
    assert metadata["Author"]
    assert "Hubble" in metadata["Keywords"]
    assert "Programming Language :: Python :: 3.13" in metadata.get_all("Classifier")
    extras = {"site", "mongod", "distributed", "mast", "docs", "test"}
    assert set(metadata.get_all("Provides-Extra")) == extras
    core = [line for line in metadata.get_all("Requires-Dist") if "extra ==" not in line]
    assert not [line for line in core if line.lower().startswith(("flask", "bokeh", "gunicorn"))]


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment that holds the wheel; what it needs it finds where the tests find it."""
    folder = tmp_path_factory.mktemp("environment")
    call(sys.executable, "-m", "venv", "--without-pip", folder)
    # The packages that acsql needs are hundreds of megabytes: they are lent, acsql is not.
    site = call(
        folder / "bin/python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"
    ).strip()
    call(sys.executable, "-m", "pip", "install", "--no-deps", "--target", site, wheel)
    lent = "import sysconfig; print(sysconfig.get_path('purelib'))"
    Path(site, "lent.pth").write_text(call(sys.executable, "-c", lent))
    return folder


def test_the_wheel_holds_the_specs_and_the_site(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    for path in [*(ROOT / "acsql").rglob("*.py"), *(ROOT / "migrations").glob("*.py")]:
        name = path.relative_to(ROOT)
        steps = Path("acsql", "migrations", "steps")
        assert str(name if name.parts[0] == "acsql" else steps / name.name) in held
    for path in (ROOT / "keyword_specs").rglob("*.yaml"):
        assert f"acsql/keyword_specs/{path.relative_to(ROOT / 'keyword_specs')}" in held
    for folder in ("templates", "static"):
        for path in (ROOT / "acsql/web" / folder).rglob("*.*"):
            assert str(path.relative_to(ROOT)) in held
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in held)


def test_the_wheel_ingests(environment: Path, sample_filesystem: Path, tmp_path: Path) -> None:
    python = environment / "bin/python"
    where = call(python, "-c", "import acsql; print(acsql.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(environment)
    settings = tmp_path / "acsql.yaml"
    settings.write_text(f"filesystem: {sample_filesystem}\ndata_dir: data\n")
    acsql = [python, "-c", "from acsql.cli import main; main()", "--config", settings]
    names = tmp_path / "names.txt"
    names.write_text(min(sample_filesystem.glob("*/*/*_flt.fits")).parent.name)
    try:
        text = call(*acsql, "ingest", "--file-list", names, "--scheduler", "threads", cwd="/")
        assert "Observations: 1 new" in text
        assert names.read_text()[:8] in call(*acsql, "find", cwd="/")
    finally:
        server.stop(tmp_path / "data")


def test_the_installed_specs_are_those_of_the_repository(environment: Path) -> None:
    count = "from acsql import keywords; s = keywords.load(); print(len(s.lists), len(s.keywords))"
    installed = call(environment / "bin/python", "-c", count, cwd="/")
    assert installed.split() == [
        str(len(keywords.load().lists)),
        str(len(keywords.load().keywords)),
    ]
