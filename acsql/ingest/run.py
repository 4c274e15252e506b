"""A whole ingest: what is new or changed on disk goes in, in parallel, and is accounted for.

Observations do not depend on each other, so a Dask bag of them is all the parallelism there is.
Workers send back only what happened; the log, the counts and the run's record are written here,
by one process.
"""

import functools
import logging
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dask
import dask.bag
from astropy.utils.exceptions import AstropyWarning
from dask.callbacks import Callback

from .. import __version__
from .. import config as configuration
from .. import specs as keyword_specs
from ..config import Config
from ..errors import ArchiveError, ConfigError
from ..specs import HeaderKey, KeywordSpecs
from ..store import observations, proposals, runs
from ..store.connection import Store, locate
from .log import log_file
from .observation import FAILED, NEW, UNCHANGED, UPDATED, Failure, Outcome, ingest_observation
from .scan import FoundObservation, scan

logger = logging.getLogger(__name__)

LOCAL_SCHEDULERS = ("processes", "threads", "synchronous")
# Small partitions keep all workers busy to the end, large ones save overhead in a backfill.
PARTITIONS_PER_WORKER = 16
LARGEST_PARTITION = 32


@dataclass(frozen=True)
class Options:
    """What to ingest, and where it runs.

    Parameters
    ----------
    filetypes : tuple of str, optional
        Only these filetypes.
    rootnames : tuple of str, optional
        Only these observations.
    everything : bool
        Read what has not changed as well.
    workers : int, optional
        By default `Config.ncores`.
    scheduler : str
        ``processes``, ``threads``, ``synchronous`` or the address of a dask.distributed cluster.
    """

    filetypes: tuple[str, ...] | None = None
    rootnames: tuple[str, ...] | None = None
    everything: bool = False
    workers: int | None = None
    scheduler: str = "processes"


@dataclass(frozen=True)
class Task:
    """One observation to ingest, and which of its files have to be read."""

    found: FoundObservation
    filetypes: tuple[str, ...]


@dataclass
class Report:
    """What a run did.  `files` and `previews` count by filetype, `seconds` is its duration.

    `unknown` maps (header, keyword) to (type, file name) for keywords that no spec names,
    `misfits` maps it to the number of values that do not fit their type.
    """

    observations: Counter = field(default_factory=Counter)
    files: Counter = field(default_factory=Counter)
    previews: Counter = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    unknown: dict[tuple[HeaderKey, str], tuple[str, str]] = field(default_factory=dict)
    misfits: Counter = field(default_factory=Counter)
    others: int = 0
    bytes: int = 0
    seconds: float = 0.0
    log: Path | None = None

    @property
    def state(self) -> str:
        """The state in which the run's record is closed."""
        if self.failures:
            return runs.SUCCEEDED_WITH_FAILURES
        changed = self.observations[NEW] + self.observations[UPDATED]
        return runs.SUCCEEDED if changed else runs.NOTHING_NEW

    def add(self, outcome: Outcome) -> None:
        """Take account of one observation."""
        self.observations[outcome.state] += 1
        self.files.update(outcome.filetypes)
        self.previews.update(outcome.previews)
        self.failures += outcome.failures
        for met, seen in outcome.unknown.items():
            self.unknown.setdefault(met, seen)
        self.misfits.update(outcome.misfits.keys())
        self.bytes += outcome.bytes

    def lines(self) -> Iterator[str]:
        """Yield the counts, for the end of the log and for the user."""
        states = (NEW, UPDATED, UNCHANGED, FAILED)
        counts = ", ".join(f"{self.observations[state]} {state}" for state in states)
        yield f"Observations: {counts}"
        files = ", ".join(f"{count} {name}" for name, count in self.files.items()) or "none"
        yield f"Files read: {files}"
        pictures = ", ".join(f"{count} {name}" for name, count in self.previews.items()) or "none"
        yield f"Previews: {pictures}"
        yield f"Files failed: {len(self.failures)}"
        yield f"Keywords new to the specs: {len(self.unknown)}"
        yield f"Keywords with values that do not fit their type: {len(self.misfits)}"
        yield f"Files that are not ours: {self.others}"
        yield f"Seconds: {self.seconds:.1f}"


# Called with the number of observations, gives a context whose value is called for each one.
Progress = Callable[[int], Any]


@contextmanager
def _silent(_: int) -> Iterator[Callable[[], Any]]:
    yield lambda: None


def ingest(config: Config, options: Options | None = None, progress: Progress = _silent) -> Report:
    """Ingest what is new or changed.

    Parameters
    ----------
    progress : callable, optional
        Called with the number of observations to ingest; returns a context manager whose value
        is called without arguments whenever one is done.

    Raises
    ------
    ConfigError
        If the file system is not there, or an option is wrong.
    DatabaseError
        If the database is not there.
    """
    options = options or Options()
    config = locate(config)
    specs = keyword_specs.load(configuration.specs_overlay(config))
    filetypes = _filetypes(options, specs)
    started = datetime.now(UTC).replace(tzinfo=None)
    with Store(config.connection_string, specs) as store, log_file(config.log_dir, started) as log:
        run = runs.start(store, {"started": started, **_described(options)})
        report = Report(log=log)
        try:
            _ingest(config, options, filetypes, store, specs, report, progress)
        except BaseException as error:
            logger.error("The run failed: %s", error or type(error).__name__)
            runs.finish(store, run, _closed(report, started, runs.FAILED, str(error)))
            raise
        record = _closed(report, started, report.state)
        for line in report.lines():
            logger.info(line)
        runs.finish(store, run, record)
    return report


def _filetypes(options: Options, specs: KeywordSpecs) -> tuple[str, ...]:
    for filetype in options.filetypes or ():
        if filetype not in specs.filetypes:
            known = ", ".join(specs.filetypes)
            raise ConfigError(f"there is no filetype {filetype!r}; the filetypes are {known}")
    return options.filetypes or tuple(specs.filetypes)


def _ingest(
    config: Config,
    options: Options,
    filetypes: Sequence[str],
    store: Store,
    specs: KeywordSpecs,
    report: Report,
    progress: Progress,
) -> None:
    store.make_indexes()
    if config.proposals_file.exists():
        proposals.save(store, proposals.read(config.proposals_file))
    logger.info("Gathering files to ingest from %s", config.filesystem)
    tasks = list(_tasks(config, options, filetypes, store, specs, report))
    logger.info("%d observations to ingest", len(tasks))
    with progress(len(tasks)) as done:

        def take(outcome: Outcome) -> None:
            _log(outcome)
            report.add(outcome)
            done()

        _run(tasks, config, options, take)
    runs.remember_keywords(store, report.unknown, datetime.now(UTC).replace(tzinfo=None))
    _log_oddities(report)


def _tasks(
    config: Config,
    options: Options,
    filetypes: Sequence[str],
    store: Store,
    specs: KeywordSpecs,
    report: Report,
) -> Iterator[Task]:
    """Yield what has to be ingested; count what has not changed."""
    known = observations.known_files(store)
    for found in scan(config.filesystem, specs.filetypes, options.rootnames):
        report.others += found.others
        stored = known.get(found.rootname, {})
        to_read = tuple(
            filetype
            for filetype in specs.filetypes
            if filetype in filetypes
            and filetype in found.files
            and (options.everything or _changed(found, filetype, stored))
        )
        if to_read or found.problems:
            yield Task(found, to_read)
        elif found.files:
            report.observations[UNCHANGED] += 1


def _changed(found: FoundObservation, filetype: str, stored: dict[str, Any]) -> bool:
    """Whether a file is not the one that is stored, or one whose pictures failed."""
    file = found.files[filetype]
    before = stored.get("files", {}).get(filetype)
    if before is None or stored.get("previews", {}).get(filetype, {}).get("failed"):
        return True
    now = {"path": file.path, "size": file.size, "mtime": file.mtime}
    return any(before.get(name) != value for name, value in now.items())


def _run(
    tasks: list[Task], config: Config, options: Options, take: Callable[[Outcome], None]
) -> None:
    """Ingest the tasks where the options say, and hand over what comes of each as it does."""
    if not tasks:
        return
    workers = options.workers or config.ncores
    size = max(1, min(LARGEST_PARTITION, len(tasks) // (workers * PARTITIONS_PER_WORKER)))
    bag = dask.bag.from_sequence(tasks, partition_size=size)
    bag = bag.map_partitions(_ingest_partition, config=config)
    if options.scheduler == "processes":
        # The scheduler hands out six tasks at a time unless told otherwise, which leaves a
        # worker idle at the end of a short run.
        with _handing_over(take):
            bag.compute(
                scheduler="processes", num_workers=workers, chunksize=1, initializer=_quieten
            )
    elif options.scheduler in LOCAL_SCHEDULERS:
        with _handing_over(take), _in_this_process(config):
            bag.compute(scheduler=options.scheduler, num_workers=workers)
    else:
        _run_on_cluster(bag, options.scheduler, take)


def _handing_over(take: Callable[[Outcome], None]) -> Callback:
    """Return the callback by which a local scheduler hands over outcomes as they come.

    It hears of every task of the graph, and the same list can pass through several of them.
    """
    handed: set[str] = set()

    def finished(_key: Any, result: Any, *_: Any) -> None:
        for outcome in result if isinstance(result, list) else ():
            if isinstance(outcome, Outcome) and outcome.rootname not in handed:
                handed.add(outcome.rootname)
                take(outcome)

    return Callback(posttask=finished)


def _run_on_cluster(bag: dask.bag.Bag, address: str, take: Callable[[Outcome], None]) -> None:
    try:
        import distributed
    except ImportError as error:
        raise ConfigError(
            f"scheduler {address!r} is none of {', '.join(LOCAL_SCHEDULERS)}; the address of a "
            'cluster needs dask.distributed: pip install "acsql[distributed]"'
        ) from error
    try:
        client = distributed.Client(address)
    except (OSError, ValueError) as error:
        raise ConfigError(f"no dask.distributed cluster at {address!r}: {error}") from error
    with client:
        client.run(_quieten)
        futures = client.compute(bag.to_delayed())
        for _, outcomes in distributed.as_completed(futures, with_results=True):
            for outcome in outcomes:
                take(outcome)


def _ingest_partition(tasks: Iterable[Task], config: Config) -> list[Outcome]:
    """Ingest some observations in a worker, with one connection for all that it gets."""
    store, specs = _opened(config)
    return [_ingest_one(task, store, specs, config) for task in tasks]


def _ingest_one(task: Task, store: Store, specs: KeywordSpecs, config: Config) -> Outcome:
    """Ingest one observation; whatever goes wrong is its own failure and nobody else's."""
    try:
        return ingest_observation(task.found, task.filetypes, store, specs, config)
    except Exception as error:
        rootname = task.found.rootname
        kind = "" if isinstance(error, ArchiveError) else f"{type(error).__name__}: "
        failure = Failure(rootname, rootname, "write", f"{rootname}: {kind}{error}")
        return Outcome(rootname, failures=[failure])


@functools.lru_cache(maxsize=1)
def _opened(config: Config) -> tuple[Store, KeywordSpecs]:
    """Return this process's connection; a worker process keeps it until it ends."""
    specs = keyword_specs.load(configuration.specs_overlay(config))
    return Store(config.connection_string, specs), specs


def _quieten() -> None:
    """Keep astropy's warnings about odd headers quiet: what matters is in the outcomes."""
    warnings.simplefilter("ignore", AstropyWarning)


@contextmanager
def _in_this_process(config: Config) -> Iterator[None]:
    """Let workers run in this process, and close the connection that they shared."""
    with warnings.catch_warnings():
        _quieten()
        try:
            yield
        finally:
            if _opened.cache_info().currsize:
                _opened(config)[0].close()
                _opened.cache_clear()


def _log(outcome: Outcome) -> None:
    if outcome.state != FAILED:
        logger.info(
            "%s: %s: read %s; previews of %s; %.2f s",
            outcome.rootname,
            outcome.state,
            ", ".join(outcome.filetypes),
            ", ".join(outcome.previews) or "none",
            outcome.seconds,
        )
    for note in outcome.notes:
        logger.warning("%s: %s", outcome.rootname, note)
    for failure in outcome.failures:
        logger.error("%s: %s", outcome.rootname, failure.reason)


def _log_oddities(report: Report) -> None:
    """Log what the specs do not know or have otherwise, each keyword once."""
    for (key, keyword), (type_, filename) in report.unknown.items():
        logger.info("New to the specs: %s in %s (%s), met in %s", keyword, key, type_, filename)
    for (key, keyword), number in report.misfits.items():
        logger.warning("%d values of %s in %s do not fit its type", number, keyword, key)


def _described(options: Options) -> dict[str, Any]:
    return {"version": __version__, "options": asdict(options)}


def _closed(
    report: Report, started: datetime, state: str, reason: str | None = None
) -> dict[str, Any]:
    """Return what closes a run's record."""
    finished = datetime.now(UTC).replace(tzinfo=None)
    report.seconds = (finished - started).total_seconds()
    return {
        "finished": finished,
        "state": state,
        "reason": reason,
        "seconds": report.seconds,
        "observations": dict(report.observations),
        "files": dict(report.files),
        "previews": dict(report.previews),
        "bytes": report.bytes,
        "others": report.others,
        "failures": [asdict(failure) for failure in report.failures],
        "keywords_new": [
            {**key._asdict(), "keyword": keyword, "type": type_, "filename": filename}
            for (key, keyword), (type_, filename) in report.unknown.items()
        ],
        "misfits": [
            {"header": str(key), "keyword": keyword, "values": number}
            for (key, keyword), number in report.misfits.items()
        ],
        "log": str(report.log),
    }
