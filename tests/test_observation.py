"""The headers and pixels of an observation are those of its files."""

import math
import shutil
from collections.abc import Iterator
from itertools import starmap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

import acsql
from acsql import paths
from acsql.config import Config
from acsql.errors import DatasetNotFound
from acsql.ingest import run
from acsql.keywords import BLOCK, COMMENTARY
from acsql.names import Filename
from acsql.sample.cards import Hdu, card

REAL = Path(__file__).parents[2] / "shared" / "data" / "real"

Cards = list[tuple[str, Any]]


def cards(header: fits.Header) -> Cards:
    """Return what storing keeps of a header, in an order in which that can be compared.

    Not kept are blank cards, and where blocks, commentary and repeated keywords stood.
    """
    kept = [(card.keyword, card.value) for card in header.cards if card.keyword]
    moved, first, seen = [], [], set()
    for keyword, value in kept:
        if BLOCK.fullmatch(keyword) or keyword in COMMENTARY or keyword in seen:
            moved.append((keyword, value))
        else:
            first.append((keyword, value))
        seen.add(keyword)
    return [*first, *sorted(moved, key=lambda card: card[0])]


def same(ours: Any, theirs: Any) -> bool:
    """Whether a value came back: blank text may be undefined, and T and F may have lost quotes."""
    if isinstance(ours, fits.card.Undefined):
        return isinstance(theirs, fits.card.Undefined) or theirs.strip() == ""
    if isinstance(theirs, bool) or isinstance(ours, bool):
        return {True: "T", False: "F"}.get(ours, ours) == {True: "T", False: "F"}.get(
            theirs, theirs
        )
    if isinstance(theirs, float) and math.isnan(theirs):
        return ours == "nan"
    return ours == theirs and isinstance(ours, str) == isinstance(theirs, str)


def differences(ours: fits.Header, theirs: fits.Header) -> list[str]:
    one, other = cards(ours), cards(theirs)
    if [keyword for keyword, _ in one] != [keyword for keyword, _ in other]:
        return [f"keywords: {[k for k, _ in one]} != {[k for k, _ in other]}"]
    return [
        f"{keyword}: {value!r} != {read!r}"
        for (keyword, value), (_, read) in zip(one, other, strict=True)
        if not same(value, read)
    ]


def test_headers_of_the_sample_are_those_of_its_files(sample_archive: acsql.Archive) -> None:
    compared, all_differences = 0, []
    for row in sample_archive.where().columns("rootname").rows():
        observation = sample_archive.observation(row["rootname"])
        for filetype in observation.datasets:
            with observation.open(filetype) as hdus:
                for extension, hdu in enumerate(hdus):
                    ours = observation.header(filetype, extension)
                    all_differences += [
                        f"{observation.rootname} {filetype} {extension} {difference}"
                        for difference in differences(ours, hdu.header)
                    ]
                    compared += len(ours)
    assert compared > 10_000
    assert all_differences == []


@pytest.mark.parametrize("filename", ["j8bt05njq_raw.fits", "j8bt06o6q_raw.fits"])
def test_headers_of_real_files(config: Config, filename: str) -> None:
    if not (REAL / filename).is_file():
        pytest.skip(f"{filename} is not here: ../shared is absent")
    path = paths.fits_path(config.filesystem, Filename.parse(filename))
    path.parent.mkdir(parents=True)
    shutil.copy(REAL / filename, path)
    run.ingest(config, run.Options(scheduler="synchronous"))
    with acsql.connect(config) as archive, fits.open(path) as hdus:
        observation = archive.observation(filename[:9])
        for extension, hdu in enumerate(hdus):
            assert differences(observation.header("raw", extension), hdu.header) == []
        assert (observation.data("raw") == hdus["SCI", 1].data).all()
        constant = observation.data("raw", "DQ", 1)
        assert constant.shape == hdus["SCI", 1].data.shape
        assert not constant.any()


def test_a_header_can_be_written_to_a_file_and_read_again(sample_archive, tmp_path) -> None:
    rootname = next(sample_archive.where("flt.0.exptime>0").columns("rootname").rows())["rootname"]
    header = sample_archive.observation(rootname).header("flt", 0)
    header.tofile(tmp_path / "header.fits")
    assert differences(fits.Header.fromfile(tmp_path / "header.fits"), header) == []


def test_comments_are_the_unit_and_the_description(sample_archive) -> None:
    rootname = next(sample_archive.where("flt.0.exptime>0").columns("rootname").rows())["rootname"]
    header = sample_archive.observation(rootname).header("flt", 0)
    assert header.comments["EXPTIME"].startswith("[s] exposure duration")
    assert all(len(card.image) == 80 for card in header.cards if not isinstance(card.value, str))


# --- pixels


@pytest.fixture
def written(config: Config) -> Iterator[acsql.Archive]:
    """An archive with one file, each extension of which is stored differently."""
    path = config.filesystem / "j8bt/j8bt05njq/j8bt05njq_raw.fits"
    path.parent.mkdir(parents=True)
    scaled = fits.ImageHDU(np.arange(12, dtype=np.int16).reshape(3, 4), name="SCALED")
    scaled.header["BSCALE"], scaled.header["BZERO"] = 0.5, 10.0
    fits.HDUList(
        [
            fits.PrimaryHDU(),
            fits.ImageHDU(np.arange(12, dtype=np.uint16).reshape(3, 4) + 40_000, name="SCI"),
            fits.ImageHDU(np.full((3, 4), np.nan, np.float32), name="SCI", ver=2),
            scaled,
            fits.ImageHDU(name="EMPTY"),
            fits.BinTableHDU.from_columns([fits.Column("a", "J", array=[1])], name="TABLE"),
        ]
    ).writeto(path)
    with path.open("ab") as file:
        file.write(constant("DQ", 16, 8) + constant("ERR", 16, 2.5))
        file.write(constant("WHT", -32, 1.5) + constant("FAR", 16, 70_000))
    with acsql.connect(config) as archive:
        archive.store.observations.insert_one(
            {
                "_id": "j8bt05nj",
                "datasets": {"raw": path.name},
                "files": {"raw": {"path": str(path.relative_to(config.filesystem))}},
            }
        )
        yield archive


def constant(name: str, bitpix: int, value: float) -> bytes:
    """Return an extension of 3 rows of 4 equal pixels as the pipeline writes it."""
    facts = {
        "XTENSION": "IMAGE",
        "BITPIX": bitpix,
        "NAXIS": 0,
        "PCOUNT": 0,
        "GCOUNT": 1,
        "EXTNAME": name,
        "EXTVER": 1,
        "NPIX1": 4,
        "NPIX2": 3,
        "PIXVALUE": value,
    }
    return b"".join(map(bytes, Hdu("".join(starmap(card, facts.items()))).parts()))


@pytest.mark.parametrize(
    ("extension", "dtype", "expected"),
    [
        (("SCI", 1), np.uint16, np.arange(12).reshape(3, 4) + 40_000),
        (("SCI", 2), np.float32, np.full((3, 4), np.nan)),
        (("SCALED", 1), np.float32, np.arange(12).reshape(3, 4) * 0.5 + 10),
        (("DQ", 1), np.int16, np.full((3, 4), 8)),
        (("ERR", 1), np.float32, np.full((3, 4), 2.5)),
        (("WHT", 1), np.float32, np.full((3, 4), 1.5)),
        (("FAR", 1), np.float32, np.full((3, 4), 70_000)),
    ],
)
def test_pixels_are_scaled_and_in_native_byte_order(written, extension, dtype, expected) -> None:
    data = written.observation("j8bt05nj").data("raw", *extension)
    assert data.dtype == np.dtype(dtype)
    assert data.dtype.isnative
    np.testing.assert_array_equal(data, expected)


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (("raw", "SCI", 3), r"j8bt05njq_raw\.fits\[SCI,3\].*SCI,1, SCI,2, SCALED,1"),
        (("raw", "EMPTY"), "EMPTY,1.*no image"),
        (("raw", "TABLE"), "TABLE,1.*no image"),
        (("flt",), "no flt; it has raw"),
    ],
)
def test_missing_pixels_are_named(written, image, reason) -> None:
    with pytest.raises(DatasetNotFound, match=reason):
        written.observation("j8bt05nj").data(*image)


@pytest.mark.filterwarnings("ignore:File may have been truncated")
def test_a_truncated_file_is_named(written) -> None:
    observation = written.observation("j8bt05nj")
    path = observation.path("raw")
    path.write_bytes(path.read_bytes()[: 2 * 2880 + 10])
    with pytest.raises(DatasetNotFound, match=r"j8bt05njq_raw\.fits"):
        observation.data("raw")


def test_pixels_are_those_of_the_file(sample_archive) -> None:
    for row in sample_archive.where("flt.0.exptime>0", detector="WFC").rows():
        observation = sample_archive.observation(row["rootname"])
        with observation.open("flt") as hdus:
            np.testing.assert_array_equal(observation.data("flt"), hdus["SCI", 1].data)


def test_keywords_are_read_from_the_document_and_from_headers(sample_archive) -> None:
    search = sample_archive.where("raw.0.exptime>0", detector="WFC")
    observation = sample_archive.observation(next(search.rows())["rootname"])
    with observation.open("raw") as hdus:
        assert hdus[0].header["EXPTIME"] == observation["exptime"]
        assert hdus["SCI", 1].data.ndim == 2
    assert observation.headers["raw"][0]["EXPTIME"] == observation["EXPTIME"]
    assert observation["raw.0.exptime"] == observation["exptime"]
    with pytest.raises(DatasetNotFound, match="asn"):
        observation.open("asn")
    with pytest.raises(DatasetNotFound, match="99"):
        observation.header("raw", 99)
    with pytest.raises(KeyError, match="NOTTHERE"):
        observation.headers["raw"][0]["NOTTHERE"]
    with pytest.raises(DatasetNotFound, match="spt"):
        observation.jpeg("spt")


def test_the_thumbnail_is_that_of_the_best_filetype(sample_archive: acsql.Archive) -> None:
    best = ("drc", "drz", "crc", "crj", "flt")
    shown = set()
    for row in sample_archive.where().thumbnails().rows:
        if not row["no_thumbnail"]:
            observation = sample_archive.observation(row["rootname"])
            made = [name for name in best if observation.previews.get(name, {}).get("thumbnail")]
            assert observation.thumbnail().stem == f"{observation.ipppssoot}_{made[0]}"
            shown.add(made[0])
    assert shown >= {"drz", "flt"}


def test_a_vanished_file_is_named(empty_archive: acsql.Archive) -> None:
    empty_archive.store.observations.insert_one(
        {
            "_id": "j8bt05nj",
            "datasets": {"raw": "j8bt05njq_raw.fits"},
            "files": {"raw": {"path": "j8bt/j8bt05njq/j8bt05njq_raw.fits"}},
        }
    )
    with pytest.raises(DatasetNotFound, match=r"j8bt05njq_raw\.fits"):
        empty_archive.observation("j8bt05nj").open("raw")
