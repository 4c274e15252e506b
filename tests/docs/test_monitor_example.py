"""The example of a monitor: each observation once, also one that changes."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from astropy.io import fits

import acsql
from acsql.config import Config
from acsql.ingest import run

SCRIPT = Path(__file__).parents[2] / "docs" / "examples" / "bias_level.py"
OBSERVATIONS = 4


@pytest.fixture
def example():
    spec = importlib.util.spec_from_file_location("bias_level", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_monitor_handles_each_observation_once(
    config: Config, sample_archive: acsql.Archive, write_settings, example, tmp_path: Path
) -> None:
    settings = write_settings(config, tmp_path)
    search = sample_archive.where(example.CONDITION, "exists(flt.1.meanblev)").limit(OBSERVATIONS)
    names = {row["rootname"] for row in search.rows()}
    assert len(names) == OBSERVATIONS
    for name in names:
        folder = sample_archive.observation(name).path("raw").parent
        copy(folder, config.filesystem)
    folder = tmp_path / "monitor"
    folder.mkdir()
    ingest(config)
    assert monitor(settings, folder) == f"{OBSERVATIONS} observations new or changed\n"
    picture = folder / "bias_level.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    measured = example.measurements(folder)
    assert measured.keys() == {(name, amplifier) for name in names for amplifier in "ABCD"}

    table = (folder / "bias_level.csv").read_bytes()
    assert monitor(settings, folder) == "0 observations new or changed\n"
    assert (folder / "bias_level.csv").read_bytes() == table

    touched = min(config.filesystem.glob("*/*/*_raw.fits"))
    with fits.open(touched, mode="update") as hdus:
        hdus["SCI", 1].data[:] += 100
    ingest(config)
    assert monitor(settings, folder) == "1 observations new or changed\n"
    again = example.measurements(folder)
    changed = {name for name, row in again.items() if row != measured[name]}
    assert changed == {(touched.name[:8], "C"), (touched.name[:8], "D")}


def test_the_level_is_the_one_that_the_pipeline_subtracts(
    sample_archive: acsql.Archive, example
) -> None:
    rows = list(sample_archive.where(example.CONDITION, "exists(flt.1.meanblev)").rows())
    assert rows
    for row in rows:
        observation = sample_archive.observation(row["rootname"])
        levels = example.bias_levels(observation)
        for extension, amplifiers in ((1, "CD"), (4, "AB")):
            subtracted = observation.stored_header("flt", extension)["meanblev"]
            mean = sum(levels[amplifier] for amplifier in amplifiers) / 2
            assert mean == pytest.approx(subtracted, abs=2)


def copy(folder: Path, filesystem: Path) -> None:
    """Copy the folder of an observation to another archive."""
    shutil.copytree(folder, filesystem / folder.parent.name / folder.name)


def ingest(config: Config) -> None:
    assert not run.ingest(config, run.Options(scheduler="synchronous")).failures


def monitor(settings: Path, folder: Path) -> str:
    result = subprocess.run(
        [sys.executable, "-W", "error", SCRIPT, folder],
        env=os.environ | {"ACSQL_CONFIG": str(settings)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout
