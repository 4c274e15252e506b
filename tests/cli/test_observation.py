"""The commands about single observations."""

import json
from pathlib import Path

import acsql


def test_show(printed, sample_settings: Path, sample_archive: acsql.Archive) -> None:
    observation = sample_archive.observation(next(sample_archive.iter())["rootname"])
    text = printed(sample_settings, "show", observation.ipppssoot.upper())
    assert text.splitlines()[0].split() == ["rootname", observation.rootname]
    for filename in observation.datasets.values():
        assert filename in text
    shown = json.loads(printed(sample_settings, "show", observation.rootname, "--format", "json"))
    assert shown["datasets"] == observation.datasets
    assert shown["exptime"] == observation["exptime"]


def test_headers(printed, sample_settings: Path, sample_archive: acsql.Archive) -> None:
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
