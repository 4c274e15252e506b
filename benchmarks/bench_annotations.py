"""How fast searches with conditions on annotations are, and annotating in bulk.

    python benchmarks/bench_annotations.py mongodb://127.0.0.1:27017/mission --fill 500000

The database is a copy of one that ``benchmarks/mission.py`` has written: annotations are added.
Each search is made anew, so that its condition is parsed and looked up as for a page of the site.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import acsql
from acsql.annotations import Action, Annotation, AnnotationTarget
from acsql.config import Config
from acsql.store.annotations import writes

PAGE = 50
AT_ONCE = 20_000
PEOPLE = ("ann", "bob", "cho")
# Share of each kind of entry.
KINDS = {Action.VIEW: 0.6, Action.FLAG: 0.3, Action.COMMENT: 0.1}
CONDITIONS = (
    "flag=satellite_trail",
    "flag=other",
    "flag=*trail*",
    "flagged()",
    "not flagged()",
    "not flagged() detector=WFC",
    "flag=satellite_trail exptime>500 targname=N*",
    "comment=*guide*",
    "viewed(ann)",
    "not viewed(ann)",
    "not viewed()",
    "flagged_after>=2026-01-01",
)
ORDERS = ("-expstart", "exptime")


def fill(archive: acsql.Archive, number: int) -> None:
    """Add entries to random observations; some flags are frequent and some rare."""
    chosen = random.Random(1)
    rootnames = [row["rootname"] for row in archive.where().columns("rootname").rows()]
    flags = list(archive.specs.flags)
    weights = [1 / (rank + 1) ** 1.5 for rank in range(len(flags))]
    began = datetime(2025, 6, 1)

    def entry(key: int) -> Annotation:
        action = chosen.choices(list(KINDS), KINDS.values())[0]
        target = AnnotationTarget(chosen.choice(rootnames))
        when = began + timedelta(minutes=key)
        flag = chosen.choices(flags, weights)[0] if action is Action.FLAG else None
        text = None
        if action is Action.COMMENT:
            text = chosen.choice(["Guide star lost.", "Odd.", "As in the last visit."])
        by = chosen.choice(PEOPLE)
        return Annotation(f"bench{key}", action, target, by, when, flag=flag, text=text)

    for start in range(0, number, AT_ONCE):
        writes.add(archive.store, [entry(key) for key in range(start, start + AT_ONCE)])


def seconds(call: Callable[[], object]) -> float:
    """Return how long a call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def page(archive: acsql.Archive, condition: str, order: str) -> Callable[[], object]:
    """Return a function that reads the first page of a search."""
    return lambda: archive.where(condition).sort(order).page(PAGE)


def report(name: str, times: list[float]) -> None:
    """Print the median and the 99th percentile in ms."""
    ordered = sorted(times)
    worst = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
    print(f"{name:<50} {1e3 * statistics.median(times):8.2f} {1e3 * worst:8.2f}")


def measure(archive: acsql.Archive, rounds: int) -> None:
    """Print the times of pages and counts, warm, and of pages right after a write."""
    print(f"{'':<50} {'median':>8} {'p99':>8}   ms")
    for condition in CONDITIONS:
        archive.count(condition)  # as the site does beside each page, so the list is known
        pages = [page(archive, condition, order) for order in ORDERS]
        report(f"page: {condition}", [seconds(each) for _ in range(rounds) for each in pages])
    for condition in CONDITIONS:
        count = partial(archive.count, condition)
        report(f"count: {condition}", [seconds(count) for _ in range(rounds)])
    facets = [seconds(lambda: archive.where().facets("flags")) for _ in range(rounds)]
    report("facets of flags", facets)
    everything = archive.where().columns("rootname").limit(1).rows()
    rootname = next(everything)["rootname"]
    for condition in CONDITIONS:
        times = []
        for _ in range(max(3, rounds // 10)):
            archive.mark_viewed(rootname, by="dan")
            times.append(seconds(page(archive, condition, ORDERS[0])))
        report(f"page after a write: {condition}", times)


def in_bulk(archive: acsql.Archive, number: int) -> None:
    """Print how long it takes to flag many observations, and to undo that."""
    search = archive.where().sort("-expstart").limit(number)
    began = time.perf_counter()
    batch = archive.flag(search, "herringbone", by="ann")
    flagged = time.perf_counter()
    archive.undo(batch.id, by="ann")
    print(f"flag {batch.new} observations: {flagged - began:.2f} s; "
          f"undo: {time.perf_counter() - flagged:.2f} s")  # fmt: skip


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("uri", help="connection string of a database of benchmarks/mission.py")
    parser.add_argument("--fill", type=int, default=0, metavar="N", help="add N annotations first")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--bulk", type=int, default=10_000, help="0 flags no observations")
    arguments = parser.parse_args()
    names = ("filesystem", "data_dir", "jpeg_dir", "thumbnail_dir", "log_dir", "proposals_file")
    folders = {name: Path("/nonexistent") / name for name in names}
    config = Config(**folders, ncores=1, connection_string=arguments.uri)
    with acsql.Archive(config) as archive:
        archive.store.make_indexes()
        if arguments.fill:
            took = seconds(lambda: fill(archive, arguments.fill))
            print(f"{arguments.fill} annotations added in {took:.0f} s")
        measure(archive, arguments.rounds)
        if arguments.bulk:
            in_bulk(archive, arguments.bulk)


if __name__ == "__main__":
    main()
