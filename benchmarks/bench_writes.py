"""How fast pages, counts and facets are while observations are written, and at once after.

    python benchmarks/bench_writes.py mongodb://127.0.0.1:27017/mission
        [--observations 2000] [--rate 50] [--rounds 2] [--times 10] [--kinds REGEX] [--folding]
        [--scripts]

Each round puts questions at rest, while another process writes observations as they are, and at
once after.  They are put as the site does, whose pages may have marks that are a second old, and
with ``--scripts`` as scripts do, which read all marks for each question.  Without ``--folding`` all
of them are marked as changed until the round ends, which removes the marks: the database is as
before.  With it, the process that writes folds them meanwhile as an ingest does, and the rest when
the round ends.
"""

import argparse
import random
import re
import select
import signal
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from itertools import count, islice, takewhile
from typing import NamedTuple

from bench_query import Search, Values, load_columns, milliseconds, p99, shapes, taken

from acsql import keywords as keyword_specs
from acsql import query
from acsql.ingest import folding
from acsql.keywords import KeywordSpecs
from acsql.query import Condition, Equals
from acsql.search import counting
from acsql.search.access_paths import an_index_serves
from acsql.store import lock, moment, observation_writes
from acsql.store.client import Store
from acsql.store.columns import parts
from acsql.store.columns.fold import fold_all
from acsql.store.schema import CHANGED
from acsql.store.sorting import total_order
from acsql.web.app import MOMENT_AGE_S

PHASES = ("at rest", "written", "after")
# The milliseconds of each kind of question, and of groups of kinds, in each phase.
Times = dict[str, dict[str, list[float]]]


class Kind(NamedTuple):
    """A kind of question: its name, and what puts one, for its group and milliseconds."""

    name: str
    put: Callable[[random.Random], tuple[str, float]]


def kinds(store: Store, specs: KeywordSpecs) -> Iterator[Kind]:
    """Yield the kinds of pages of `bench_query`, counts and facets."""
    values = Values(store, specs)

    def equal(chance: random.Random) -> Condition:
        name = chance.choice(specs.indexed)
        return Equals(name, values.value(name, chance))

    def counts(chance: random.Random) -> tuple[str, float]:
        condition = equal(chance)
        return "counts", *milliseconds(lambda _: counting.count(store, condition, None), None, 1)

    def facets(chance: random.Random) -> tuple[str, float]:
        condition, column = equal(chance), query.resolve(chance.choice(specs.facets), specs)
        do = counting.facets
        return "facets", *milliseconds(lambda _: do(store, column, condition, None), None, 1)

    def page(search: Search) -> tuple[str, float]:
        served = an_index_serves(search.condition, total_order(search.order), specs)
        return "pages by an index" if served else "pages by columns", taken(store, search)

    for shape in shapes(values, specs):
        yield Kind(shape.name, lambda chance, make=shape.make: page(make(chance)))
    yield Kind("count, an indexed keyword =", counts)
    yield Kind("facets, an indexed keyword =", facets)


def put(every: Iterable[Kind], times: Times, phase: str, seeds: Iterable[int]) -> None:
    """Put a question of each kind for each seed, and note what they take."""
    print(phase, file=sys.stderr, flush=True)
    for seed in seeds:
        for kind in every:
            group, taken_ = kind.put(random.Random(seed))
            times[kind.name][phase].append(taken_)
            times[f"ALL {group}"][phase].append(taken_)


def main() -> None:
    """Measure all rounds, or write as the other process."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("connection_string")
    parser.add_argument("--observations", type=int, default=2000, help="written in each round")
    parser.add_argument("--rate", type=float, default=50, help="observations in a second")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--times", type=int, default=10, help="questions of a kind, without writes")
    parser.add_argument("--kinds", default="", help="only kinds with this in their names")
    parser.add_argument("--folding", action="store_true")
    parser.add_argument("--scripts", action="store_true")
    parser.add_argument("--write", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    with Store(given.connection_string, keyword_specs.load()) as store:
        write(store, given) if given.write else measure(store, given)


def measure(store: Store, given: argparse.Namespace) -> None:
    """Put all questions in all phases, and print the times."""
    load_columns(store)
    times: Times = defaultdict(lambda: defaultdict(list))
    every = [k for k in kinds(store, keyword_specs.load()) if re.search(given.kinds, k.name)]
    if not given.scripts:
        every = [Kind(kind.name, partial(put_by_site, kind)) for kind in every]
    # Other questions in each phase: the site keeps some answers until something is written.
    seeds = count()
    # Once before, so that no phase pays for caches that are filled first.
    put(every, times, "first", islice(seeds, given.times))
    for _ in range(given.rounds):
        put(every, times, "at rest", islice(seeds, given.times))
        with writer() as is_writing:
            put(every, times, "written", takewhile(lambda _: is_writing(), seeds))
            put(every, times, "after", islice(seeds, given.times))
    print(f"{'median and p99 (ms)':36s}" + "".join(f"{phase:>18s}" for phase in PHASES))
    for name, by_phase in sorted(times.items()):
        found = [sorted(by_phase[phase]) for phase in PHASES]
        if not all(found):
            # Few of its questions are of this group: none in one of the phases.
            continue
        medians = [statistics.median(part) for part in found]
        cells = [f"{m:9.2f}{p99(part):9.2f}" for m, part in zip(medians, found, strict=True)]
        slower = " ".join(f"{m / medians[0]:5.2f}" for m in medians[1:])
        print(f"{name:36s}{''.join(cells)} {slower}  of {len(found[1])}")


def put_by_site(kind: Kind, chance: random.Random) -> tuple[str, float]:
    """Put a question as a request to the site does."""
    with moment.one_moment(MOMENT_AGE_S):
        return kind.put(chance)


@contextmanager
def writer() -> Iterator[Callable[[], bool]]:
    """Start a process that writes, and let it undo that after the block."""
    command = [sys.executable, *sys.argv, "--write"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as started:
        assert started.stdin is not None
        yield lambda: not select.select([started.stdout], [], [], 0)[0]
        started.stdin.close()
    if started.returncode:
        sys.exit("the process that writes has failed")


def write(store: Store, given: argparse.Namespace) -> None:
    """Write observations as they are, say when they are written, and undo it at the end."""
    sample = [{"$sample": {"size": given.observations}}, {"$project": {"_id": 1}}]
    rootnames = [document["_id"] for document in store.observations.aggregate(sample)]
    # Also if it is ended from outside, it undoes what it has done.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    background = folding.in_background(store) if given.folding else nullcontext()
    with lock.hold(store, "benchmark"):
        fold_all(store)
        try:
            with background:
                started = time.monotonic()
                for number, rootname in enumerate(rootnames):
                    time.sleep(max(0.0, started + number / given.rate - time.monotonic()))
                    document = store.observations.find_one({"_id": rootname})
                    assert document is not None
                    observation_writes.replace(store, document)
            print("written", flush=True)
            sys.stdin.read()
        finally:
            undo(store, given.folding)


def undo(store: Store, fold: bool) -> None:
    """Leave no observation marked: the columns have all of them as they are."""
    if fold:
        fold_all(store)
        return
    store.database[CHANGED].delete_many({})
    registry = parts.registry(store)
    parts.publish(store, registry, registry)


if __name__ == "__main__":
    main()
