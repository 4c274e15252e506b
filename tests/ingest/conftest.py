"""An archive to ingest."""

import shutil
from pathlib import Path

import pytest
from astropy.io import fits

from acsql.config import Config


@pytest.fixture
def archive_copy(config: Config, sample_filesystem: Path) -> Config:
    """The configuration of an archive with a sample observation of each detector."""
    directories: dict[str, Path] = {}
    for flt in sorted(sample_filesystem.glob("*/*/*_flt.fits")):
        directories.setdefault(fits.getval(flt, "DETECTOR"), flt.parent)
    for directory in directories.values():
        shutil.copytree(directory, config.filesystem / directory.relative_to(sample_filesystem))
    return config
