"""Jobs: each item is run once, and each result is returned as soon as it is there."""

import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acsql.config import Config
from acsql.ingest.jobs import (
    LARGEST_PARTITION,
    Finished,
    Job,
    make_bag,
    partitions,
    run_partition,
    stream,
    workers_in_this_process,
)

release = threading.Event()


def item_and_note(item: str, _store: object, _specs: object, config: Config) -> tuple[str, str]:
    """Return an item, and what its worker has noted meanwhile."""
    note = config.filesystem / str(os.getpid())
    return item, note.read_text() if note.is_file() else ""


def wait_for_release(item: str, *_: object) -> str:
    """Return an item, the last one only after the first has been received."""
    if item == "last":
        assert release.wait(30)
    return item


def identity(item: str) -> str:
    return item


JOB = Job(item_and_note, identity, identity)
ITEMS = ["j8bt05nj", "j8bt05nk", "j8bt05nl"]


@given(st.lists(st.integers(), max_size=3000), st.integers(1, 64))
def test_partitions_have_each_item_once_and_in_order(items: list[int], workers: int) -> None:
    parts = list(partitions(items, workers))
    assert [item for part in parts for item in part] == items
    assert all(1 <= len(part) <= LARGEST_PARTITION for part in parts)


def test_a_worker_notes_the_item_that_it_processes(config: Config) -> None:
    config.filesystem.mkdir(exist_ok=True)
    with workers_in_this_process(config):
        finished = run_partition(ITEMS, JOB, config, notes=config.filesystem)
    assert finished == [Finished(item, (item, item)) for item in ITEMS]
    assert (config.filesystem / str(os.getpid())).read_text() == ""


@pytest.mark.parametrize("scheduler", ["threads", "synchronous"])
def test_a_bag_has_the_result_of_each_item(config: Config, scheduler: str) -> None:
    with workers_in_this_process(config):
        finished = list(stream(make_bag(JOB, ITEMS, config, workers=1), scheduler=scheduler))
    assert sorted(each.rootname for each in finished) == ITEMS
    assert all(each.result == (each.rootname, "") for each in finished)


def test_results_are_received_while_other_items_run(config: Config) -> None:
    release.clear()
    job = Job(wait_for_release, identity, identity)
    with workers_in_this_process(config):
        bag = make_bag(job, ["first", "last"], config, workers=2)
        results = stream(bag, scheduler="threads", num_workers=2)
        assert next(results).result == "first"
        release.set()
        assert [each.result for each in results] == ["last"]


def test_an_error_of_a_job_is_raised_where_results_are_read(config: Config) -> None:
    def fails(*_: object) -> None:
        raise ValueError("a bug")

    with workers_in_this_process(config):
        bag = make_bag(Job(fails, identity, identity), ITEMS, config, workers=1)
        with pytest.raises(ValueError, match="a bug"):
            list(stream(bag, scheduler="threads"))
