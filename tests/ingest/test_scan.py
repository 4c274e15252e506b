"""Finding observations on disk."""

import errno
import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from acsql.errors import ConfigError, InvalidName
from acsql.ingest.on_disk import ObservationOnDisk
from acsql.ingest.scan import scan

FILETYPES = ("raw", "flt", "jit", "asn", "drz")


def touch(filesystem: Path, *paths: str) -> None:
    for path in paths:
        file = filesystem / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * 7)


def scanned(filesystem: Path, **options) -> dict[str, ObservationOnDisk]:
    return {seen.rootname: seen for seen in scan(filesystem, FILETYPES, **options)}


def test_files_are_grouped_by_rootname(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "jcp0/jcp001kwq/jcp001kwq_raw.fits",
        "jcp0/jcp001kwq/jcp001kwj_jit.fits",
        "jcp0/jcp001010/jcp001010_asn.fits",
        "jcp0/jcp001011/jcp001011_drz.fits",
        "jcp3/jcp301abq/jcp301abq_flt.fits",
    )
    seen = scanned(tmp_path)
    assert list(seen) == ["jcp001010", "jcp001011", "jcp001kw", "jcp301ab"]
    assert {key: str(file.name) for key, file in seen["jcp001kw"].files.items()} == {
        "raw": "jcp001kwq_raw.fits",
        "jit": "jcp001kwj_jit.fits",
    }
    assert seen["jcp001kw"].path == "jcp0/jcp001kwq"


def test_size_and_time_are_those_of_the_file(tmp_path: Path) -> None:
    touch(tmp_path, "jcp0/jcp001kwq/jcp001kwq_raw.fits")
    path = tmp_path / "jcp0/jcp001kwq/jcp001kwq_raw.fits"
    os.utime(path, ns=(0, 1_015_000_000_123_456_789))
    file = scanned(tmp_path)["jcp001kw"].files["raw"]
    assert file.size == 7
    expected = datetime.fromtimestamp(1_015_000_000.123, UTC).replace(tzinfo=None)
    assert file.mtime == expected


def test_other_files_are_counted(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "jcp0/jcp001kwq/jcp001kwq_raw.fits",
        "jcp0/jcp001kwq/jcp001kwq_trl.fits",
        "jcp0/jcp001kwq/jcp001kwq_flt_hlet.fits",
        "jcp0/jcp001kwq/preview.jpg",
        "jcp0/notes.txt",
        "proposals.yaml",
    )
    seen = scanned(tmp_path)
    assert list(seen) == ["jcp001kw"]
    assert seen["jcp001kw"].ignored == 3
    assert not seen["jcp001kw"].problems


def test_redelivery_with_another_letter_is_the_same_observation(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "jcp0/jcp001kwq/jcp001kwq_raw.fits",
        "jcp0/jcp001kwq/jcp001kwq_flt.fits",
        "jcp0/jcp001kws/jcp001kws_raw.fits",
    )
    os.utime(tmp_path / "jcp0/jcp001kwq/jcp001kwq_raw.fits", (0, 1000))
    os.utime(tmp_path / "jcp0/jcp001kwq/jcp001kwq_flt.fits", (0, 1000))
    os.utime(tmp_path / "jcp0/jcp001kws/jcp001kws_raw.fits", (0, 2000))
    seen = scanned(tmp_path)
    assert list(seen) == ["jcp001kw"]
    assert seen["jcp001kw"].ipppssoot == "jcp001kws"
    assert seen["jcp001kw"].files["raw"].path == "jcp0/jcp001kws/jcp001kws_raw.fits"
    assert seen["jcp001kw"].files["flt"].path == "jcp0/jcp001kwq/jcp001kwq_flt.fits"


def test_a_file_of_another_observation_is_a_problem(tmp_path: Path) -> None:
    touch(tmp_path, "jcp0/jcp001kwq/jcp001kwq_raw.fits", "jcp0/jcp001kwq/jcp001xxq_raw.fits")
    problem = scanned(tmp_path)["jcp001kw"].problems[0]
    assert problem.filename == "jcp001xxq_raw.fits"
    assert "jcp001xx" in problem.reason


@pytest.mark.parametrize("kind", ["directory", "pipe", "broken link"])
def test_an_entry_that_is_not_a_file_is_a_problem(tmp_path: Path, kind: str) -> None:
    touch(tmp_path, "jcp0/jcp001kwq/jcp001kwq_raw.fits")
    odd = tmp_path / "jcp0/jcp001kwq/jcp001kwq_flt.fits"
    {"directory": odd.mkdir, "pipe": lambda: os.mkfifo(odd)}.get(
        kind, lambda: odd.symlink_to("nowhere")
    )()
    seen = scanned(tmp_path)["jcp001kw"]
    assert list(seen.files) == ["raw"]
    assert [problem.filename for problem in seen.problems] == ["jcp001kwq_flt.fits"]


@pytest.mark.parametrize("name", ["JCP001KWQ_FLT.FITS", "jcp001kwq_flt.FITS", "Jcp001kwq_flt.fits"])
def test_a_name_in_upper_case_is_a_problem(tmp_path: Path, name: str) -> None:
    touch(tmp_path, "jcp0/jcp001kwq/jcp001kwq_raw.fits", f"jcp0/jcp001kwq/{name}")
    seen = scanned(tmp_path)["jcp001kw"]
    assert list(seen.files) == ["raw"]
    (problem,) = seen.problems
    assert problem.reason == f"{name} is not in lower case: rename it to jcp001kwq_flt.fits"


def test_a_broken_link_is_named_as_such(tmp_path: Path) -> None:
    touch(tmp_path, "jcp0/jcp001kwq/jcp001kwq_raw.fits")
    (tmp_path / "jcp0/jcp001kwq/jcp001kwq_flt.fits").symlink_to("nowhere")
    (tmp_path / "jcp3").symlink_to("nowhere")
    (tmp_path / "jcp0/jcp002kwq").symlink_to("nowhere")
    seen = scanned(tmp_path)
    assert seen["jcp001kw"].problems[0].reason == "jcp001kwq_flt.fits is a link to nothing"
    assert "the folder jcp3 cannot be read" in seen["jcp3"].problems[0].reason
    assert "the folder jcp0/jcp002kwq cannot be read" in seen["jcp002kw"].problems[0].reason


@pytest.mark.parametrize("linked", ["jcp0", "jcp0/jcp001kwq", "jcp0/jcp001kwq/jcp001kwq_flt.fits"])
def test_a_link_is_followed_inside_the_archive_alone(tmp_path: Path, linked: str) -> None:
    root = tmp_path / "archive"
    touch(root, "jcp0/jcp001kwq/jcp001kwq_flt.fits", "jcp3/jcp301abq/jcp301abq_flt.fits")
    for target in (root / "disk2" / linked, tmp_path / "disk3" / linked):
        target.parent.mkdir(parents=True)
        (root / linked).rename(target)
        (root / linked).symlink_to(target)
        seen = scanned(root)
        assert "flt" in seen["jcp301ab"].files
        if root in target.parents:
            assert "flt" in seen["jcp001kw"].files
            (root / linked).unlink()
            target.rename(root / linked)
    found = next(one for name, one in seen.items() if name != "jcp301ab")
    assert not found.files
    assert "it is a link that leads out of the archive" in found.problems[0].reason


@pytest.mark.parametrize("number", [errno.ENOENT, errno.ESTALE, errno.EIO, errno.EACCES])
@pytest.mark.parametrize("gone", ["jcp0", "jcp0/jcp001kwq"])
def test_a_folder_that_fails_half_way_leaves_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: str, number: int
) -> None:
    touch(tmp_path, "jcp0/jcp001kwq/jcp001kwq_raw.fits", "jcp3/jcp301abq/jcp301abq_flt.fits")
    scandir = os.scandir

    def failing(path):
        if Path(path) == tmp_path / gone:
            raise OSError(number, os.strerror(number), str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", failing)
    seen = scanned(tmp_path)
    assert "flt" in seen.pop("jcp301ab").files
    (lost,) = seen.values()
    assert lost.unreadable
    assert os.strerror(number) in lost.problems[0].reason


def test_the_layout_of_a_download_from_mast_is_scanned(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "mastDownload/HST/jcp001kwq/jcp001kwq_raw.fits",
        "mastDownload/HST/jcp301abq/jcp301abq_flt.fits",
        "mastDownload/HST/hst_9019_05_acs_hrc/hst_9019_05_acs_hrc_flt.fits",
    )
    seen = scanned(tmp_path, layout="mast")
    assert list(seen) == ["jcp001kw", "jcp301ab"]
    assert seen["jcp001kw"].path == "mastDownload/HST/jcp001kwq"
    path = "mastDownload/HST/jcp301abq/jcp301abq_flt.fits"
    assert seen["jcp301ab"].files["flt"].path == path
    limited = scanned(tmp_path, layout="mast", rootnames=["jcp301ab", "jcp099zz"])
    assert list(limited) == ["jcp099zz", "jcp301ab"]
    assert limited["jcp301ab"].files
    with pytest.raises(ConfigError, match="mastDownload/HST"):
        scanned(tmp_path / "mastDownload", layout="mast")


def test_a_scan_can_be_limited_to_rootnames(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "jcp0/jcp001kwq/jcp001kwq_raw.fits",
        "jcp0/jcp001kxq/jcp001kxq_raw.fits",
        "jcp0/jcp001010/jcp001010_asn.fits",
    )
    seen = scanned(tmp_path, rootnames=["JCP001KX", "jcp001010", "jcp099zzq"])
    assert list(seen) == ["jcp001010", "jcp001kx", "jcp099zz"]
    assert seen["jcp001kx"].files
    assert "no folder" in seen["jcp099zz"].problems[0].reason


def test_an_invalid_rootname_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidName, match="no-name"):
        scanned(tmp_path, rootnames=["no-name"])


def test_a_missing_root_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"{tmp_path}/nowhere"):
        scanned(tmp_path / "nowhere")


@pytest.mark.parametrize("suffix", [".gz", ".GZ", ".bz2", ".fz", ".xz", ".Z", ".zst"])
def test_a_compressed_file_is_named_as_such(tmp_path: Path, suffix: str) -> None:
    touch(tmp_path, f"jcp0/jcp001kwq/jcp001kwq_raw.fits{suffix}")
    seen = scanned(tmp_path)["jcp001kw"]
    (problem,) = seen.problems
    assert (seen.files, seen.ignored) == ({}, 0)
    assert problem.filename == f"jcp001kwq_raw.fits{suffix}"
    assert problem.reason.endswith(
        "is compressed and is not read: decompress it to jcp001kwq_raw.fits"
    )


def test_a_compressed_copy_beside_its_file_is_ignored(tmp_path: Path) -> None:
    folder = "jcp0/jcp001kwq"
    touch(tmp_path, f"{folder}/jcp001kwq_raw.fits", f"{folder}/jcp001kwq_raw.fits.gz")
    seen = scanned(tmp_path)["jcp001kw"]
    assert (list(seen.files), seen.problems, seen.ignored) == (["raw"], (), 1)


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a folder whose listing does not answer before the end of the test."""
    answer, listdir, scandir = threading.Event(), os.listdir, os.scandir

    def waiting(real: Callable[[Path], Any]) -> Callable[[Path], Any]:
        return lambda path: answer.wait() if Path(path).name == "jcp0" else real(path)

    monkeypatch.setattr(os, "listdir", waiting(listdir))
    monkeypatch.setattr(os, "scandir", waiting(scandir))
    yield "jcp0"
    answer.set()


def test_a_folder_that_does_not_answer_is_unreadable_and_the_others_are_scanned(
    tmp_path: Path, frozen: str
) -> None:
    touch(tmp_path, f"{frozen}/jcp001kwq/jcp001kwq_raw.fits", "jcp3/jcp301abq/jcp301abq_flt.fits")
    for options in ({}, {"rootnames": ["jcp001kwq", "jcp301abq"]}):
        seen = scanned(tmp_path, read_timeout=1, **options)
        assert list(seen) == [frozen, "jcp301ab"]
        assert seen[frozen].unreadable
        assert "no answer within" in seen[frozen].problems[0].reason


def test_a_root_that_does_not_answer_is_named(tmp_path: Path, frozen: str) -> None:
    with pytest.raises(
        ConfigError, match=r"jcp0 cannot be read: no answer within .* \(read_timeout"
    ):
        scanned(tmp_path / frozen, read_timeout=1)
