"""Vanished files: those that a scan did not find, and how many are plausible."""

import pytest

from acsql.errors import ArchiveError
from acsql.ingest.vanished_files import implausible_loss, of_observation, of_unseen, unseen
from acsql.store.recorded_files import RecordedFiles


@pytest.mark.parametrize(
    ("missing", "stored", "limit", "plausible"),
    [
        (0, 0, 5, True),
        (1, 1, 0, True),
        (2, 40, 5, True),
        (3, 40, 5, False),
        (2, 1_000_000, 0, False),
        (50_000, 1_000_000, 5, True),
        (50_001, 1_000_000, 5, False),
        (1_000_000, 1_000_000, 100, True),
    ],
)
def test_a_loss_is_plausible_up_to_a_share_of_the_files(
    missing: int, stored: int, limit: float, plausible: bool
) -> None:
    problem = implausible_loss(missing, stored, limit)
    assert (problem is None) == plausible
    if problem:
        assert f"{missing} of {stored}" in problem and "--confirm-vanished" in problem


def test_a_stored_file_vanishes_once():
    files = {"raw": {}, "flt": {}, "spt": {"vanished": "2019"}}
    assert list(of_observation("j8bt05nj", files, ["flt"])) == [("j8bt05nj", "raw")]


def test_observations_that_a_scan_did_not_find_vanish_if_their_folder_was_read():
    names = ["j8bt05nj", "jbmma2u2", "jcdm01k1"]
    assert list(unseen(names, {"j8bt05nj"}, {"jcdm"})) == ["jbmma2u2"]
    recorded = RecordedFiles({name: {"files": {"flt": {}}} for name in names})
    assert list(of_unseen(recorded, {"j8bt05nj"}, {"jcdm"})) == [("jbmma2u2", "flt")]


def test_an_empty_scan_of_a_filled_archive_is_refused():
    assert list(of_unseen(RecordedFiles({}), (), ())) == []
    with pytest.raises(ArchiveError, match="but 1 are stored: is it mounted"):
        list(of_unseen(RecordedFiles({"j8bt05nj": {}}), (), ()))
