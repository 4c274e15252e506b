"""Workers: all schedulers give the same results, and a worker that dies is one failure."""

import pytest
from archive_files import (
    SYNCHRONOUS,
    documents,
)

from acsql.config import Config
from acsql.ingest import run
from acsql.keywords import KeywordSpecs


@pytest.mark.parametrize("scheduler", ["processes", "threads"])
def test_schedulers_agree(new_archive_copy: Config, specs: KeywordSpecs, scheduler: str) -> None:
    run.ingest(new_archive_copy, SYNCHRONOUS)
    one = documents(new_archive_copy, specs)
    again = run.Options(scheduler=scheduler, everything=True, workers=2)
    report = run.ingest(new_archive_copy, again)
    assert report.observations == {"updated": len(one)}
    other = documents(new_archive_copy, specs)
    for document in [*one.values(), *other.values()]:
        del document["last_ingest_date"]
    assert other == one


def test_a_cluster_agrees(new_archive_copy: Config) -> None:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
    ):
        report = run.ingest(new_archive_copy, run.Options(scheduler=cluster.scheduler_address))
    assert report.observations["new"] == 3
    assert not report.failures
