"""Are real ACS files stored as astropy reads them?

The files are not part of the repository: those of ``../shared`` exist only where acsql is
developed, and one comes with astropy.
"""

import csv
import math
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import astropy.wcs
import numpy as np
import pytest
from astropy.io import fits
from PIL import Image
from written_headers import header_differences

import acsql
from acsql import names, paths
from acsql.config import Config
from acsql.fits.walk import open_headers
from acsql.ingest import measure, run
from acsql.ingest.promotion import find_detector
from acsql.ingest.typing import type_header
from acsql.keywords import HeaderKey, KeywordSpecs
from acsql.names import Filename

SHARED = Path(__file__).parents[2] / "shared" / "data" / "real"
ASTROPY = Path(astropy.wcs.__file__).parent / "tests" / "data"
# What the documentation says of these files.
MEASURED = Path(__file__).parents[1] / "docs" / "howto" / "measured.csv"
# Grey levels: the largest mean error of a JPEG at quality 75.
JPEG_ERROR = 3.0

REAL = {
    "j8bt05njq_raw.fits": SHARED / "j8bt05njq_raw.fits",
    "j8bt06o6q_raw.fits": SHARED / "j8bt06o6q_raw.fits",
    "jcrx01iiq_raw.fits": SHARED / "jcrx01iiq_raw.fits",
    "j94f05bgq_flt.fits": ASTROPY / "j94f05bgq_flt.fits",
}


def lay(config: Config, source: Path, filename: str) -> Path:
    """Copy a real file to its path in the archive."""
    if not source.exists():
        pytest.skip(f"{source.name} is missing: there is no ../shared")
    target = config.filesystem / paths.observation_path(filename[:9]) / filename
    target.parent.mkdir(parents=True)
    shutil.copy(source, target)
    return target


@pytest.fixture(params=REAL)
def real(request: pytest.FixtureRequest, config: Config) -> Iterator[tuple[Path, acsql.Archive]]:
    """One real file, and the archive into which it was ingested."""
    path = lay(config, REAL[request.param], request.param)
    report = run.ingest(config, run.Options(scheduler="synchronous"))
    assert report.failures == []
    with acsql.connect(config) as archive:
        yield path, archive


def test_every_keyword_of_every_extension(real: tuple[Path, acsql.Archive]) -> None:
    path, archive = real
    name = Filename.parse(path.name)
    stored = archive.observation(name.rootname).headers[name.filetype]
    with fits.open(path) as hdus:
        assert list(stored) == list(range(len(hdus)))
        for extension, hdu in enumerate(hdus):
            expected = [keyword for keyword in hdu.header if keyword]
            assert set(stored[extension]) - {"_repeated"} == set(map(names.field, expected))
            for keyword in expected:
                assert same(stored[extension][keyword], hdu.header[keyword]), (extension, keyword)


def same(stored: object, read: object) -> bool:
    """Return whether a stored value is the one that astropy reads."""
    if isinstance(read, fits.header._HeaderCommentaryCards):
        return stored == list(read)
    if isinstance(read, fits.card.Undefined):
        return stored is None
    if isinstance(stored, datetime):
        return stored == datetime.fromisoformat(read)
    if isinstance(read, bool) or isinstance(stored, bool):
        return stored is read
    if isinstance(read, float):
        return isinstance(stored, float) and (stored == read or math.isnan(read))
    return stored == read


def test_headers_written_out_are_those_of_the_file(real: tuple[Path, acsql.Archive]) -> None:
    path, archive = real
    name = Filename.parse(path.name)
    assert list(header_differences(archive.observation(name.rootname), name.filetype)) == []


@pytest.mark.parametrize(
    ("odd", "filename", "unreadable"),
    [
        ("nan_goodmean_flt.fits", "j8bt01lyq_flt.fits", {1}),
        ("tab_in_targname_raw.fits", "j8bt01lxq_raw.fits", {0}),
    ],
)
def test_headers_of_odd_files_written_out_are_those_of_the_file(
    config: Config, odd: str, filename: str, unreadable: set[int]
) -> None:
    path = lay(config, SHARED.parent / "odd" / odd, filename)
    run.ingest(config, run.Options(scheduler="synchronous"))
    name = Filename.parse(path.name)
    with acsql.connect(config) as archive:
        # Astropy compares no header with a value that it cannot read.
        observation = archive.observation(name.rootname)
        assert list(header_differences(observation, name.filetype, unreadable)) == []


def test_previews_are_as_defined(real: tuple[Path, acsql.Archive]) -> None:
    path, archive = real
    name = Filename.parse(path.name)
    with fits.open(path) as hdus:
        chips = {hdu.header.get("CCDCHIP", -hdu.ver): hdu.data for hdu in hdus if hdu.name == "SCI"}
    # Chip 2 is below chip 1, and the first row of an image is at the bottom of the picture.
    image = np.vstack([chips[chip] for chip in sorted(chips, reverse=True)]).astype(float)[::-1]
    low, *highs = np.percentile(image[np.isfinite(image)], [1, 99, 99.5, 99.9, 99.99, 100])
    # White is the lowest of these percentiles that differs from black.
    high = next((value for value in highs if value > low), low)
    expected = np.full(image.shape, 128.0)
    if high > low:
        expected = np.round((np.clip(image, low, high) - low) / (high - low) * 255)
    observation = archive.observation(name.rootname)
    with Image.open(observation.jpeg(name.filetype)) as picture:
        shown = np.asarray(picture, dtype=float)
    assert shown.shape == expected.shape
    assert np.abs(shown - expected).mean() < JPEG_ERROR
    cuts = observation.previews[name.filetype]
    assert (cuts["low"], cuts["high"]) == (low, high)
    if name.filetype == "flt":
        with Image.open(observation.thumbnail()) as thumbnail:
            assert thumbnail.format == "JPEG"
            assert max(thumbnail.size) <= 128


def test_a_file_without_an_image_keeps_its_headers_and_a_reason(config: Config) -> None:
    path = lay(config, SHARED / "j8bt05njq_raw_broke.fits", "j8bt05njq_raw.fits")
    report = run.ingest(config, run.Options(scheduler="synchronous"))
    assert report.failures == []
    with acsql.connect(config) as archive:
        observation = archive.observation("j8bt05nj")
        assert observation.headers["raw"][0]["exptime"] == fits.getval(path, "EXPTIME")
        assert observation.headers["raw"][1]["naxis"] == 0
        assert "j8bt05njq_raw.fits" in observation.previews["raw"]["reason"]
        with pytest.raises(acsql.ArchiveError, match=r"j8bt05njq_raw\.fits"):
            observation.jpeg("raw")


@pytest.mark.parametrize("filename", ["jcmc11010_asn.fits", "jcmc11020_asn.fits"])
def test_every_keyword_of_an_association(config: Config, filename: str) -> None:
    path = lay(config, SHARED / filename, filename)
    report = run.ingest(config, run.Options(scheduler="synchronous"))
    assert report.failures == []
    with acsql.connect(config) as archive, fits.open(path) as hdus:
        observation = archive.observation(Filename.parse(filename).rootname)
        assert list(header_differences(observation, "asn")) == []
        stored = observation.headers["asn"]
        assert list(stored) == list(range(len(hdus)))
        for extension, hdu in enumerate(hdus):
            for keyword in filter(None, hdu.header):
                assert same(stored[extension][keyword], hdu.header[keyword]), (extension, keyword)


def test_the_specs_have_every_keyword_of_real_files_and_of_the_sample(
    sample_filesystem: Path, specs: KeywordSpecs
) -> None:
    irregular = {}
    for path in [*SHARED.parent.rglob("*.fits"), REAL["j94f05bgq_flt.fits"],
                 *sample_filesystem.rglob("j*.fits")]:  # fmt: skip
        filetype = path.stem.rpartition("_")[2]
        if filetype not in specs.filetypes or "broke" in path.name:
            continue
        with open_headers(path) as opened:
            headers = opened.cards
        detector = find_detector({filetype: headers}, specs)
        assert detector or filetype == "asn"
        for number, cards in enumerate(headers):
            key = HeaderKey(detector or "WFC", filetype, number)
            typed = type_header(cards, key, specs)
            if found := {**typed.unspecified, **typed.mismatches}:
                irregular[path.name, number] = found
    assert irregular == {}


def test_monitors_measure_in_real_files_what_the_documentation_says(config: Config) -> None:
    for name in ("j8bt05njq", "j8bt06o6q", "jcrx01iiq", "jcrx01ijq", "jcrx01ikq"):
        lay(config, SHARED / f"{name}_raw.fits", f"{name}_raw.fits")
    run.ingest(config, run.Options(scheduler="synchronous"))
    monitors = ("bias", "sbc_dark", "calibration")
    report = measure.run(config, measure.Options(monitors, scheduler="synchronous"))
    assert report.failures == []
    with acsql.connect(config) as archive:
        with MEASURED.open(encoding="utf-8", newline="") as file:
            for line in csv.DictReader(file):
                rows = archive.monitor(line["monitor"]).rows(f"rootname={line['rootname']}")
                (row,) = rows
                digits = len(line["measured"].partition(".")[2].partition("e")[0])
                kind = "e" if "e" in line["measured"] else "f"
                assert f"{row[line['column']]:.{digits}{kind}}" == line["measured"]
        # Flat fields of two filters are not older than each other.
        current = archive.monitor("calibration").summary()
        assert not any(current["older"][current["keyword"] == "PFLTFILE"])
        (period,) = archive.monitor("sbc_dark").summary()
        assert period["darks"] == 3
        assert period["temperature_end"] > period["temperature"]
