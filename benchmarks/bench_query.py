"""How fast the archive answers at two sizes, and how much faster than reading FITS files.

    python benchmarks/bench_query.py mongodb://127.0.0.1:27017/mission mongodb://.../ten_thousand
    python benchmarks/bench_query.py mongodb://127.0.0.1:27017/mission --while-ingesting

``benchmarks/mission.py`` writes each database; the first is the large one.  The kinds of searches
are in ``kinds_of_searches.py``; they are put as the site does.  ``--while-ingesting`` compares the
pages of the large one at rest with the same pages while observations of it are written again, as
they are, and folded into columns as an ingest does.
"""

import argparse
import math
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from astropy.io import fits
from bench_answers import exchange, process
from kinds_of_searches import Search, Shape, Values, shapes

from acsql import keywords as keyword_specs
from acsql import query, sample
from acsql.config import Config
from acsql.ingest import run, workers
from acsql.keywords import KeywordSpecs
from acsql.query import And, AnyOf, Condition, Equals
from acsql.search import counting, rows
from acsql.search.criteria import DEFAULT_COLUMNS, Criteria, Source
from acsql.store import file_records, moment, queries
from acsql.store.client import Store
from acsql.store.current_specs import CurrentSpecs
from acsql.store.sorting import SortKey
from acsql.web.app import MOMENT_AGE_S

PAGE = 50
FILES = 100


@cache
def source(store: Store) -> Source:
    """Return the database as a search takes it."""
    return Source(store, CurrentSpecs(store, keyword_specs.load()))


def load_columns(store: Store) -> None:
    """Load the columns of a page, as a worker of the site does at its start."""
    rows.sample(Criteria(source(store), max_seconds=None), DEFAULT_COLUMNS, 1)


def taken(store: Store, search: Search) -> float:
    """Return the milliseconds that a page takes."""
    started = time.perf_counter()
    criteria = Criteria(source(store), max_seconds=None).where(search.condition)
    for _ in rows.find(criteria, DEFAULT_COLUMNS, search.order, PAGE, search.after):
        pass
    return 1e3 * (time.perf_counter() - started)


def measured(store: Store, shape: Shape, times: int, seed: int) -> list[float]:
    """Return the milliseconds of many searches of a kind, sorted."""
    chance, found = random.Random(seed), []
    for _ in range(times):
        with moment.one_moment(MOMENT_AGE_S):
            found.append(taken(store, shape.make(chance)))
    return sorted(found)


def main() -> None:
    """Run all parts and print what they come to."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("large", help="the address of a large database")
    parser.add_argument("small", nargs="?", help="the address of a small one")
    parser.add_argument("--while-ingesting", action="store_true")
    parser.add_argument("--times", type=int, default=200, help="searches of each kind")
    arguments = parser.parse_args()
    if not (arguments.small or arguments.while_ingesting):
        parser.error("name a small database, or --while-ingesting")
    specs = keyword_specs.load()
    if arguments.while_ingesting:
        with Store(arguments.large, specs) as large:
            load_columns(large)
            searches_while_ingesting(large, arguments.large, specs, arguments.times)
        return
    with Store(arguments.large, specs) as large, Store(arguments.small, specs) as small:
        load_columns(large)
        load_columns(small)
        searches(large, small, specs, arguments.times)
        numbers(large, specs)
        dates_of_a_proposal(large)
        dates_of_rootnames(arguments.large, specs)


def searches(large: Store, small: Store, specs: KeywordSpecs, times: int) -> None:
    """Print what the pages of each kind of search cost in two databases."""
    sizes = [store.observations.estimated_document_count() for store in (large, small)]
    allowed = math.log(sizes[0]) / math.log(sizes[1])
    print(f"milliseconds at {sizes[0]} and at {sizes[1]} documents; log / log: {allowed:.2f}")
    print(f"{'':36s} {'median':>8s} {'p99':>8s} {'median':>8s} {'p99':>8s} {'growth':>7s}")
    kinds = [shapes(Values(store, specs), specs) for store in (large, small)]
    together: dict[bool, list[list[float]]] = {True: [[], []], False: [[], []]}
    for pair in zip(*kinds, strict=True):
        found = [
            measured(store, shape, times, seed=1)
            for store, shape in zip((large, small), pair, strict=True)
        ]
        print_pair(pair[0].name, found)
        for all_, some in zip(together[pair[0].usual], found, strict=True):
            all_ += some
    print_pair("all in their usual order", [sorted(part) for part in together[True]])
    print_pair("all in other orders", [sorted(part) for part in together[False]])
    both = zip(*together.values(), strict=True)
    print_pair("all in any order", [sorted(usual + other) for usual, other in both])


def searches_while_ingesting(
    store: Store, connection_string: str, specs: KeywordSpecs, times: int
) -> None:
    """Print what the pages of each kind of search cost at rest and while observations are written.

    Each kind is measured at rest and during writes in turn, so that both have the same machine.
    """
    print(f"{'':36s} {'written':>8s} {'p99':>8s} {'at rest':>8s} {'p99':>8s} {'slower':>7s}")
    together: list[list[float]] = [[], []]
    own = Path(__file__).parent.parent
    for shape in shapes(Values(store, specs), specs):
        # Once before, so that neither pays for caches that are filled first.
        measured(store, shape, times, seed=1)
        found = [measured(store, shape, times, seed=1)]
        with process("write", own, connection_string) as writer:
            exchange(writer, None)
            found.append(measured(store, shape, times, seed=1))
            written = exchange(writer, None)
        print_pair(f"{shape.name} ({written} written)", found[::-1])
        for all_, some in zip(together, found, strict=True):
            all_ += some
    print_pair("all", [sorted(part) for part in together[::-1]])


def print_pair(name: str, found: list[list[float]]) -> None:
    """Print medians and 99th percentiles at both sizes, and how the median grows."""
    medians = [statistics.median(part) for part in found]
    columns = " ".join(f"{m:8.2f} {p99(part):8.2f}" for m, part in zip(medians, found, strict=True))
    print(f"{name:36s} {columns} {medians[0] / medians[1]:7.2f}", flush=True)


def numbers(store: Store, specs: KeywordSpecs) -> None:
    """Print what counts, facets and distinct values of all promoted keywords cost."""
    chance, values = random.Random(1), Values(store, specs)
    columns = {name: query.resolve(name, specs) for name in specs.promoted}

    def equal() -> Condition:
        name = chance.choice(specs.indexed)
        return Equals(name, values.value(name, chance))

    def on_facets() -> Condition:
        return Equals(chance.choice(specs.facets), chance.choice(("WFC", "F606W", "EXT", "GO")))

    ways: dict[str, Callable[[str], Any]] = {
        "count, all": lambda _: counting.count(store, And(), None),
        "count, a facet =": lambda _: counting.count(store, on_facets(), None),
        "count, an indexed keyword =": lambda _: counting.count(store, equal(), None),
        "distinct": lambda name: counting.distinct(store, columns[name], And(), None),
        "facets": lambda name: counting.facets(store, columns[name], And(), None),
    }
    for what, do in ways.items():
        by_name = {name: statistics.median(milliseconds(do, name, 3)) for name in columns}
        slowest = sorted(by_name, key=lambda name: -by_name[name])[:4]
        worst = ", ".join(f"{name} {by_name[name]:.0f}" for name in slowest)
        print(f"{what}: median {statistics.median(by_name.values()):.1f} ms; slowest {worst}")


def milliseconds(do: Callable[..., Any], argument: Any, times: int) -> list[float]:
    """Return the milliseconds that each of some calls takes."""
    found = []
    for _ in range(times):
        started = time.perf_counter()
        do(argument)
        found.append(1e3 * (time.perf_counter() - started))
    return found


def dates_of_a_proposal(store: Store) -> None:
    """Print what DATE-OBS of all rootnames of the largest proposal cost, in one query."""
    (largest,) = store.observations.aggregate(
        [{"$sortByCount": "$proposid"}, {"$limit": 1}], allowDiskUse=True
    )
    condition = Equals("proposid", largest["_id"])
    taken_ = milliseconds(
        lambda condition: list(queries.find(store, condition, ["rootname", "date_obs"])),
        condition,
        20,
    )
    print(
        f"DATE-OBS of the {largest['count']} rootnames of a proposal: "
        f"{statistics.median(taken_):.1f} ms ({min(taken_):.1f} to {max(taken_):.1f})"
    )


def dates_of_rootnames(server: str, specs: KeywordSpecs) -> None:
    """Print DATE-OBS of rootnames by one query beside reading it from as many FITS files."""
    base, _, options = server.partition("?")
    uri = f"{base.rpartition('/')[0]}/{base.rpartition('/')[2]}_dates?{options}"
    with tempfile.TemporaryDirectory() as folder, Store(uri, specs) as store:
        config = configured(Path(folder), uri)
        sample.write(config.filesystem, FILES, 1, "small")
        try:
            run.ingest(config, run.Options(scheduler=workers.SYNCHRONOUS))
            files = {
                entry["_id"]: config.filesystem / next(iter(entry["files"].values()))["path"]
                for entry in file_records.with_previews(store)
            }

            def ways(files: dict[str, Path], times: int) -> tuple[list[float], list[float]]:
                by_files = milliseconds(_from_files, files, times)
                return by_files, milliseconds(lambda f: _from_store(store, list(f)), files, times)

            # Each time after the other way, which leaves nothing of it in the processor's caches,
            # and many times after itself.
            in_turns = [ways(files, 1) for _ in range(20)]
            in_blocks = [ways(files, 20) for _ in range(3)]
        finally:
            store.client.drop_database(store.database.name)
    for what, found in (("in turns", in_turns), ("in blocks", in_blocks)):
        by_files, by_query = (
            statistics.median(chain.from_iterable(part)) for part in zip(*found, strict=True)
        )
        print(
            f"DATE-OBS of {len(files)} rootnames, {what}: astropy.io.fits {by_files:.1f} ms, "
            f"one query {by_query:.2f} ms, files / query {by_files / by_query:.0f}"
        )


def _from_store(store: Store, rootnames: list[str]) -> list[dict[str, Any]]:
    return list(
        queries.find(
            store, AnyOf("rootname", tuple(rootnames)), ["date_obs"], [SortKey("rootname")]
        )
    )


def _from_files(files: dict[str, Path]) -> dict[str, Any]:
    return {name: fits.getheader(path).get("DATE-OBS") for name, path in files.items()}


def configured(folder: Path, uri: str) -> Config:
    """Return the configuration of an archive in a folder."""
    places = ("data_dir", "jpeg_dir", "thumbnail_dir", "log_dir")
    return Config(
        filesystem=folder / "archive",
        proposals_file=folder / "archive" / "proposals.yaml",
        ncores=1,
        connection_string=uri,
        **{name: folder / name for name in places},
    )


def p99(sorted_times: list[float]) -> float:
    """Return what 99 of 100 do not exceed."""
    return sorted_times[math.ceil(0.99 * len(sorted_times)) - 1]


if __name__ == "__main__":
    main()
