"""What is put into a sample archive is found in the statistics of its images."""

from collections.abc import Iterator
from statistics import fmean
from typing import Any

import pytest

import acsql
from acsql import sample
from acsql.config import Config
from acsql.ingest import run
from acsql.sample.calibration import INSTALLED
from acsql.store.columns.fold import fold_all

TRUTH = sample.Instrument(
    bias_levels={"A": 2300.0, "B": 2350.0, "C": 2400.0, "D": 2450.0},
    bias_drift={"A": 5.0, "D": -3.0},
    bias_scatter=1.0,
    read_noise={"A": 8.0, "B": 12.0, "C": 16.0, "D": 20.0},
    dark_current=0.05,
    dark_daily=0.01,
    lamp_level=15000.0,
    lamp_fading=0.02,
)
# EXTVER and amplifiers of both chips.
AMPLIFIERS = [("1", "c"), ("1", "d"), ("2", "a"), ("2", "b")]


@pytest.fixture(scope="module")
def monitored(
    tmp_path_factory: pytest.TempPathFactory, database_uri: str
) -> Iterator[acsql.Archive]:
    """An archive of monitoring, with its observations in columns."""
    folder = tmp_path_factory.mktemp("monitored")
    server, _, options = database_uri.partition("?")
    config = Config(
        filesystem=folder / "archive",
        data_dir=folder / "data",
        jpeg_dir=folder / "jpegs",
        thumbnail_dir=folder / "thumbnails",
        log_dir=folder / "logs",
        proposals_file=folder / "archive" / "proposals.yaml",
        ncores=1,
        connection_string=f"{server.rpartition('/')[0]}/monitored?{options}",
    )
    visits = 3 * len(sample.MONITORING)
    sample.write(config.filesystem, visits, instrument=TRUTH, visits=sample.MONITORING)
    assert not run.ingest(config, run.Options(scheduler="synchronous")).failures
    with acsql.connect(config) as archive:
        fold_all(archive.store)
        yield archive
        archive.store.client.drop_database("monitored")


def rows(archive: acsql.Archive, condition: str, *addresses: str) -> list[dict[str, Any]]:
    """Return the age in years and some statistics of the full frames of WFC."""
    search = archive.where(f"detector=WFC {condition}").columns("expstart", "ccdgain", *addresses)
    found = [dict(row) for row in search.rows()]
    assert found
    return [row | {"age": (row["expstart"] - INSTALLED) / 365.25} for row in found]


@pytest.mark.parametrize(("extver", "amplifier"), AMPLIFIERS)
def test_bias_level_and_read_noise_by_amplifier(
    monitored: acsql.Archive, extver: str, amplifier: str
) -> None:
    mean, std = (f"stats.raw.{extver}.{amplifier}.overscan_{name}" for name in ("mean", "std"))
    name = amplifier.upper()
    for row in rows(monitored, "imagetyp=BIAS", mean, std):
        level = TRUTH.bias_at(name, row["age"], 0.0)
        # Five standard deviations: the scatter, and the mean of 256 pixels.
        assert row[mean] == pytest.approx(level, abs=7)
        assert row[std] == pytest.approx(TRUTH.read_noise[name] / row["ccdgain"], rel=0.25)


def test_dark_current_between_anneals(monitored: acsql.Archive) -> None:
    addresses = [f"stats.flt.{extver}.all.clipped_median" for extver in ("1", "2")]
    for row in rows(monitored, "imagetyp=DARK exptime>500", *addresses):
        rate = fmean(row[address] for address in addresses) / 1000
        assert rate == pytest.approx(TRUTH.dark_at(row["age"]), rel=0.05, abs=0.003)


def test_the_level_of_the_lamp(monitored: acsql.Archive) -> None:
    addresses = [f"stats.flt.{extver}.all.median" for extver in ("1", "2")]
    for row in rows(monitored, "imagetyp=FLAT", *addresses):
        level = fmean(row[address] for address in addresses)
        assert level == pytest.approx(TRUTH.lamp_at(row["age"]), rel=0.05)


def test_columns_and_documents_give_the_same_observations(monitored: acsql.Archive) -> None:
    address = "stats.raw.1.c.overscan_mean"
    values = sorted(row[address] for row in rows(monitored, "", address) if row[address])
    middle = values[len(values) // 2]
    stored = monitored.store.observations.count_documents({address: {"$gt": middle}})
    assert monitored.count(f"{address}>{middle}") == stored > 0
    assert monitored.count(f"exists({address})") == len(values)
