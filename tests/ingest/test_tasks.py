"""Tasks of an ingest: each observation is on its own."""

from collections.abc import Iterable

import pytest
from archive_files import SYNCHRONOUS, one_file

from acsql.config import Config
from acsql.ingest import run
from acsql.store import observations
from acsql.store.client import Store


def test_an_error_in_a_worker_is_the_failure_of_one_observation(
    archive_copy: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = observations.document
    unlucky = one_file(archive_copy, "*_flt.fits").name[:8]

    def fails_for_one(store: Store, rootname: str, without_headers_of: Iterable[str]):
        if rootname == unlucky:
            raise RuntimeError("a bug")
        return document(store, rootname, without_headers_of)

    monkeypatch.setattr(observations, "document", fails_for_one)
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert report.observations == {"new": 2, "failed": 1}
    assert {failure.rootname for failure in report.failures} == {unlucky}
    assert all("RuntimeError: a bug" in failure.reason for failure in report.failures)
    assert report.owed == len(report.failures) > 1
    monkeypatch.undo()
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert report.observations == {"new": 1, "unchanged": 2}
    assert report.owed == 0
