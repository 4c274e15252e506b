"""Paths of FITS files are those of the mission, and previews are stored by proposal."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acsql import paths
from acsql.names import Filename

ipppssoots = st.from_regex(r"[a-z][a-z0-9]{8}", fullmatch=True)
untimed = settings(deadline=None)


def test_an_observation_is_in_the_folder_of_its_first_four_characters():
    assert paths.observation_path("j8bt05njq") == "j8bt/j8bt05njq"


@pytest.mark.parametrize("root", ["/archive", Path("/archive")])
def test_a_fits_file_is_in_the_folder_of_its_observation(root):
    path = paths.fits_path(root, Filename.parse("j8bt05njq_raw.fits"))
    assert path == Path("/archive/j8bt/j8bt05njq/j8bt05njq_raw.fits")


@untimed
@given(ipppssoots)
def test_the_folder_of_a_file_is_the_one_of_its_observation(ipppssoot):
    path = paths.fits_path(Path("/archive"), Filename(ipppssoot, "flt"))
    assert path.parent == Path("/archive") / paths.observation_path(ipppssoot)


@pytest.mark.parametrize("filetype", ["raw", "flt", "flc"])
def test_a_preview_is_in_the_folder_of_its_proposal(filetype):
    name = Filename("j8bt05njq", filetype)
    assert paths.jpeg_name(name, 9019) == f"9019/j8bt05njq_{filetype}.jpg"


def test_a_thumbnail_is_in_the_folder_of_its_proposal():
    name = Filename.parse("j8bt05njq_flt.fits")
    assert paths.thumbnail_name(name, 9019) == "9019/j8bt05njq_flt.thumb"


def test_previews_without_a_proposal_are_in_a_folder_that_no_proposal_can_have():
    name = Filename.parse("j8bt05njq_flt.fits")
    for path in (paths.jpeg_name(name, None), paths.thumbnail_name(name, None)):
        folder = Path(path).parent.name
        assert folder == paths.NO_PROPOSAL
        assert not folder.isdigit()
