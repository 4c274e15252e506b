"""`acsql group` prints what `Search.group` returns."""

import json
from pathlib import Path

import pytest

import acsql


@pytest.mark.parametrize(
    ("arguments", "keys", "statistics"),
    [
        (["--by", "detector"], ["detector"], {}),
        (
            ["imagetyp=EXT", "--by=detector,year(date_obs)", "--mean=exptime,flt.1.goodmean"],
            ["detector", "year(date_obs)"],
            {"mean": ["exptime", "flt.1.goodmean"]},
        ),
        (["imagetyp=EXT", "--by=filter1", "--max=exptime"], ["filter1"], {"max": "exptime"}),
    ],
)
def test_groups_are_those_of_the_library(
    printed, sample_settings: Path, sample_archive: acsql.Archive, arguments, keys, statistics
) -> None:
    rows = json.loads(printed(sample_settings, "group", *arguments, "--format", "json"))
    search = sample_archive.where(*[text for text in arguments if text.startswith("imagetyp")])
    table = search.group(*keys, **statistics)
    assert [list(row) for row in rows] == len(table) * [table.colnames]
    assert sum(row["observations"] for row in rows) == search.count()
    for name in table.colnames:
        printed_values = [row[name] for row in rows if row[name] is not None]
        values = table[name].filled() if table.masked else table[name]
        assert [str(value) for value in printed_values] == [
            str(value) for value, row in zip(values, rows, strict=True) if row[name] is not None
        ]


def test_groups_of_listed_observations_alone_are_printed(
    printed, sample_settings: Path, sample_archive: acsql.Archive, tmp_path: Path
) -> None:
    names = [row["rootname"] for row in sample_archive.where().columns("rootname").limit(3).rows()]
    (tmp_path / "names").write_text("\n".join(names))
    listed = ["--rootnames", str(tmp_path / "names")]
    rows = json.loads(printed(sample_settings, "group", "--by=detector", *listed, "--format=json"))
    assert sum(row["observations"] for row in rows) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--by", "nothing"], "there is no keyword 'nothing'"),
        (["--by", "detector", "--mean", "targname"], "it is not a number"),
        ([], "Missing option '--by'"),
    ],
)
def test_wrong_keywords_are_errors(run, sample_settings: Path, arguments, message: str) -> None:
    result = run(sample_settings, "group", *arguments)
    assert result.exit_code == 2
    assert message in result.output
