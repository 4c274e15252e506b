"""The headers and pixels of an observation are those of its files."""

import math
import shutil
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits

import acsql
from acsql import paths
from acsql.config import Config
from acsql.errors import DatasetNotFound
from acsql.ingest import run
from acsql.keywords import BLOCK, COMMENTARY
from acsql.names import Filename

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
