"""The tar stream: its length is known ahead, and it is never held in memory."""

import hashlib
import io
import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acsql.errors import FileError
from acsql.web import tar


@given(
    st.lists(st.binary(max_size=3000), max_size=5),
    st.dictionaries(st.sampled_from(["MISSING", "README"]), st.binary(max_size=2000)),
)
def test_an_archive_has_the_announced_length(
    tmp_path_factory: pytest.TempPathFactory, contents: list[bytes], texts: dict[str, bytes]
) -> None:
    folder = tmp_path_factory.mktemp("tar")
    members = []
    for number, content in enumerate(contents):
        path = folder / f"{number}.fits"
        path.write_bytes(content)
        members.append(tar.Member.from_file(f"a/{path.name}", path))
    sent = b"".join(tar.stream(members, "acsql", texts))
    assert len(sent) == tar.length(members, "acsql", texts)
    assert len(sent) % tarfile.RECORDSIZE == 0
    with tarfile.open(fileobj=io.BytesIO(sent)) as opened:
        held = {info.name: opened.extractfile(info).read() for info in opened}
    sums = held.pop("acsql/SHA256SUMS").decode()
    assert list(held.values()) == [*contents, *texts.values()]
    assert sums == "".join(
        f"{hashlib.sha256(content).hexdigest()}  {member.name}\n"
        for member, content in zip(members, contents, strict=True)
    )


@pytest.mark.parametrize("mtime", [253_402_300_800, -62_167_219_200, 2**62, 1_300_000_000])
def test_times_of_any_year_leave_the_length_as_announced(tmp_path: Path, mtime: int) -> None:
    status = os.stat_result((0, 0, 0, 1, 0, 0, 5, 0, mtime, 0))
    member = tar.Member("a.fits", tmp_path / "a.fits", 5, tar.portable_mtime(status), 0)
    member.path.write_bytes(b"12345")
    sent = b"".join(tar.stream([member], "acsql", {}))
    assert len(sent) == tar.length([member], "acsql", {})


def test_a_large_file_is_never_read_as_a_whole(tmp_path: Path) -> None:
    large = tmp_path / "large.fits"
    with large.open("wb") as file:
        file.truncate(9 * 2**30)  # sparse, and more than the 8 GiB of an old header
    member = tar.Member.from_file("large.fits", large)
    pieces = tar.stream([member], "acsql", {})
    header = next(pieces)
    assert max(len(next(pieces)) for _ in range(10)) <= tar.CHUNK_SIZE
    assert tar.length([member], "acsql", {}) > len(header) + member.size


def test_a_file_that_became_shorter_ends_the_transfer(tmp_path: Path) -> None:
    path = tmp_path / "short.fits"
    path.write_bytes(b"content")
    member = tar.Member.from_file("short.fits", path)
    path.write_bytes(b"cont")
    with pytest.raises(FileError, match=r"short\.fits became shorter"):
        list(tar.stream([member], "acsql", {}))


def test_an_archive_can_be_sent_from_any_byte_on(tmp_path: Path) -> None:
    members = []
    for number, size in enumerate((0, 1, 512, 700)):
        path = tmp_path / f"{number}.fits"
        path.write_bytes(bytes([65 + number]) * size)
        members.append(tar.Member.from_file(path.name, path))
    texts = {"MISSING": b"one\n", "EMPTY": b""}
    whole = b"".join(tar.stream(members, "acsql", texts))
    for start in range(len(whole) + 1):
        pieces = list(tar.stream(members, "acsql", texts, start))
        assert b"".join(pieces) == whole[start:]
        # Werkzeug takes an empty piece for the end.
        assert all(pieces)


def test_the_tag_changes_with_every_file(tmp_path: Path) -> None:
    path = tmp_path / "a.fits"
    path.write_bytes(b"one")
    first = tar.Member.from_file("a.fits", path)
    tag = tar.etag([first], {})
    assert tar.etag([tar.Member.from_file("a.fits", path)], {}) == tag
    # The same size, and the same time of modification.
    status = path.stat()
    path.write_bytes(b"two")
    while path.stat().st_ctime_ns == status.st_ctime_ns:  # a coarse clock
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    others = [([tar.Member.from_file("a.fits", path)], {}), ([first, first], {}), ([], {})]
    for members, texts in [*others, ([first], {"MISSING": b"b.fits\n"})]:
        assert tar.etag(members, texts) != tag
