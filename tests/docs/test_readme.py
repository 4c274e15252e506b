"""The README: every command and example in it is run here."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from acsql import cli
from acsql.mongod import server
from acsql.settings import SETTINGS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
# Run by other tests here, or by the commands that run the tests.
ELSEWHERE = ("make demo", "make test", "pip install '.[mongod,site]'", "acsql serve")

pytestmark = pytest.mark.usefixtures("forked_acsql")


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCKS if name == language]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder in which the commands of the README run from top to bottom."""
    path = tmp_path_factory.mktemp("readme")
    (path / "acsql.yaml").write_text(blocks("yaml")[0])
    yield path
    server.stop(path / "data")


def environment(folder: Path) -> dict[str, str]:
    return os.environ | {"ACSQL_CONFIG": str(folder / "acsql.yaml")}


def shell(folder: Path, script: str) -> str:
    result = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, f"{script}\n{result.stdout}\n{result.stderr}"
    return result.stdout


@pytest.fixture(scope="module")
def followed(folder: Path) -> dict[str, str]:
    """The output of each block of commands, run in the order of the README."""
    printed = {}
    server.start(folder / "data")
    for block in blocks("sh"):
        if not block.startswith(ELSEWHERE):
            printed[block] = shell(folder, block)
            server.start(folder / "data")
    return printed


def test_every_block_of_commands_runs(followed: dict[str, str]) -> None:
    run_here = [block for block in blocks("sh") if not block.startswith(ELSEWHERE)]
    assert list(followed) == run_here
    ingested = next(text for block, text in followed.items() if "acsql ingest" in block)
    assert "Observations: 24 new" in ingested
    found = next(text for block, text in followed.items() if block.startswith("acsql find"))
    assert "NGC" in found


def test_nothing_is_left_out_beside_what_is_run_elsewhere() -> None:
    left_out = [block for block in blocks("sh") if block.startswith(ELSEWHERE)]
    assert all(block.count("\n") == 1 for block in left_out)
    assert len(left_out) == len(ELSEWHERE)
    assert README.count("```") == 2 * len(BLOCKS)
    assert {language for language, _ in BLOCKS} == {"sh", "yaml", "crontab", "python", "js"}


def test_what_cron_runs_every_night_runs(folder: Path, followed: dict[str, str]) -> None:
    assert followed
    for line in "".join(blocks("crontab")).splitlines():
        *when, command = line.split(maxsplit=5)
        assert len(when) == 5
        assert "Last successful ingest" in shell(folder, command)


def test_the_python_example_runs(folder: Path, followed: dict[str, str]) -> None:
    assert followed
    for block in blocks("python"):
        result = subprocess.run(
            [sys.executable, "-W", "error", "-c", block],
            cwd=folder,
            env=environment(folder),
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        assert "exptime" in result.stdout


def test_the_shell_examples_run(folder: Path, followed: dict[str, str]) -> None:
    assert followed
    mongosh = shutil.which("mongosh")
    if mongosh is None and "CI" not in os.environ:
        pytest.skip("mongosh is not installed")
    uri = server.start(folder / "data").uri
    for line in blocks("js")[0].splitlines():
        result = subprocess.run(
            [mongosh, uri, "--quiet", "--eval", line], capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stderr
        assert result.stdout.strip() not in ("", "null", "0", "[]"), line


def test_every_setting_is_documented() -> None:
    rows = [f"| `{setting.name}` | {setting.default} | {setting.help} |" for setting in SETTINGS]
    assert "\n".join(rows) in README


def test_every_command_is_documented() -> None:
    def commands(group, prefix: str) -> Iterator[str]:
        for name, command in group.commands.items():
            if hasattr(command, "commands"):
                yield from commands(command, f"{prefix} {name}")
            else:
                yield f"{prefix} {name}"

    missing = [name for name in commands(cli.acsql, "acsql") if name not in README]
    assert missing == []


def test_make_demo_serves_the_sample_archive(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {
        "VENV": str(Path(sys.executable).parents[1]),
        "DEMO": str(tmp_path / "demo"),
        "OBSERVATIONS": "4",
        "FRAME": "small",
        "PORT": str(port),
    }
    # What the demo installs is what the tests run with.
    marker = Path(settings["VENV"]) / "installed"
    marker.touch()
    with subprocess.Popen(
        ["make", "demo", *(f"{name}={value}" for name, value in settings.items())],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Also where this process ignores Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as demo:
        printed = []
        try:
            for line in demo.stdout:
                printed.append(line)
                if "mongosh" in line:
                    break
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as page:
                assert page.status == 200
        finally:
            os.killpg(demo.pid, signal.SIGINT)
            demo.stdout.read()
    text = "".join(printed)
    assert f"http://127.0.0.1:{port}/" in text
    assert "acsql db shell" in text
    assert "mongodb://" not in text
    assert server.status(tmp_path / "demo" / "data") is None
