"""Plans of runs of monitors: the observations that each monitor has to measure.

They follow from the options and the database: the state of an observation is compared with the
state of its last measurement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..archive import Archive
from ..monitors import Monitor
from ..query import Between, Condition
from ..search import Search
from ..store import file_records, monitor_writes
from .workers import PROCESSES


@dataclass(frozen=True)
class Options:
    """The options of a run of monitors.

    Attributes
    ----------
    monitors : tuple of str
        The names of the monitors; empty for all.
    conditions : tuple of str or Condition
        Only observations that meet these as well.
    since : datetime or str, optional
        Only observations that were ingested at or after this moment.
    again : bool
        Measure observations again that are measured, as ``acsql monitor redo`` does.
    retry_failed : bool
        Measure also observations that failed and have not changed.
    workers : int, optional
        Number of processes or threads, by default `Config.ncores`.
    scheduler : str
        ``processes``, ``threads``, ``synchronous`` or the address of a dask.distributed cluster.
    """

    monitors: tuple[str, ...] = ()
    conditions: tuple[str | Condition, ...] = ()
    since: datetime | str | None = None
    again: bool = False
    retry_failed: bool = False
    workers: int | None = None
    scheduler: str = PROCESSES


@dataclass(frozen=True)
class MeasurementTask:
    """An observation, and the state of it that each of some monitors has not measured."""

    rootname: str
    states: Mapping[str, str]


@dataclass(frozen=True)
class MeasurementPlan:
    """The tasks of a run of monitors.

    Attributes
    ----------
    tasks : tuple of MeasurementTask
        By rootname.
    wanted : dict
        Names of monitors to their numbers of observations, measured or not.
    unwanted : dict
        Names of monitors to the rootnames that they have measured and no longer want.
    """

    tasks: tuple[MeasurementTask, ...]
    wanted: Mapping[str, int]
    unwanted: Mapping[str, Sequence[str]]


def selected(archive: Archive, options: Options) -> Search:
    """Return the search of the observations that the options of a run select.

    Parameters
    ----------
    archive : Archive
        The archive.
    options : Options
        The options.

    Raises
    ------
    QueryError
        If a condition is invalid.
    """
    search = archive.where(*options.conditions)
    if options.since is not None:
        search = search.where(Between("last_ingest_date", low=options.since))
    return search


def make_plan(
    archive: Archive, search: Search, monitors: Sequence[Monitor], options: Options
) -> MeasurementPlan:
    """Return the plan of a run of some monitors.

    Parameters
    ----------
    archive : Archive
        The archive.
    search : Search
        The observations that the run looks at.
    monitors : sequence of Monitor
        The monitors.
    options : Options
        The options of the run.

    Returns
    -------
    MeasurementPlan
        Its `unwanted` is empty if the run looks at a part of the observations only.
    """
    wanted = {each.name: _wanted(search, each) for each in monitors}
    measured = {
        each.name: monitor_writes.states(archive.store, each.name, options.retry_failed)
        for each in monitors
    }
    is_whole = not options.conditions and options.since is None
    return MeasurementPlan(
        _tasks(archive, monitors, wanted, {} if options.again else measured),
        {name: len(rootnames) for name, rootnames in wanted.items()},
        _unwanted(measured, wanted) if is_whole else {},
    )


def _wanted(search: Search, monitor: Monitor) -> set[str]:
    """Return the rootnames of the observations that meet the condition of a monitor."""
    if monitor.condition:
        search = search.where(monitor.condition)
    return {row["rootname"] for row in search.columns("rootname").rows()}


def _tasks(
    archive: Archive,
    monitors: Sequence[Monitor],
    wanted: Mapping[str, set[str]],
    measured: Mapping[str, Mapping[str, str]],
) -> tuple[MeasurementTask, ...]:
    """Return the observations whose state differs from the state that a monitor has measured."""
    states: dict[str, dict[str, str]] = {}
    every = sorted(set().union(*wanted.values()))
    # One observation at a time: the records of all files of the mission take a gigabyte.
    for rootname, files in file_records.of(archive.store, every):
        for monitor in monitors:
            if rootname in wanted[monitor.name]:
                filetypes = monitor.filetypes or tuple(archive.specs.filetypes)
                state = monitor_writes.state(monitor.version, files, filetypes)
                if measured.get(monitor.name, {}).get(rootname) != state:
                    states.setdefault(rootname, {})[monitor.name] = state
    return tuple(MeasurementTask(*task) for task in sorted(states.items()))


def _unwanted(
    measured: Mapping[str, Mapping[str, str]], wanted: Mapping[str, set[str]]
) -> dict[str, list[str]]:
    """Return the observations that monitors have measured and no longer want."""
    return {
        name: sorted(
            rootname
            for rootname, state in states.items()
            if state != monitor_writes.RETIRED and rootname not in wanted[name]
        )
        for name, states in measured.items()
    }
