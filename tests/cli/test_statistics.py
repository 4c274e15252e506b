"""The command `statistics`."""

import json
from pathlib import Path

import acsql


def test_statistics_are_listed_and_printed(
    printed, sample_settings: Path, sample_archive: acsql.Archive
) -> None:
    statistics = sample_archive.statistics()
    listed = json.loads(printed(sample_settings, "statistics", "--format", "json"))
    assert [(row["name"], row["rows"]) for row in listed] == [
        (name, len(statistic.rows)) for name, statistic in statistics.items()
    ]
    rows = json.loads(printed(sample_settings, "statistics", "filters", "--format", "json"))
    assert rows == statistics["filters"].rows
    before_name = ("statistics", "--format", "json", "filters")
    assert json.loads(printed(sample_settings, *before_name)) == rows


def test_a_fill_of_a_complete_archive_computes_nothing(printed, sample_settings: Path) -> None:
    text = printed(sample_settings, "statistics", "fill", "--scheduler", "synchronous")
    assert text == "Statistics computed: 0 files of 0 observations\n"


def test_the_statistics_of_an_empty_archive_have_no_rows(
    config, write_settings, run, tmp_path
) -> None:
    settings = write_settings(config, tmp_path)
    listed = json.loads(run(settings, "statistics", "--format", "json").stdout)
    assert {row["rows"] for row in listed} == {0}
