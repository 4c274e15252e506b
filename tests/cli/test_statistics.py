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


def test_before_the_first_ingest_there_are_none(config, write_settings, run, tmp_path) -> None:
    settings = write_settings(config, tmp_path)
    result = run(settings, "statistics")
    assert result.exit_code == 0
    assert "No statistics yet" in result.stderr
    assert run(settings, "statistics", "filters").exit_code == 2
