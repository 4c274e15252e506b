"""Sample archives: what is written, and what is refused."""

import filecmp
import re
import warnings

import pytest
import yaml
from astropy.io import fits
from sample_files import COUNT, datasets

from acsql import sample
from acsql.errors import ArchiveError
from acsql.sample import cards


def test_it_has_the_requested_number_of_directories(root):
    assert len(list(root.glob("*/*/"))) == COUNT


def test_the_summary_counts_what_was_written(tmp_path, specs):
    summary = sample.write(tmp_path / "new" / "archive", 5)
    written = [path for path, _ in datasets(tmp_path / "new" / "archive", specs)]
    assert summary.observations == 5
    assert summary.files == len(written)
    assert summary.size == sum(path.stat().st_size for path in written)
    listed = yaml.safe_load((tmp_path / "new" / "archive" / "proposals.yaml").read_text())
    assert summary.proposals == len(listed)


def test_it_has_all_detectors_filetypes_and_their_pairs(headers, specs):
    there = {(key.detector, key.filetype) for _, key, _ in headers}
    assert there == {(key.detector, key.filetype) for key in specs.lists}


def test_astropy_finds_nothing_to_complain_about(root):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for path in root.glob("*/*/*.fits"):
            assert path.stat().st_size % cards.BLOCK == 0
            with fits.open(path, output_verify="exception") as hdus:
                hdus.verify("exception")
                for hdu in hdus:
                    assert hdu.header.tostring(padding=False).isascii()
                    assert hdu.data is None or len(hdu.data) > 0


def test_the_same_arguments_give_the_same_bytes(root, tmp_path):
    again = tmp_path / "again"
    sample.write(again, COUNT)
    files = sorted(path.relative_to(root) for path in root.rglob("*") if path.is_file())
    assert files == sorted(p.relative_to(again) for p in again.rglob("*") if p.is_file())
    same, *different = filecmp.cmpfiles(root, again, files, shallow=False)
    assert len(same) == len(files)
    assert different == [[], []]


def test_another_seed_gives_another_archive(root, tmp_path):
    sample.write(tmp_path / "other", 3, seed=2)
    mine = {path.name for path in root.glob("*/*")}
    assert not mine & {path.name for path in (tmp_path / "other").glob("*/*")}


def test_it_does_not_write_into_an_archive(root):
    with pytest.raises(ArchiveError, match=re.escape(str(root))):
        sample.write(root, 1)


def test_it_does_not_write_over_a_file(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ArchiveError, match=re.escape(str(tmp_path / "file"))):
        sample.write(tmp_path / "file", 1)


def test_it_writes_into_an_empty_directory(tmp_path):
    assert sample.write(tmp_path, 1).observations == 1


@pytest.mark.parametrize("wrong", [{"observations": 0}, {"observations": -3}, {"frame": "huge"}])
def test_invalid_arguments_are_errors_before_anything_is_written(tmp_path, wrong):
    with pytest.raises(ArchiveError, match=next(iter(wrong))):
        sample.write(tmp_path / "new", **wrong)
    assert not (tmp_path / "new").exists()


def test_progress_counts_every_observation(tmp_path):
    seen = []

    def watch(items):
        for item in items:
            seen.append(item.ipppssoot)
            yield item

    sample.write(tmp_path / "new", 3, progress=watch)
    assert seen == sorted(seen, key=seen.index)
    assert set(seen) == {path.name for path in (tmp_path / "new").glob("*/*/")}
