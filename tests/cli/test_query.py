"""The named queries as commands."""

import csv
import io
from pathlib import Path

import acsql
from acsql import named_queries


def test_named_queries_are_listed_and_run(
    printed, run, sample_settings: Path, sample_archive: acsql.Archive
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
