"""Paths of FITS files are those of the mission, and previews are stored by proposal."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acsql import paths
from acsql.errors import UnsafePath
from acsql.names import Filename

ipppssoots = st.from_regex(r"[a-z][a-z0-9]{8}", fullmatch=True)
untimed = settings(deadline=None)


def test_an_observation_is_in_the_folder_of_its_first_four_characters():
    assert paths.observation_path("j8bt05njq") == "j8bt/j8bt05njq"


@pytest.mark.parametrize(("proposid", "expected"), [(9019, "9019"), (0, "0"), (None, "unknown")])
def test_a_proposal_has_a_name_in_paths_and_urls(proposid, expected):
    assert paths.proposal_name(proposid) == expected


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


stored = st.one_of(
    st.text(),
    st.lists(st.sampled_from(["..", ".", "a", "in", "out", "loop", "", "/"])).map("/".join),
    st.none() | st.integers() | st.lists(st.text()) | st.dictionaries(st.text(), st.text()),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with links that stay in it and links that lead out."""
    folder = tmp_path_factory.mktemp("outside") / "folder"
    (folder / "a" / "a").mkdir(parents=True)
    (folder / "in").symlink_to("a")
    (folder / "out").symlink_to("..")
    (folder / "loop").symlink_to("loop")
    return folder


@untimed
@given(stored)
def test_a_stored_path_is_below_its_folder_or_refused(folder, stored):
    try:
        path = paths.confined(folder, stored)
    except UnsafePath:
        return
    # Not `Path.resolve`, which refuses a link in a loop.
    assert folder in Path(os.path.realpath(path)).parents


@pytest.mark.parametrize("name", ["a", "a/new.jpg", "in/a", "out/folder/a"])
def test_a_stored_path_may_follow_links_within_its_folder(folder, name):
    assert paths.confined(folder, name) == folder / name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "a/../a/a",
        "/etc/x",
        "out/x",
        "in/../../x",
        "a\0",
        "a" * 256,
        None,
        5,
        ["a"],
    ],
)
def test_any_other_stored_path_is_refused(folder, name):
    with pytest.raises(UnsafePath, match="leads out of its folder"):
        paths.confined(folder, name)
