"""Workers: all schedulers give the same results, and a worker that dies is one failure."""

from collections.abc import Iterable

import pytest
from archive_files import (
    SYNCHRONOUS,
    documents,
    one_file,
)

from acsql.config import Config
from acsql.ingest import run
from acsql.keywords import KeywordSpecs
from acsql.store import observations
from acsql.store.client import Store


@pytest.mark.parametrize("scheduler", ["processes", "threads"])
def test_schedulers_agree(archive_copy: Config, specs: KeywordSpecs, scheduler: str) -> None:
    run.ingest(archive_copy, SYNCHRONOUS)
    one = documents(archive_copy, specs)
    again = run.Options(scheduler=scheduler, everything=True, workers=2)
    report = run.ingest(archive_copy, again)
    assert report.observations == {"updated": len(one)}
    other = documents(archive_copy, specs)
    for document in [*one.values(), *other.values()]:
        del document["last_ingest_date"]
    assert other == one


def test_a_cluster_agrees(archive_copy: Config) -> None:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
    ):
        report = run.ingest(archive_copy, run.Options(scheduler=cluster.scheduler_address))
    assert report.observations["new"] == 3
    assert not report.failures


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
