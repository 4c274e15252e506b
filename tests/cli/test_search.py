"""The commands that search."""

import csv
import dataclasses
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import acsql
from acsql import archive, export, named_queries
from acsql.config import Config
from acsql.store import observation_writes, type_mismatches
from acsql.store.columns.fold import fold_all


def test_find_csv_is_the_search(
    printed, sample_settings: Path, sample_archive: acsql.Archive
) -> None:
    text = printed(sample_settings, "find", "detector=WFC", "exptime>=100", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    expected = sample_archive.search(detector="WFC", exptime=(100, None))
    assert [row["rootname"] for row in rows] == list(expected["rootname"])
    assert [float(row["exptime"]) for row in rows] == list(expected["exptime"])


def test_find_votable_leads_to_the_files_where_the_site_is_known(
    printed, sample_settings: Path, sample_archive: acsql.Archive, tmp_path, monkeypatch
) -> None:
    monkeypatch.setenv("ACSQL_SITE_URL", "https://acs.example.org/")
    arguments = ("find", "detector=HRC", "--format", "votable")
    assert "https://acs.example.org/vo/datalink" in printed(sample_settings, *arguments)
    config = dataclasses.replace(sample_archive.config, site_url="https://acs.example.org")
    with acsql.connect(config) as opened:
        opened.where(detector="HRC").write(tmp_path / "found.vot")
    assert "https://acs.example.org/vo/datalink" in (tmp_path / "found.vot").read_text()


def test_find_json_is_the_search(
    printed, sample_settings: Path, sample_archive: acsql.Archive
) -> None:
    columns = "rootname,exptime,subarray,date_obs"
    rows = json.loads(printed(sample_settings, "find", "--format", "json", "--columns", columns))
    expected = list(sample_archive.where().columns(*columns.split(",")).rows())
    assert [row["rootname"] for row in rows] == [row["rootname"] for row in expected]
    assert [row["exptime"] for row in rows] == [row["exptime"] for row in expected]
    assert list(rows[0]) == columns.split(",")


def test_find_table_sorts_and_limits(printed, sample_settings: Path) -> None:
    text = printed(
        sample_settings, "find", "--columns", "rootname,exptime", "--sort=-exptime", "--limit", "5"
    )
    lines = text.splitlines()
    assert lines[0].split() == ["rootname", "exptime", "[s]"]
    values = [float(line.split()[1]) for line in lines[2:]]
    assert len(values) == 5
    assert values == sorted(values, reverse=True)


def test_names_and_dates_are_conditions_too(
    run, printed, sample_settings: Path, sample_archive: acsql.Archive
) -> None:
    expected = sample_archive.count("targname=NGC104 date_obs=2003", detector="WFC")
    assert int(printed(sample_settings, "count", "47 Tuc 2003", "detector=WFC")) == expected
    found = printed(sample_settings, "find", "47 Tuc 2003 WFC", "--mongosh")
    assert found == printed(
        sample_settings, "find", "targname=NGC104 date_obs=2003 detector=WFC", "--mongosh"
    )
    result = run(sample_settings, "find", "nothing such")
    assert result.exit_code == 2
    assert 'No rootname, proposal or name matches "nothing such"' in result.stderr


def test_an_empty_answer_says_why(run, sample_settings: Path) -> None:
    for command in (["find"], ["find", "--format", "csv"], ["count"], ["values", "filter1"]):
        result = run(sample_settings, *command, "detector=WFC", "exptime>1e9")
        assert result.exit_code == 0
        assert "exptime>1000000000.0: no observation meets this" in result.stderr
        assert "no observation" not in result.stdout


def test_an_answer_is_not_explained(run, sample_settings: Path) -> None:
    for command in (["find"], ["count"], ["values", "filter1"]):
        assert run(sample_settings, *command, "detector=WFC").stderr == ""


def test_count_is_the_number(printed, sample_settings: Path, sample_archive: acsql.Archive) -> None:
    condition = "detector=WFC (exptime<100 or targname=NGC*)"
    expected = len(sample_archive.search(condition))
    assert expected
    assert printed(sample_settings, "count", condition) == f"{expected}\n"
    assert printed(sample_settings, "count", condition, "--budget", "60") == f"{expected}\n"


def test_values_are_the_facets(
    printed, sample_settings: Path, sample_archive: acsql.Archive
) -> None:
    text = printed(sample_settings, "values", "raw.0.ccdamp", "detector=WFC", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    found = {row["raw.0.ccdamp"]: int(row["observations"]) for row in rows}
    assert found == sample_archive.facets("raw.0.ccdamp", detector="WFC")
    assert len(found) > 1
    limited = printed(sample_settings, "values", "targname", "--limit", "2", "--format", "jsonl")
    assert [json.loads(line)["targname"] for line in limited.splitlines()] == list(
        sample_archive.facets("targname", limit=2)
    )


def test_counting_one_value_loads_no_arrow(sample_settings: Path, sample_archive) -> None:
    """The server counts in an index sooner than Arrow is imported."""
    command = [sys.executable, "-X", "importtime", "-m", "acsql", "--config", sample_settings]
    found = subprocess.run(
        [*command, "count", "detector=WFC"], capture_output=True, text=True, check=True
    )
    assert int(found.stdout) == sample_archive.count(detector="WFC")
    assert "pymongo" in found.stderr
    assert not {"numpy", "pyarrow"} & set(found.stderr.split())


@pytest.fixture
def changed_settings(empty_archive: acsql.Archive, write_settings, tmp_path: Path) -> Path:
    """The configuration file of an archive whose columns lack an observation that has changed."""
    store = empty_archive.store
    for rootname, exptime in (("j0000001", 1.0), ("j0000002", 2.0), ("j0000002", 500.0)):
        document = {"_id": rootname, "exptime": exptime, "targname": "M87", "filter1": "F606W"}
        observation_writes.replace(store, document)
        if exptime == 2.0:
            fold_all(store)
    return write_settings(empty_archive.config, tmp_path)


@pytest.mark.parametrize(
    ("command", "printed"),
    [
        (["find", "exptime>=0 targname=*", "--sort", "exptime,-targname"], "500"),
        (["count", "exptime>=0 targname=*"], "2"),
        (["values", "filter1", "exptime>=0"], "F606W"),
        (["values", "exptime"], "500"),
        (["count", "m87"], "2"),
    ],
)
def test_searching_the_columns_loads_no_pandas(changed_settings: Path, command, printed) -> None:
    """Arrow loads pandas for most conversions, which takes as long as all the rest."""
    start = [sys.executable, "-X", "importtime", "-m", "acsql", "--config", changed_settings]
    found = subprocess.run([*start, *command], capture_output=True, text=True, check=True)
    assert printed in found.stdout
    loaded = set(found.stderr.split())
    assert "pyarrow" in loaded
    assert "pandas" not in loaded


def test_lines_of_history_are_found_and_counted(
    printed, run, sample_settings: Path, sample_archive: acsql.Archive
) -> None:
    line = "DARKCORR complete ..."
    counted = printed(sample_settings, "values", "flt.0.history", "--format", "json")
    numbers = {row["flt.0.history"]: row["observations"] for row in json.loads(counted)}
    assert numbers == sample_archive.facets("flt.0.history")
    options = (f'flt.0.history="{line}"', "--columns", "rootname,flt.0.history", "--format")
    rows = json.loads(printed(sample_settings, "find", *options, "json"))
    assert len(rows) == numbers[line]
    assert all(line in row["flt.0.history"] for row in rows)
    cells = list(csv.DictReader(io.StringIO(printed(sample_settings, "find", *options, "csv"))))
    assert [row["flt.0.history"] for row in cells] == ["; ".join(r["flt.0.history"]) for r in rows]
    assert run(sample_settings, "find", "--sort", "flt.0.history").exit_code == 2


def test_keywords_are_found_by_name_and_description(
    printed, run, sample_settings: Path, sample_archive: acsql.Archive
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
    printed, sample_settings: Path, sample_archive: acsql.Archive, mongosh
) -> None:
    conditions = ["detector=WFC", "exptime>=100"]
    find = printed(sample_settings, "find", *conditions, "--columns", "rootname", "--mongosh")
    count = printed(sample_settings, "count", *conditions, "--mongosh")
    files = printed(sample_settings, "query", "all_filenames", "--mongosh")
    assert find.startswith("db.observations.find(")
    found, number, rows = mongosh(sample_archive.store.connection_string, [find, count, files])
    expected = list(sample_archive.search(*conditions)["rootname"])
    assert [document["_id"] for document in found] == expected
    assert number == len(expected)
    assert len(rows) == len(named_queries.all_filenames(sample_archive))


def test_the_lines_for_the_shell_count_values(
    printed, sample_settings: Path, sample_archive: acsql.Archive, mongosh
) -> None:
    arguments = [
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
    lines = [printed(sample_settings, "values", *each, "--mongosh") for each in arguments]
    answers = mongosh(sample_archive.store.connection_string, lines)
    for (keyword, *rest), answer in zip(arguments, answers, strict=True):
        limit = int(rest.pop()) if "--limit" in rest else None
        conditions = [text for text in rest if text != "--limit"]
        expected = sample_archive.facets(keyword, *conditions, limit=limit)
        assert expected
        assert [(row["_id"], row["observations"]) for row in answer] == list(expected.items())


@pytest.mark.parametrize(
    ("given", "limit"), [([], 60), (["--time-limit", "2.5"], 2.5), (["--time-limit", "0"], None)]
)
def test_the_time_limit_is_that_of_the_archive(
    printed,
    sample_settings: Path,
    monkeypatch: pytest.MonkeyPatch,
    given: list[str],
    limit: float | None,
) -> None:
    limits = []

    def noted(config: Config, time_limit: float | None) -> acsql.Archive:
        limits.append(time_limit)
        return acsql.Archive(config, time_limit)

    monkeypatch.setattr(archive, "connect", noted)
    for command in (["find"], ["count"], ["values", "filter1"], ["query", "all_filenames"]):
        printed(sample_settings, *command, *given)
    assert limits == [limit] * 4


def test_every_format_is_offered(printed, sample_settings: Path) -> None:
    for format_ in export.FORMATS:
        assert printed(sample_settings, "find", "--format", format_, "--limit", "1")


def test_paths_are_those_of_the_files(
    printed, sample_settings: Path, sample_archive: acsql.Archive
) -> None:
    lines = printed(sample_settings, "paths", "detector=HRC", "--filetype", "flt").splitlines()
    assert lines
    assert all(Path(line).is_file() for line in lines)
    files = sample_archive.where(detector="HRC").files(["flt"])
    assert [Path(line).name for line in lines] == [file.filename for file in files]


def test_paths_of_vanished_files_are_reported(
    config, write_settings, run, sample_filesystem: Path, tmp_path: Path
) -> None:
    settings = write_settings(config, tmp_path)
    source = min(sample_filesystem.glob("*/*/*_flt.fits")).parent
    target = config.filesystem / source.relative_to(sample_filesystem)
    shutil.copytree(source, target)
    assert run(settings, "ingest", "--scheduler", "synchronous").exit_code == 0
    (target / f"{source.name}_flt.fits").unlink()
    result = run(settings, "paths")
    assert result.exit_code == 1
    assert f"{source.name}_flt.fits" in result.stderr
    assert f"{source.name}_raw.fits" in result.stdout


@pytest.mark.parametrize("command", [["find"], ["count"], ["values", "detector"], ["paths"]])
def test_a_search_that_met_type_mismatches_says_so_on_stderr(
    run, sample_settings: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setattr(type_mismatches, "addresses", lambda _: {"raw.0.exptime"})
    result = run(sample_settings, *command, "exptime>0")
    assert result.exit_code == 0
    assert "Note: exptime has type mismatches in raw.0.exptime" in result.stderr
    assert "Note" not in result.stdout
    assert "Note" not in run(sample_settings, *command, "detector=WFC").stderr


def test_observations_are_listed_in_a_file(
    printed, sample_settings: Path, sample_archive: acsql.Archive, tmp_path: Path
) -> None:
    rows = list(sample_archive.where().columns("ipppssoot", "detector").rows())
    names, detectors = [row["ipppssoot"] for row in rows[::2]], [row["detector"] for row in rows]
    file = tmp_path / "mine.txt"
    file.write_text("\n".join([", ".join(names[:3]), *names[3:], ""]))
    found = printed(
        sample_settings, "find", "--rootnames", str(file), "--columns=ipppssoot", "--format=csv"
    )
    assert sorted(found.split()[1:]) == sorted(names)
    number = printed(sample_settings, "count", "detector=WFC", "--rootnames", str(file))
    assert int(number) == detectors[::2].count("WFC")
    paths = printed(sample_settings, "paths", "--rootnames", str(file), "--filetype", "raw")
    assert {Path(line).name[:9] for line in paths.split()} <= set(names)


def test_a_list_with_what_is_no_rootname_is_refused(
    run, sample_settings: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_text("j8bt05njq_flt.fits\n")
    result = run(sample_settings, "find", "--rootnames", str(tmp_path / "mine.txt"))
    assert result.exit_code
    assert "j8bt05njq_flt.fits" in result.stderr
