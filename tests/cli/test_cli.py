"""The command line, as its users type it."""

import csv
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import acsql
from acsql import cli, export, named_queries
from acsql.config import Config


@pytest.fixture(scope="module")
def sample_settings(
    sample_archive: acsql.Archive, write_settings, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    return write_settings(sample_archive.config, tmp_path_factory.mktemp("settings"))


def run(settings: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli.acsql, ["--config", str(settings), *arguments])


def printed(settings: Path, *arguments: str) -> str:
    result = run(settings, *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_find_csv_is_the_search(sample_settings: Path, sample_archive: acsql.Archive) -> None:
    text = printed(sample_settings, "find", "detector=WFC", "exptime>=100", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    expected = sample_archive.search(detector="WFC", exptime=(100, None))
    assert [row["rootname"] for row in rows] == list(expected["rootname"])
    assert [float(row["exptime"]) for row in rows] == list(expected["exptime"])


def test_find_json_is_the_search(sample_settings: Path, sample_archive: acsql.Archive) -> None:
    columns = "rootname,exptime,subarray,date_obs"
    rows = json.loads(printed(sample_settings, "find", "--format", "json", "--columns", columns))
    expected = list(sample_archive.iter(columns=columns.split(",")))
    assert [row["rootname"] for row in rows] == [row["rootname"] for row in expected]
    assert [row["exptime"] for row in rows] == [row["exptime"] for row in expected]
    assert list(rows[0]) == columns.split(",")


def test_find_table_sorts_and_limits(sample_settings: Path) -> None:
    text = printed(
        sample_settings, "find", "--columns", "rootname,exptime", "--sort=-exptime", "--limit", "5"
    )
    lines = text.splitlines()
    assert lines[0].split() == ["rootname", "exptime"]
    values = [float(line.split()[1]) for line in lines[2:]]
    assert len(values) == 5
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["find", "exptme>1"], ["exptme", "exptime"]),
        (["find", "exptime=abc"], ["exptime", "abc", "number"]),
        (["find", "goodmean>1"], ["flt.1.goodmean"]),
        (["find", "detector"], ["detector"]),
        (["find", "--columns", "nothing_like_it"], ["nothing_like_it"]),
        (["find", "--sort", "nothing_like_it"], ["nothing_like_it"]),
        (["show", "j9zz99zzq"], ["j9zz99zz"]),
        (["show", "../etc"], ["../etc"]),
        (["headers", "j9zz99zzq", "raw", "0"], ["j9zz99zz"]),
        (["db", "start"], ["connection_string"]),
        (["count", "exptme>1"], ["exptme", "exptime"]),
        (["values", "exptme"], ["exptme", "exptime"]),
        (["find", "(detector=WFC"], ["detector"]),
        (["query", "filters_for_rootname", "j9zz99zz"], ["j9zz99zz"]),
        (["query", "filenames_for_calibration", "nothing_like_it", "x"], ["nothing_like_it"]),
    ],
)
def test_mistakes_are_one_line_that_names_them(
    sample_settings: Path, arguments: list[str], words: list[str]
) -> None:
    result = run(sample_settings, *arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    for word in words:
        assert word in result.stderr


def test_an_empty_answer_says_why(sample_settings: Path) -> None:
    for command in (["find"], ["find", "--format", "csv"], ["count"], ["values", "filter1"]):
        result = run(sample_settings, *command, "detector=WFC", "exptime>1e9")
        assert result.exit_code == 0
        assert "exptime>1000000000.0: no observation meets this" in result.stderr
        assert "no observation" not in result.stdout


def test_an_answer_is_not_explained(sample_settings: Path) -> None:
    for command in (["find"], ["count"], ["values", "filter1"]):
        assert run(sample_settings, *command, "detector=WFC").stderr == ""


def test_count_is_the_number(sample_settings: Path, sample_archive: acsql.Archive) -> None:
    asked = "detector=WFC (exptime<100 or targname=NGC*)"
    expected = len(sample_archive.search(asked))
    assert expected
    assert printed(sample_settings, "count", asked) == f"{expected}\n"
    assert printed(sample_settings, "count", asked, "--budget", "60") == f"{expected}\n"


def test_values_are_the_facets(sample_settings: Path, sample_archive: acsql.Archive) -> None:
    text = printed(sample_settings, "values", "raw.0.ccdamp", "detector=WFC", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    found = {row["raw.0.ccdamp"]: int(row["observations"]) for row in rows}
    assert found == sample_archive.facets("raw.0.ccdamp", detector="WFC")
    assert len(found) > 1
    limited = printed(sample_settings, "values", "targname", "--limit", "2", "--format", "jsonl")
    assert [json.loads(line)["targname"] for line in limited.splitlines()] == list(
        sample_archive.facets("targname", limit=2)
    )


def test_lines_of_history_are_found_and_counted(
    sample_settings: Path, sample_archive: acsql.Archive
) -> None:
    line = "DARKCORR complete ..."
    counted = printed(sample_settings, "values", "flt.0.history", "--format", "json")
    numbers = {row["flt.0.history"]: row["observations"] for row in json.loads(counted)}
    assert numbers == sample_archive.facets("flt.0.history")
    asked = (f'flt.0.history="{line}"', "--columns", "rootname,flt.0.history", "--format")
    rows = json.loads(printed(sample_settings, "find", *asked, "json"))
    assert len(rows) == numbers[line]
    assert all(line in row["flt.0.history"] for row in rows)
    cells = list(csv.DictReader(io.StringIO(printed(sample_settings, "find", *asked, "csv"))))
    assert [row["flt.0.history"] for row in cells] == ["; ".join(r["flt.0.history"]) for r in rows]
    assert run(sample_settings, "find", "--sort", "flt.0.history").exit_code == 2


def test_keywords_are_found_by_name_and_description(
    sample_settings: Path, sample_archive: acsql.Archive
) -> None:
    def found(text: str) -> list[dict[str, str]]:
        printed_rows = printed(sample_settings, "keywords", text, "--format", "json")
        return json.loads(printed_rows)

    assert found("EXPTIME")[0] == {
        "keyword": "EXPTIME",
        "type": "float",
        "unit": "s",
        "address": "exptime",
        "description": sample_archive.specs.keywords["exptime"].description,
    }
    assert "flt.1.goodmean" in [row["address"] for row in found("mean value of good")]
    assert "DATE-OBS" in [row["keyword"] for row in found("date-obs")]
    assert "flt.0.history" in [row["address"] for row in found("HISTORY")]
    result = run(sample_settings, "keywords", "no such thing")
    assert "no such thing" in result.stderr


def test_the_lines_for_the_shell_are_printed(
    sample_settings: Path, sample_archive: acsql.Archive, mongosh
) -> None:
    asked = ["detector=WFC", "exptime>=100"]
    find = printed(sample_settings, "find", *asked, "--columns", "rootname", "--mongosh")
    count = printed(sample_settings, "count", *asked, "--mongosh")
    files = printed(sample_settings, "query", "all_filenames", "--mongosh")
    assert find.startswith("db.observations.find(")
    found, number, rows = mongosh(sample_archive.store.connection_string, [find, count, files])
    expected = list(sample_archive.search(*asked)["rootname"])
    assert [document["_id"] for document in found] == expected
    assert number == len(expected)
    assert len(rows) == len(named_queries.all_filenames(sample_archive))


def test_the_lines_for_the_shell_count_values(
    sample_settings: Path, sample_archive: acsql.Archive, mongosh
) -> None:
    asked = [
        ("filter1",),
        ("filter1", "--limit", "3"),
        ("rootname", "detector=WFC", "--limit", "5"),
        ("DATE-OBS", "detector=WFC", "exptime>=100"),
        ("filter1", "filter1=F*", "filter2=C*"),
        ("subarray", "detector=WFC or detector=HRC"),
        ("raw.0.ccdamp", "not raw.0.ccdamp=C"),
        ("flt.0.biasfile",),
        ("drz.0.dnnndata", "exists(asn_id)"),
        ("flt.0.history", "flt.0.history=*CORR*", "missing(drz.0.comment)"),
    ]
    lines = [printed(sample_settings, "values", *each, "--mongosh") for each in asked]
    answers = mongosh(sample_archive.store.connection_string, lines)
    for (keyword, *rest), answer in zip(asked, answers, strict=True):
        limit = int(rest.pop()) if "--limit" in rest else None
        conditions = [text for text in rest if text != "--limit"]
        expected = sample_archive.facets(keyword, *conditions, limit=limit)
        assert expected
        assert [(row["_id"], row["observations"]) for row in answer] == list(expected.items())


def test_canned_queries_are_listed_and_asked(
    sample_settings: Path, sample_archive: acsql.Archive
) -> None:
    listed = printed(sample_settings, "query")
    for name, function in named_queries.QUERIES.items():
        assert f"{name} " in listed
        assert function.__doc__.partition("\n")[0] in " ".join(listed.split())
    text = printed(sample_settings, "query", "filter_distribution", "WFC", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    expected = named_queries.filter_distribution(sample_archive, "WFC")
    assert [int(row["observations"]) for row in rows] == list(expected["observations"])
    assert printed(sample_settings, "query", "filter_distribution") != text
    assert run(sample_settings, "query", "filters_for_rootname").exit_code == 2
    result = run(sample_settings, "query", "rootnames_for_target", "NOWHERE")
    assert "targname=NOWHERE: no observation meets this" in result.stderr


@pytest.mark.parametrize(
    ("given", "limit"), [([], 60), (["--time-limit", "2.5"], 2.5), (["--time-limit", "0"], None)]
)
def test_the_time_limit_is_that_of_the_archive(
    sample_settings: Path, monkeypatch: pytest.MonkeyPatch, given: list[str], limit: float | None
) -> None:
    limits = []

    def noted(config: Config, time_limit: float | None) -> acsql.Archive:
        limits.append(time_limit)
        return acsql.connect(config, time_limit)

    monkeypatch.setattr(cli, "connect", noted)
    for command in (["find"], ["count"], ["values", "filter1"], ["query", "all_filenames"]):
        printed(sample_settings, *command, *given)
    assert limits == [limit] * 4


def test_show(sample_settings: Path, sample_archive: acsql.Archive) -> None:
    observation = sample_archive.observation(next(sample_archive.iter())["rootname"])
    text = printed(sample_settings, "show", observation.ipppssoot.upper())
    assert text.splitlines()[0].split() == ["rootname", observation.rootname]
    for filename in observation.datasets.values():
        assert filename in text
    shown = json.loads(printed(sample_settings, "show", observation.rootname, "--format", "json"))
    assert shown["datasets"] == observation.datasets
    assert shown["exptime"] == observation["exptime"]


def test_headers(sample_settings: Path, sample_archive: acsql.Archive) -> None:
    rootname = next(sample_archive.iter("raw.0.exptime>0"))["rootname"]
    header = sample_archive.observation(rootname).stored_header("raw", 0)
    shown = json.loads(
        printed(sample_settings, "headers", rootname, "raw", "0", "--format", "json")
    )
    assert list(shown) == list(header)
    assert shown["exptime"] == header["exptime"]
    assert shown["date_obs"] == header["date_obs"].date().isoformat()
    text = printed(sample_settings, "headers", rootname, "raw", "0")
    assert f"EXPTIME  = {header['exptime']} [s] / " in text
    assert "DATE-OBS = " in text


def test_status(sample_settings: Path, sample_archive: acsql.Archive) -> None:
    text = printed(sample_settings, "status")
    assert str(sample_archive.summary().observations) in text
    assert "succeeded" in text


def test_ingest_reports_and_exits_by_what_happened(
    config: Config, write_settings, sample_filesystem: Path, tmp_path: Path
) -> None:
    settings = write_settings(config, tmp_path)
    source = min(sample_filesystem.glob("*/*/*_flt.fits")).parent
    target = config.filesystem / source.relative_to(sample_filesystem)
    shutil.copytree(source, target)
    result = run(settings, "ingest", "--scheduler", "synchronous")
    assert result.exit_code == 0, result.output
    assert "Observations: 1 new, 0 updated, 0 unchanged, 0 failed" in result.stdout
    assert "Observations: 0 new, 0 updated, 1 unchanged" in printed(settings, "ingest")
    broken = target / f"{source.name}_flt.fits"
    broken.write_bytes(b"junk")
    result = run(settings, "ingest", "--scheduler", "synchronous")
    assert result.exit_code == 1
    assert broken.name in result.stderr
    config.filesystem.rename(tmp_path / "away")
    result = run(settings, "ingest")
    assert result.exit_code == 2
    assert str(config.filesystem) in result.stderr


def test_ingest_of_a_file_list(
    config: Config, write_settings, sample_filesystem: Path, tmp_path: Path
) -> None:
    settings = write_settings(config, tmp_path)
    sources = sorted({path.parent for path in sample_filesystem.glob("*/*/*_raw.fits")})[:3]
    for source in sources:
        shutil.copytree(source, config.filesystem / source.relative_to(sample_filesystem))
    names = tmp_path / "names.txt"
    names.write_text(f"# two of them\n{sources[0].name.upper()}\n\n{sources[2].name[:8]}\n")
    text = printed(settings, "ingest", "--file-list", str(names), "--filetype", "raw")
    assert "Observations: 2 new" in text
    assert "Files read: 2 raw" in text
    result = run(settings, "ingest", "--file-list", str(tmp_path / "nowhere.txt"))
    assert result.exit_code == 2
    assert "nowhere.txt" in result.stderr


def test_specs_check() -> None:
    result = CliRunner().invoke(cli.acsql, ["specs", "check"])
    assert result.exit_code == 0
    assert "consistent" in result.stdout


def test_specs_check_finds_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "keywords.yaml").write_text("EXPTIME: {type: number}\n")
    result = CliRunner().invoke(cli.acsql, ["specs", "check", str(tmp_path)])
    assert result.exit_code == 1
    assert "EXPTIME" in result.stdout


def test_specs_make(sample_filesystem: Path, tmp_path: Path) -> None:
    source = min(sample_filesystem.glob("*/*/*_raw.fits")).parent
    arguments = ["specs", "make", str(source), "--output", str(tmp_path / "specs")]
    result = CliRunner().invoke(cli.acsql, arguments)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "specs" / "keywords.yaml").is_file()


def test_specs_update(
    config: Config, write_settings, sample_filesystem: Path, tmp_path: Path
) -> None:
    from astropy.io import fits

    settings = write_settings(config, tmp_path)
    source = min(sample_filesystem.glob("*/*/*_raw.fits"))
    target = config.filesystem / source.relative_to(sample_filesystem)
    target.parent.mkdir(parents=True)
    shutil.copy(source, target)
    fits.setval(target, "NEWKEY", value=1.5)
    detector = fits.getval(target, "DETECTOR")
    assert "Keywords new to the specs: 1" in printed(settings, "ingest")
    line = f"+ {detector} raw 0: NEWKEY (float)"
    assert line in printed(settings, "specs", "update", "--dry-run")
    assert line in printed(settings, "specs", "update")
    assert "The specs name every keyword" in printed(settings, "specs", "update")
    assert "Keywords new to the specs: 0" in printed(settings, "ingest", "--all")


def test_sample_refuses_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "something").touch()
    result = CliRunner().invoke(cli.acsql, ["sample", str(tmp_path)])
    assert result.exit_code == 2
    assert str(tmp_path) in result.stderr


def test_the_private_database_from_start_to_stop(tmp_path: Path) -> None:
    settings = tmp_path / "acsql.yaml"
    settings.write_text("filesystem: archive\ndata_dir: data\n")
    (tmp_path / "archive").mkdir()
    assert run(settings, "db", "status").exit_code == 1
    assert run(settings, "db", "uri").exit_code == 2
    try:
        assert "mongodb://127.0.0.1" in printed(settings, "db", "start")
        uri = printed(settings, "db", "uri").strip()
        assert uri in printed(settings, "db", "status")
        assert "rootname" in printed(settings, "find")
    finally:
        assert "stopped" in printed(settings, "db", "stop")
    assert "not running" in printed(settings, "db", "stop")


def test_a_missing_setting_is_named(tmp_path: Path) -> None:
    settings = tmp_path / "acsql.yaml"
    settings.write_text("data_dir: data\n")
    result = run(settings, "status")
    assert result.exit_code == 2
    assert "filesystem" in result.stderr


def test_without_mongosh_the_shell_says_how_to_get_it(
    sample_settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    result = run(sample_settings, "db", "shell")
    assert result.exit_code == 2
    assert "npm install" in result.stderr


def test_every_command_has_help() -> None:
    def walk(command, name: str) -> None:
        assert command.help, name
        for sub, child in getattr(command, "commands", {}).items():
            walk(child, f"{name} {sub}")

    walk(cli.acsql, "acsql")


def test_every_format_is_offered(sample_settings: Path) -> None:
    for format_ in export.FORMATS:
        assert printed(sample_settings, "find", "--format", format_, "--limit", "1")


def test_the_installed_command_runs(sample_settings: Path) -> None:
    command = Path(sys.executable).with_name("acsql")
    result = subprocess.run(
        [command, "--config", sample_settings, "find", "--limit", "1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("rootname")
