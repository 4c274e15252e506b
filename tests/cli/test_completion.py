"""Shell completion, as the scripts that click makes for bash, zsh and fish ask for it."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

import acsql
from acsql import cli
from acsql.mongod import server

COMMAND = Path(sys.executable).with_name("acsql")


def suggestions(settings: Path, line: str, shell: str = "zsh") -> list[str]:
    """Return what completes the last word of a line, which may be empty."""
    words = line.split(" ")
    environ = {
        "ACSQL_CONFIG": str(settings),
        "_ACSQL_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1) if shell != "fish" else words[-1],
    }
    result = CliRunner(env=environ).invoke(cli.acsql, prog_name="acsql", catch_exceptions=False)
    assert result.exit_code == 0
    assert result.stderr == ""
    if shell == "zsh":
        return result.stdout.splitlines()[1::3]
    return [reply.partition(",")[2].partition("\t")[0] for reply in result.stdout.splitlines()]


def test_commands_and_options_are_completed(sample_settings: Path) -> None:
    assert suggestions(sample_settings, "acsql fi") == ["find"]
    assert suggestions(sample_settings, "acsql db st") == ["start", "status", "stop"]
    assert suggestions(sample_settings, "acsql find --col") == ["--columns"]
    assert suggestions(sample_settings, "acsql find --format js") == ["json", "jsonl"]


def test_keywords_are_completed(sample_settings: Path) -> None:
    assert suggestions(sample_settings, "acsql find expt") == ["exptime=", "exptime!="]
    assert suggestions(sample_settings, "acsql values expt") == ["exptime"]
    assert suggestions(sample_settings, "acsql values flt.1.goodme") == ["flt.1.goodmean"]
    listed = suggestions(sample_settings, "acsql find --columns rootname,expt")
    assert listed == ["rootname,exptime"]
    assert suggestions(sample_settings, "acsql find --sort targname,expt") == ["targname,exptime"]


def test_values_are_completed_the_most_frequent_first(
    sample_settings: Path, sample_archive: acsql.Archive
) -> None:
    detectors = list(sample_archive.facets("detector"))
    for shell in ("zsh", "fish"):
        completed = suggestions(sample_settings, "acsql find detector=", shell)
        assert completed == [f"detector={detector}" for detector in detectors]
    assert suggestions(sample_settings, "acsql count detector=w") == ["detector=WFC"]
    assert suggestions(sample_settings, "acsql count detector!=HRC,W") == ["detector!=HRC,WFC"]
    assert suggestions(sample_settings, "acsql query filter_distribution W") == ["WFC"]


def test_values_are_those_of_the_observations_that_meet_the_other_conditions(
    sample_settings: Path, sample_archive: acsql.Archive
) -> None:
    completed = suggestions(sample_settings, "acsql find detector=SBC filter1=")
    filters = sample_archive.facets("filter1", detector="SBC")
    assert completed == [f"filter1={name}" for name in filters]
    assert len(filters) < len(sample_archive.facets("filter1"))


def test_bash_splits_conditions_at_the_sign_of_equality(sample_settings: Path) -> None:
    assert suggestions(sample_settings, "acsql find detector = W", "bash") == ["WFC"]
    values = suggestions(sample_settings, "acsql find detector =", "bash")
    assert sorted(values) == ["HRC", "SBC", "WFC"]
    assert suggestions(sample_settings, "acsql find expt", "bash") == ["exptime=", "exptime!="]


def test_rootnames_are_completed(sample_settings: Path, sample_archive: acsql.Archive) -> None:
    rootname = sample_archive.search(limit=1)["rootname"][0]
    for command in ("show", "headers", "differences", "query filters_for_rootname"):
        completed = suggestions(sample_settings, f"acsql {command} {rootname[:6].upper()}")
        assert rootname in completed
        assert all(name.startswith(rootname[:6]) for name in completed)


@pytest.mark.parametrize("line", ["acsql show j8", "acsql find detector=", "acsql values exptime="])
def test_completion_neither_starts_a_database_nor_fails_without_one(
    tmp_path: Path, line: str
) -> None:
    settings = tmp_path / "acsql.yaml"
    settings.write_text("filesystem: archive\ndata_dir: data\n")
    assert suggestions(settings, line) == []
    assert server.status(tmp_path / "data") is None
    assert not (tmp_path / "data").exists()
    assert suggestions(settings, "acsql find expt") == ["exptime=", "exptime!="]


def test_completion_does_not_wait_for_an_absent_server(tmp_path: Path) -> None:
    settings = tmp_path / "acsql.yaml"
    uri = "mongodb://user:secret@127.0.0.1:1/acsql"
    settings.write_text(f"filesystem: archive\nconnection_string: {uri}\n")
    began = time.monotonic()
    assert suggestions(settings, "acsql find detector=") == []
    assert time.monotonic() - began < 15


def test_without_a_configuration_there_are_no_suggestions(tmp_path: Path) -> None:
    assert suggestions(tmp_path / "missing.yaml", "acsql find expt") == []


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_completes_with_the_documented_line(sample_settings: Path) -> None:
    script = """
        eval "$(_ACSQL_COMPLETE=bash_source acsql)"
        COMP_WORDS=(acsql find detector = W) COMP_CWORD=4
        _acsql_completion acsql
        echo "${COMPREPLY[@]}"
    """
    result = subprocess.run(
        ["bash", "-c", script],
        env={"PATH": f"{COMMAND.parent}:/usr/bin:/bin", "ACSQL_CONFIG": str(sample_settings)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.stdout, result.stderr) == ("WFC\n", "")
