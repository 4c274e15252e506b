"""The commands about single observations."""

import json
from pathlib import Path

import pytest

import acsql


def test_show(printed, sample_settings: Path, sample_archive: acsql.Archive) -> None:
    observation = sample_archive.observation(next(sample_archive.where().rows())["rootname"])
    text = printed(sample_settings, "show", observation.ipppssoot.upper())
    assert text.splitlines()[0].split() == ["rootname", observation.rootname]
    for filename in observation.datasets.values():
        assert filename in text
    shown = json.loads(printed(sample_settings, "show", observation.rootname, "--format", "json"))
    assert shown["datasets"] == observation.datasets
    assert shown["exptime"] == observation["exptime"]


def test_headers(printed, sample_settings: Path, sample_archive: acsql.Archive) -> None:
    rootname = next(sample_archive.where("raw.0.exptime>0").rows())["rootname"]
    header = sample_archive.observation(rootname).stored_header("raw", 0)
    shown = json.loads(
        printed(sample_settings, "headers", rootname, "raw", "0", "--format", "json")
    )
    assert list(shown) == list(header)
    assert shown["exptime"] == header["exptime"]
    assert shown["date_obs"] == header["date_obs"].date().isoformat()
    text = printed(sample_settings, "headers", rootname, "raw", "0")
    assert f"EXPTIME = {header['exptime']:>20} / " in text
    assert text == printed(sample_settings, "headers", rootname, "raw", "PRIMARY")
    assert "DATE-OBS= " in text


def test_differences(printed, sample_settings: Path, sample_archive: acsql.Archive) -> None:
    rootname = sample_archive.search("raw.0.exptime>0", "flt.0.exptime>0", limit=1)["rootname"][0]
    a, b = f"{rootname}.raw.1", f"{rootname}.flt.1"
    rows = json.loads(printed(sample_settings, "differences", a, b, "--format", "json"))
    (comparison,) = sample_archive.differences(a, b)
    assert [row["keyword"] for row in rows] == [each.keyword for each in comparison.differences]
    assert rows[0]["header_a"] == comparison.a.name
    more = printed(sample_settings, "differences", a, b, "--bookkeeping", "--format", "json")
    assert len(json.loads(more)) > len(rows)


def test_headers_without_counterpart_are_differences(
    printed, run, sample_settings: Path, sample_archive: acsql.Archive
) -> None:
    rootname = sample_archive.search("raw.0.exptime>0", "spt.0.rootname=*", limit=1)["rootname"][0]
    command = ("differences", f"{rootname}.raw", f"{rootname}.spt", "--format", "json")
    rows = json.loads(printed(sample_settings, *command))
    assert {"only in a", "only in b"} & {row["where"] for row in rows if row["keyword"] is None}
    same = run(sample_settings, "differences", rootname, rootname)
    assert same.exit_code == 0
    assert f"No differences between {rootname} and {rootname}" in same.stderr


@pytest.mark.parametrize("extension", [[], ["1"], ["ASN"]], ids=["default", "number", "name"])
def test_table(
    printed, sample_settings: Path, sample_archive: acsql.Archive, extension: list[str]
) -> None:
    rootname = next(sample_archive.where("exists(asn.1.extname)").rows())["rootname"]
    table = sample_archive.observation(rootname).table("asn")
    text = printed(sample_settings, "table", rootname, "asn", *extension, "--format", "csv")
    assert text.splitlines()[0] == "MEMNAME,MEMTYPE,MEMPRSNT"
    assert [line.partition(",")[0] for line in text.splitlines()[1:]] == list(table["MEMNAME"])
