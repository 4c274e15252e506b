"""An archive to ingest."""

import shutil
from pathlib import Path

import pytest
from astropy.io import fits

from acsql.config import Config
from acsql.store.client import Store


@pytest.fixture(scope="session")
def of_each_detector(sample_filesystem: Path) -> list[Path]:
    """The folder of a sample observation of each detector, relative to the archive."""
    directories: dict[str, Path] = {}
    for flt in sorted(sample_filesystem.glob("*/*/*_flt.fits")):
        directories.setdefault(fits.getval(flt, "DETECTOR"), flt.parent)
    return [directory.relative_to(sample_filesystem) for directory in directories.values()]


@pytest.fixture
def archive_copy(new_archive_copy: Config, indexed_store: Store) -> Config:
    """The configuration of an archive with a sample observation of each detector."""
    return new_archive_copy.at(indexed_store.connection_string)


@pytest.fixture
def new_archive_copy(
    config: Config, sample_filesystem: Path, of_each_detector: list[Path]
) -> Config:
    """The configuration of `archive_copy` with a new database.

    Tests of the first ingest, and of ingests that hang or are killed, need one.
    """
    for directory in of_each_detector:
        shutil.copytree(sample_filesystem / directory, config.filesystem / directory)
    return config
