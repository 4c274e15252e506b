"""The wheel, installed in a new environment and used from any folder."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from acsql import keywords
from acsql.mongod import server

ROOT = Path(__file__).parents[1]


def call(*command: object, **options) -> str:
    result = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    call(sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT)
    return next(folder.glob("*.whl"))


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
        assert str(name if name.parts[0] == "acsql" else Path("acsql", name)) in held
    for path in (ROOT / "keyword_specs").rglob("*.yaml"):
        assert f"acsql/keyword_specs/{path.relative_to(ROOT / 'keyword_specs')}" in held
    for folder in ("templates", "static"):
        for path in (ROOT / "acsql/web" / folder).iterdir():
            assert f"acsql/web/{folder}/{path.name}" in held
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
