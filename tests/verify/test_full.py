"""The full comparison of documents with the content of files."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from inconsistencies import IngestedArchive, kinds_and_names, value_changed

from acsql.ingest import read
from acsql.ingest.on_disk import FileOnDisk
from acsql.ingest.read import FileContent
from acsql.verify.findings import DIFFERENT, UNREADABLE
from acsql.verify.verification import verify


def test_a_file_that_can_no_longer_be_read_is_different(archive: IngestedArchive) -> None:
    path = archive.files("*_flt.fits")[0]
    before = path.stat()
    path.write_bytes(b"\0" * before.st_size)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    result = archive.verify(full=True)
    assert kinds_and_names(result.findings) == {(DIFFERENT, path.name)}
    assert "can no longer be read" in result.findings[0].reason


@pytest.mark.parametrize("fault", [OSError(errno.EIO, "Input/output error"), MemoryError("full")])
def test_a_fault_outside_a_file_does_not_make_it_different(
    archive: IngestedArchive, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    path, read_file = archive.files("*_flt.fits")[0], read.read_file

    def fails(file: FileOnDisk, *args: Any) -> FileContent:
        if str(file.name) == path.name:
            raise fault
        return read_file(file, *args)

    monkeypatch.setattr(read, "read_file", fails)
    (finding,) = archive.verify(full=True).findings
    assert (finding.kind, finding.what) == (UNREADABLE, path.name)
    assert str(fault.args[-1]) in finding.reason
    before = archive.documents()
    assert archive.verify(full=True, fix=True).remaining == (finding,)
    assert archive.documents() == before


def test_headers_without_layouts_are_those_of_an_older_acsql(archive: IngestedArchive) -> None:
    archive.unset(archive.files("*_flt.fits")[0].name[:8], "layouts")
    assert archive.verify(full=True).findings == ()


def test_schedulers_agree(archive: IngestedArchive) -> None:
    value_changed(archive)
    expected = archive.verify(full=True).findings
    assert expected
    done = []

    @contextmanager
    def progress(total: int) -> Iterator[Callable[[], None]]:
        yield lambda: done.append(total)

    result = verify(archive.config, True, scheduler="threads", workers=2, progress=progress)
    assert result.findings == expected
    assert done == [3, 3, 3]


def test_a_cluster_agrees(archive: IngestedArchive) -> None:
    distributed = pytest.importorskip("distributed")
    value_changed(archive)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        result = verify(archive.config, full=True, scheduler=cluster.scheduler_address)
    assert result.findings == archive.verify(full=True).findings
    assert result.findings
