"""Preview and statistics of one file: neither fails for the other."""

import errno
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from archive_files import aged
from astropy.io import fits

from acsql.config import Config
from acsql.fits.walk import open_headers
from acsql.ingest.file_images import FileImages, read_images, read_statistics
from acsql.keywords import KeywordSpecs
from acsql.names import Filename

NAME = Filename("j8bt05njq", "flt")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A calibrated HRC image."""
    path = tmp_path / str(NAME)
    pixels = np.random.default_rng(1).normal(10, 2, (60, 50)).astype(np.float32)
    hdus = [
        fits.ImageHDU(pixels, name="SCI"),
        fits.ImageHDU(np.zeros((60, 50), np.int16), name="DQ"),
    ]
    header = fits.Header({"DETECTOR": "HRC", "CCDAMP": "C", "PROPOSID": 9019})
    fits.HDUList([fits.PrimaryHDU(header=header), *hdus]).writeto(path)
    aged(path)
    return path


def read(path: Path, specs: KeywordSpecs, config: Config) -> FileImages:
    with open_headers(path) as opened:
        return read_images(opened, NAME, specs, config)


def test_a_file_has_a_preview_and_statistics(
    file: Path, specs: KeywordSpecs, config: Config
) -> None:
    images = read(file, specs, config)
    assert (images.faults, images.warnings) == ((), ())
    assert images.preview is not None
    assert (config.jpeg_dir / images.preview["jpeg"]).is_file()
    assert images.statistics is not None
    assert images.statistics["1"].keys() == {"all", "c"}
    with open_headers(file) as opened:
        assert read_statistics(opened, NAME, specs) == images.statistics


def test_statistics_can_be_left_to_a_fill(file: Path, specs: KeywordSpecs, config: Config) -> None:
    images = read(file, specs, replace(config, image_statistics="fill"))
    assert images.preview is not None
    assert (images.statistics, images.faults) == (None, ())


def test_a_damaged_position_of_the_chip_leaves_the_preview(
    file: Path, specs: KeywordSpecs, config: Config
) -> None:
    with fits.open(file, mode="update") as hdus:
        hdus["SCI"].header["LTV1"] = "left"
    images = read(file, specs, config)
    assert images.preview is not None
    assert "jpeg" in images.preview
    assert images.statistics is None
    (fault,) = images.faults
    assert (fault.stage, fault.owed) == ("statistics", False)
    assert "LTV1 of SCI,1" in fault.reason


def test_a_damaged_extension_of_the_data_quality_leaves_the_preview(
    file: Path, specs: KeywordSpecs, config: Config
) -> None:
    card = b"XTENSION= 'IMAGE   '".ljust(30)
    content = file.read_bytes()
    last = content.rindex(card)
    damaged = b"XTENSION=                   12"
    file.write_bytes(content[:last] + damaged + content[last + len(damaged) :])
    aged(file)
    images = read(file, specs, config)
    assert images.preview is not None
    assert "jpeg" in images.preview
    assert images.statistics is None
    assert [(fault.stage, fault.owed) for fault in images.faults] == [("statistics", False)]


def test_a_full_disk_leaves_the_statistics(
    file: Path, specs: KeywordSpecs, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(config.jpeg_dir / "a.jpg"))

    monkeypatch.setattr("acsql.ingest.file_images.preview.render_chips", full)
    images = read(file, specs, config)
    assert images.statistics is not None
    (fault,) = images.faults
    assert (fault.stage, fault.owed) == ("preview", True)
    assert fault.reason.endswith("No space left on device (jpeg_dir)")
    assert images.preview == {"reason": fault.reason, "owed": True}


def test_an_image_without_finite_pixels_has_statistics_and_no_preview(
    file: Path, specs: KeywordSpecs, config: Config
) -> None:
    with fits.open(file, mode="update") as hdus:
        hdus["SCI"].data[:] = np.nan
    images = read(file, specs, config)
    assert images.preview is not None
    assert "no pixel of the image is finite" in images.preview["reason"]
    assert images.statistics is not None
    assert images.statistics["1"]["all"]["finite"] == 0
