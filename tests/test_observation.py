"""The headers and pixels of an observation are those of its files."""

import shutil
from pathlib import Path

import pytest
from astropy.io import fits
from astropy.io.fits.scripts import fitsdiff
from written_headers import header_differences, with_headers_written_out

import acsql
from acsql import paths
from acsql.config import Config
from acsql.errors import DatasetNotFound
from acsql.ingest import run
from acsql.store import header_layouts

REAL = Path(__file__).parents[2] / "shared" / "data" / "real"


def test_headers_of_the_sample_are_those_of_its_files(sample_archive: acsql.Archive) -> None:
    compared, differences = 0, []
    for row in sample_archive.where().columns("rootname").rows():
        observation = sample_archive.observation(row["rootname"])
        for filetype in observation.datasets:
            differences += header_differences(observation, filetype)
            compared += 1
    assert compared > 100
    assert differences == []


@pytest.mark.parametrize("filename", ["j8bt05njq_raw.fits", "j8bt06o6q_raw.fits"])
def test_headers_of_real_files(config: Config, filename: str) -> None:
    if not (REAL / filename).is_file():
        pytest.skip(f"{filename} is not here: ../shared is absent")
    path = config.filesystem / paths.observation_path(filename[:9]) / filename
    path.parent.mkdir(parents=True)
    shutil.copy(REAL / filename, path)
    run.ingest(config, run.Options(scheduler="synchronous"))
    with acsql.connect(config) as archive, fits.open(path) as hdus:
        observation = archive.observation(filename[:9])
        assert list(header_differences(observation, "raw")) == []
        assert (observation.data("raw") == hdus["SCI", 1].data).all()
        constant = observation.data("raw", "DQ", 1)
        assert constant.shape == hdus["SCI", 1].data.shape
        assert not constant.any()


def test_fitsdiff_finds_no_difference_in_a_file_with_headers_written_out(
    sample_archive: acsql.Archive, tmp_path: Path
) -> None:
    rootname = next(sample_archive.where("flt.0.exptime>0").columns("rootname").rows())["rootname"]
    observation = sample_archive.observation(rootname)
    for filetype in observation.datasets:
        written = tmp_path / f"{filetype}.fits"
        written.write_bytes(with_headers_written_out(observation, filetype))
        assert fitsdiff.main(["--quiet", str(written), str(observation.path(filetype))]) == 0


def test_a_header_has_the_section_titles_of_the_file(sample_archive: acsql.Archive) -> None:
    rootname = next(sample_archive.where("flt.0.exptime>0").columns("rootname").rows())["rootname"]
    header = sample_archive.observation(rootname).header("flt")
    assert "/ EXPOSURE INFORMATION" in "\n".join(map(str, header[""]))


def test_comments_of_older_documents_are_the_unit_and_the_description(
    sample_archive: acsql.Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(header_layouts, "of_file", lambda *_: {})
    rootname = next(sample_archive.where("flt.0.exptime>0").columns("rootname").rows())["rootname"]
    header = sample_archive.observation(rootname).header("flt", 0)
    assert header.comments["EXPTIME"].startswith("[s] exposure duration")
    assert all(len(card.image) == 80 for card in header.cards if not isinstance(card.value, str))


@pytest.mark.parametrize("name", ["SCI,2", "sci, 2", ("SCI", 2)])
def test_a_header_is_found_by_the_name_and_version_of_its_extension(
    sample_archive: acsql.Archive, name: str | tuple[str, int]
) -> None:
    row = next(sample_archive.where("exists(flt.4.goodmean)").columns("rootname").rows())
    observation = sample_archive.observation(row["rootname"])
    header = observation.header("flt", name)
    assert (header["EXTNAME"], header["EXTVER"]) == ("SCI", 2)
    assert header.tostring() == observation.header("flt", 4).tostring()


def test_a_header_is_found_by_the_name_of_its_extension_alone(
    sample_archive: acsql.Archive,
) -> None:
    row = next(sample_archive.where("exists(flt.4.goodmean)").columns("rootname").rows())
    observation = sample_archive.observation(row["rootname"])
    assert observation.header("flt", "DQ")["EXTVER"] == 1
    with pytest.raises(DatasetNotFound, match=r"flt\.fits has no extension SCI,9"):
        observation.header("flt", "SCI,9")


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
    best = ("drc", "drz", "crc", "crj", "flt", "flc", "raw")
    shown = set()
    for row in sample_archive.where().thumbnails().rows:
        if not row["no_thumbnail"]:
            observation = sample_archive.observation(row["rootname"])
            made = [name for name in best if observation.previews.get(name, {}).get("thumbnail")]
            assert observation.thumbnail().stem == f"{observation.ipppssoot}_{made[0]}"
            shown.add(made[0])
    assert shown >= {"drz", "flt"}
