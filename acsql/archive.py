"""The door to the archive: observations, searches, proposals and FITS files for scripts.

The command line and the site ask here and nowhere else, so whatever they show can be scripted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from astropy.table import Table

from . import config as configuration
from . import keywords as specs
from . import names, query
from .compare import BOOKKEEPING, Compared, Part, compare
from .config import Config
from .datasets import Dataset, of_row
from .errors import ObservationNotFound, ProposalNotFound, QueryError, RunNotFound
from .export.columns import table_column
from .migrations import runner
from .monitor import watch
from .observation import Observation
from .proposals import Proposal, Summary, of_proposal, to_proposal, to_summary
from .query import And, Between, Column, Condition, Equals, Not, Or, Overlaps
from .search import counting
from .search.counting import Count
from .search.cursor import from_mark, to_mark
from .search.explain import Explanation, explain
from .statistics import Statistic, to_statistics
from .store import lock, mongosh, observations, proposals, runs
from .store.client import Store, locate
from .store.derived import counts as tallies
from .store.derived import statistics as counted
from .store.observations import Order
from .store.schema import now

DEFAULT_COLUMNS = (
    "rootname",
    "detector",
    "targname",
    "proposid",
    "date_obs",
    "expstart",
    "exptime",
    "aperture",
    "filter1",
    "filter2",
    "imagetyp",
)
# What a thumbnail is captioned with, or needs to be found by.
GALLERY_COLUMNS = (
    "rootname",
    "ipppssoot",
    "proposid",
    "visit",
    "targname",
    "detector",
    "filter1",
    "filter2",
    "date_obs",
    "expstart",
    "exptime",
)


# Seconds that any search may take, unless the user says otherwise.
TIME_LIMIT = 60
# An archive that is ingested every night is overdue after so many hours without a good ingest.
OVERDUE_HOURS = 36
# A worker may take the date of an ingest and write it so many times `database_wait` later.
WINDOW = 3
# The facets of so many searches are remembered until the next ingest.
FACETS_KEPT = 200
# In place of seconds: the limit that the archive was opened with.
TimeLimit = float | Literal["default"] | None


def connect(
    config: str | Path | Config | None = None, time_limit: float | None = TIME_LIMIT
) -> "Archive":
    """Open the archive.

    Parameters
    ----------
    config : str, Path or Config, optional
        The configuration or its file; by default the file that ``ACSQL_CONFIG`` names or the
        one at the default place.
    time_limit : float, optional
        How many seconds a search may take if it does not say itself; None means any time.

    Raises
    ------
    ConfigError
        If the configuration is missing or wrong.
    DatabaseError
        If the database cannot be reached or started.
    """
    if not isinstance(config, Config):
        config = configuration.load(config)
    return Archive(locate(config), time_limit)


@dataclass(frozen=True)
class Page:
    """Some rows of a search, and the marks from which the next and the previous ones are had."""

    rows: list[dict[str, Any]]
    next: str | None = None
    previous: str | None = None


class Archive:
    """The archive, for scripts.  Use `acsql.connect` to open one.

    Parameters
    ----------
    config : Config
        With the address of a running database.
    time_limit : float, optional
        As of `connect`.
    """

    def __init__(self, config: Config, time_limit: float | None = TIME_LIMIT) -> None:
        self.config = config
        self.time_limit = _checked(time_limit)
        packaged = specs.load(configuration.specs_overlay(config))
        self.store = Store(config.connection_string, packaged)
        self.specs = packaged.with_keywords(runs.keywords_met(self.store))
        # Thousands, which change only with an ingest: when they were counted, and what came of it.
        self._proposals: tuple[datetime | None, list[Proposal]] = (None, [])
        # The facets of searches, by when everything was last counted.
        self._facets: dict[Any, dict[str, dict[Any, int]]] = {}

    def close(self) -> None:
        """Close the connection to the database."""
        self.store.close()

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def check(self) -> None:
        """Raise `DatabaseError` if the database is behind this acsql or ahead of it."""
        runner.check(self.store)

    def migrate(self, dry_run: bool = False) -> list[tuple[str, str, int]]:
        """Bring the database up to date.

        Parameters
        ----------
        dry_run : bool
            Only look.

        Returns
        -------
        list of (str, str, int)
            The name of each step that is (or would be) applied, what it does, and how many
            documents it had to change.
        """
        lacking = runner.missing(self.store)
        found = [(step.name, step.description, step.pending(self.store)) for step in lacking]
        # Also without any: it may lack indexes, or what is made of the observations.
        if not dry_run:
            runner.migrate(self.store, self.specs)
        return found

    def runs(self, limit: int = 20, before: int | None = None) -> list[dict[str, Any]]:
        """Return the records of the newest ingests, the newest first, without their lists.

        Parameters
        ----------
        before : int, optional
            Only those before the run of this number.

        Returns
        -------
        list of dict
            In place of the lists, ``listed`` tells how long each is.
        """
        return [self._seen(record) for record in runs.newest(self.store, limit, before)]

    def run(self, number: int) -> dict[str, Any]:
        """Return the record of an ingest, with its failures by file.

        Raises
        ------
        RunNotFound
            If there was no run of this number.
        """
        record = runs.get(self.store, number)
        if record is None:
            raise RunNotFound(f"there was no ingest run {number}")
        return self._seen(record)

    def log(self, number: int) -> Path:
        """Return the log file of an ingest.

        Raises
        ------
        RunNotFound
            If there was no such run, it left no log, or the log is not where logs are any more.
        """
        named = self.run(number).get("log")
        if not named:
            raise RunNotFound(f"the record of ingest run {number} names no log")
        # Nothing but a log is given away, whatever a record says.
        path = self.config.log_dir / Path(named).name
        if path.resolve().parent != self.config.log_dir.resolve() or not path.is_file():
            raise RunNotFound(f"the log of ingest run {number} is not in its place any more")
        return path

    def hours_since_good_run(self) -> float | None:
        """Return how long ago an ingest last came to its end, None if none ever did."""
        record = runs.last(self.store, runs.GOOD)
        if record is None:
            return None
        return (now() - record["finished"]).total_seconds() / 3600

    def _seen(self, record: dict[str, Any]) -> dict[str, Any]:
        """Return a record with a run that died without closing it called so."""
        if record["state"] == runs.RUNNING and not lock.is_held(self.store):
            return record | {"state": runs.DIED}
        return record

    def observation(self, rootname: str) -> Observation:
        """Return an observation by its rootname of eight or nine characters, in any case.

        Raises
        ------
        InvalidName
            If the text cannot be a rootname.
        ObservationNotFound
            If there is no such observation, or eight characters fit several products.
        """
        key = names.rootname(rootname)
        document = observations.get(self.store, key)
        if document is None:
            document = observations.get(self.store, self._only_product(key))
        return Observation(self.store, self.specs, self.config, document)

    def _only_product(self, key: str) -> str:
        """Return the one association product whose first eight characters are `key`."""
        products = observations.beginning_with(self.store, key) if len(key) == 8 else []
        if len(products) == 1:
            return products[0]
        if products:
            raise ObservationNotFound(f"{key} fits several products: {', '.join(products)}")
        raise ObservationNotFound(f"there is no observation {key}")

    def differences(self, a: str, b: str, bookkeeping: bool = False) -> list[Compared]:
        """Compare the headers of two observations, two files or two extensions.

        Parameters
        ----------
        a, b : str
            ``j8bt05njq``, ``j8bt05njq.flt`` or ``j8bt05njq.flt.1``; what one does not say,
            filetype or extension, is as in the other.
        bookkeeping : bool
            Whether also what no two files agree in: their names, and when they were written.

        Returns
        -------
        list of Compared
            As of `acsql.compare.compare`.
        """
        parts = Part.parse(a), Part.parse(b)
        found = [self.observation(part.name) for part in parts]
        return compare(*found, *parts, () if bookkeeping else BOOKKEEPING)

    def datasets(
        self,
        *conditions: Condition | str,
        filetypes: Sequence[str] | None = None,
        sort: Sequence[str] | str | None = None,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> Iterator[Dataset]:
        """Yield the FITS files of the observations that meet all conditions.

        Parameters
        ----------
        filetypes : sequence of str, optional
            Only these.

        Raises
        ------
        QueryError
            If there is no such filetype; the rest is as in `search`.
        """
        for filetype in filetypes or ():
            if filetype not in self.specs.filetypes:
                listed = ", ".join(self.specs.filetypes)
                raise QueryError(f"there is no filetype {filetype!r}: it is one of {listed}")
        condition = self.condition(*conditions, **keywords)
        needed = ("ipppssoot", "proposid", "datasets", "files")
        where = (self._order(sort, condition), 0)
        rows = observations.find(
            self.store, condition, needed, *where, time_limit=self._limit(time_limit)
        )
        wanted = [name for name in self.specs.filetypes if name in (filetypes or (name,))]
        return (dataset for row in rows for dataset in of_row(row, wanted))

    def search(
        self,
        *conditions: Condition | str,
        columns: Sequence[str] | None = None,
        sort: Sequence[str] | str | None = None,
        limit: int | None = None,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> Table:
        """Return the observations that meet all conditions.

        Parameters
        ----------
        *conditions : Condition or str
            Conditions, or texts like ``"exptime>=100"`` or ``"flt.1.goodmean<5"``.
        columns : sequence of str, optional
            The keywords to return.
        sort : sequence of str, optional
            The keywords to sort by; ``-`` before one sorts downwards.  Ties come by the start
            of the exposure, then by rootname.  By default that is all, or before it the keyword
            of which a range or a pattern is asked for.
        limit : int, optional
            At most so many rows.
        time_limit : float, optional
            How many seconds the database may take; None means any time, and by default it is
            what the archive was opened with.
        **keywords
            Conditions as well: ``targname="NGC*"``, ``exptime=(100, None)``,
            ``filter1=["F606W", "F814W"]``.

        Returns
        -------
        astropy.table.Table
            With units and descriptions; unknown values are masked.

        Raises
        ------
        QueryError
            If a keyword does not exist or a value does not fit its type.
        QueryTimeout
            If it takes longer than the time limit.
        """
        shown = self.columns(columns)
        asked = {"columns": columns, "sort": sort, "limit": limit, "time_limit": time_limit}
        rows = list(self.iter(*conditions, **asked, **keywords))
        return Table([table_column(rows, column) for column in shown])

    def iter(
        self,
        *conditions: Condition | str,
        columns: Sequence[str] | None = None,
        sort: Sequence[str] | str | None = None,
        limit: int | None = None,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> Iterator[dict[str, Any]]:
        """Yield what `search` returns row by row, for results too large to hold.

        The time limit is on what the database spends, not on what is done with the rows.
        """
        condition = self.condition(*conditions, **keywords)
        return observations.find(
            self.store,
            condition,
            [column.address for column in self.columns(columns)],
            self._order(sort, condition),
            _at_least_one("limit", limit) or 0,
            time_limit=self._limit(time_limit),
        )

    def page(
        self,
        *conditions: Condition | str,
        columns: Sequence[str] | None = None,
        sort: Sequence[str] | str | None = None,
        size: int = 50,
        after: str | None = None,
        before: str | None = None,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> Page:
        """Return some rows of a search and the marks of the pages around them.

        Pages go on behind the last row seen, so that each row comes exactly once even while
        an ingest adds others.

        Parameters
        ----------
        size : int
            Rows on a page.
        after : str, optional
            The `next` of the page before.
        before : str, optional
            The `previous` of the page after.
        """
        addresses = [column.address for column in self.columns(columns)]
        condition = self.condition(*conditions, **keywords)
        marks = (after, before)
        order = self._order(sort, condition)
        return self._page(condition, addresses, order, size, marks, time_limit)

    def gallery(
        self,
        *conditions: Condition | str,
        sort: Sequence[str] | str | None = None,
        size: int | None = None,
        after: str | None = None,
        before: str | None = None,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> Page:
        """Return what is shown with the thumbnails of a search, by default of all of it.

        Rows have `GALLERY_COLUMNS` and ``no_thumbnail``: None where `Observation.thumbnail`
        has one, else the reason why there is none.  The rest is as in `page`.
        """
        condition = self.condition(*conditions, **keywords)
        addresses = [*GALLERY_COLUMNS, "datasets", "previews"]
        marks = (after, before)
        order = self._order(sort, condition)
        page = self._page(condition, addresses, order, size, marks, time_limit)
        shown = self.specs.thumbnail_filetype
        for row in page.rows:
            datasets, previews = row.pop("datasets") or {}, row.pop("previews") or {}
            held = ", ".join(name for name in self.specs.filetypes if name in datasets)
            preview = previews.get(shown, {})
            missing = f"thumbnails are of {shown}, and there is only {held}"
            reason = preview.get("reason") or missing
            row["no_thumbnail"] = None if preview.get("thumbnail") else reason
        return page

    def _page(
        self,
        condition: Condition,
        addresses: Sequence[str],
        order: Sequence[Order],
        size: int | None,
        marks: tuple[str | None, str | None],
        time_limit: TimeLimit,
    ) -> Page:
        after, before = marks
        if after is not None and before is not None:
            raise QueryError("a page is after a mark or before one, and not both")
        order = observations.total_order(order)
        backwards = before is not None
        mark = before if backwards else after
        seen = None if mark is None else from_mark(mark, len(order))
        limit = 0 if _at_least_one("size", size) is None else size + 1
        direction = observations.reversed_order(order) if backwards else order
        where = (addresses, direction, limit, seen, self._limit(time_limit))
        rows = list(observations.find(self.store, condition, *where))
        more = size is not None and len(rows) > size
        rows = rows[:size]
        if backwards:
            rows.reverse()
        # Where one comes from there is something, as long as there are rows at all.
        on = bool(rows) and (backwards or more)
        back = bool(rows) and (more if backwards else after is not None)
        return Page(
            rows,
            to_mark(observations.sort_key(rows[-1], order)) if on else None,
            to_mark(observations.sort_key(rows[0], order)) if back else None,
        )

    def sample(
        self,
        *conditions: Condition | str,
        columns: Sequence[str] | None = None,
        size: int = 1000,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> list[dict[str, Any]]:
        """Return rows of a search at random, in no order: for plots of more than one can draw.

        Parameters
        ----------
        size : int
            At most so many rows; all of them if there are no more.  Of the whole archive it may
            be fewer, because a large share would mean to read it all.
        """
        addresses = [column.address for column in self.columns(columns)]
        condition = self.condition(*conditions, **keywords)
        _at_least_one("size", size)
        return observations.sample(self.store, condition, addresses, size, self._limit(time_limit))

    def count(
        self,
        *conditions: Condition | str,
        budget: float | None = None,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> Count:
        """Return how many observations meet all conditions.

        Parameters
        ----------
        budget : float, optional
            Seconds after which an estimate will do.  It is made from two thousand observations
            at random: what fewer than one in a thousand has may be estimated as nothing.

        Returns
        -------
        Count
            A whole number, of which `exact` says whether it is counted or estimated; an
            estimate prints as ``about 1200``.
        """
        condition = self.condition(*conditions, **keywords)
        limit = self._limit(time_limit)
        return counting.count(self.store, self.specs, condition, limit, _checked(budget, "budget"))

    def distinct(
        self,
        keyword: str,
        *conditions: Condition | str,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> list[Any]:
        """Return the values that a keyword takes in the observations that meet conditions.

        They come sorted, without the unknown ones; `facets` also says how many have them.
        """
        column = query.resolve(keyword, self.specs)
        condition = self.condition(*conditions, **keywords)
        limit = self._limit(time_limit)
        return counting.distinct(self.store, self.specs, column, condition, limit)

    def facets(
        self,
        keyword: str,
        *conditions: Condition | str,
        limit: int | None = None,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> dict[Any, int]:
        """Return the values that a keyword takes, each with its number of observations.

        Parameters
        ----------
        keyword : str
            Any keyword of any header.  Of one that has several values in an observation, like
            ``flt.0.history`` or ``drz.0.dnnndata``, each counts once.
        limit : int, optional
            Only so many values.

        Returns
        -------
        dict
            The most frequent value first; unknown ones are left out.
        """
        column = query.resolve(keyword, self.specs)
        condition = self.condition(*conditions, **keywords)
        most = _at_least_one("limit", limit)
        seconds = self._limit(time_limit)
        return counting.facets(self.store, self.specs, column, condition, seconds, most)

    def facets_of(
        self,
        names_of_keywords: Sequence[str],
        *conditions: Condition | str,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> dict[str, dict[Any, int]]:
        """Return the `facets` of several keywords at the top, looking only once.

        A date counts by its year.
        """
        columns = self.columns(names_of_keywords)
        condition = self.condition(*conditions, **keywords)
        asked = (self.store, self.specs, columns, condition, self._limit(time_limit))
        when = tallies.current_since(self.store, self.specs)
        if when is None:
            return counting.facets_of(*asked)
        key = (when, tuple(column.address for column in columns), condition)
        if key not in self._facets:
            if len(self._facets) >= FACETS_KEPT:
                self._facets.clear()
            self._facets[key] = counting.facets_of(*asked)
        return self._facets[key]

    def explain_empty(
        self,
        *conditions: Condition | str,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> Explanation:
        """Return which of some conditions make that nothing is found; print it to read it.

        Each count takes no longer than the time limit; one that would is left out.
        """
        condition = self.condition(*conditions, **keywords)
        return explain(self.store, self.specs, condition, self._limit(time_limit))

    def mongosh(
        self,
        *conditions: Condition | str,
        columns: Sequence[str] | None = None,
        sort: Sequence[str] | str | None = None,
        limit: int | None = None,
        **keywords: Any,
    ) -> str:
        """Return the line for the Mongo shell that finds what `search` does."""
        addresses = [column.address for column in self.columns(columns)]
        condition = self.condition(*conditions, **keywords)
        order = self._order(sort, condition)
        return mongosh.find(condition, addresses, order, _at_least_one("limit", limit))

    def mongosh_count(self, *conditions: Condition | str, **keywords: Any) -> str:
        """Return the line for the Mongo shell that counts what `count` does."""
        return mongosh.count(self.condition(*conditions, **keywords))

    def mongosh_facets(
        self, keyword: str, *conditions: Condition | str, limit: int | None = None, **keywords: Any
    ) -> str:
        """Return the line for the Mongo shell that counts the values that `facets` does."""
        address = query.resolve(keyword, self.specs).address
        condition = self.condition(*conditions, **keywords)
        return mongosh.facets(address, condition, _at_least_one("limit", limit))

    def since(
        self, moment: datetime | str, *conditions: Condition | str, **keywords: Any
    ) -> Iterator[Observation]:
        """Yield the observations of which a file was ingested at some moment or later.

        They come in the order in which they were ingested; `watch` also remembers which of them
        were handed over.

        Parameters
        ----------
        moment : datetime or str
            Like ``2026-11-01`` or ``2026-11-01T18:00:00``; UTC if it does not say otherwise.
        """
        ingested = Between("last_ingest_date", low=moment)
        found = self.iter(
            ingested, *conditions, columns=["rootname"], sort="last_ingest_date", **keywords
        )
        # All names at once: the server would not wait for a script that takes its time over each.
        names_found = [row["rootname"] for row in found]
        return (self.observation(name) for name in names_found)

    def watch(
        self,
        mark: str | Path,
        *conditions: Condition | str,
        since: datetime | str | None = None,
        patience: float | None = None,
        every: float = 10,
        **keywords: Any,
    ) -> Iterator[Observation]:
        """Yield each new or changed observation once, also those of when nobody watched.

        What was handed over is remembered in a file, and only when the next observation is asked
        for: if the script dies over one, or leaves the loop, it gets that one again next time.
        An observation that changes twice before it is handed over comes once, as it is then.
        On a replica set a change stream tells what changed, else the dates of ingest are looked
        at every few seconds; `acsql.monitor.watch` says what that can miss.

        Parameters
        ----------
        mark : str or Path
            The file that remembers, for this script alone; it is made if it is not there.
        since : datetime or str, optional
            With a new mark: begin with what was ingested from this moment on.  By default
            everything that is in the archive comes first.
        patience : float, optional
            End when nothing has come for so many seconds; 0 hands over what is there, as for a
            nightly job.  By default it waits for ever.
        every : float
            Seconds between two looks at a server without change streams.

        Raises
        ------
        ArchiveError
            If the file is no mark, or another script is using it.
        """
        condition = self.condition(*conditions, **keywords)
        begin = (
            None
            if since is None
            else query.coerce_value(since, self.columns(["last_ingest_date"])[0])
        )
        patience = patience and _checked(patience, "patience")
        window = WINDOW * timedelta(seconds=self.config.database_wait)
        pace = (patience, window, _checked(every, "every"))
        documents = watch.documents(self.store, Path(mark), begin, *pace)
        return self._meeting(condition, documents)

    def _meeting(self, condition: Condition, documents: Iterator[Any]) -> Iterator[Observation]:
        """Yield the observations of documents that meet a condition."""
        for document in documents:
            this = And((condition, Equals("rootname", document.rootname)))
            if observations.is_any(self.store, this, self.time_limit):
                yield Observation(self.store, self.specs, self.config, document)

    def _limit(self, time_limit: TimeLimit) -> float | None:
        """Return the seconds that a search may take."""
        return self.time_limit if time_limit == "default" else _checked(time_limit)

    def columns(self, addresses: Sequence[str] | None = None) -> list[Column]:
        """Return the columns of some addresses, by default of `DEFAULT_COLUMNS`."""
        return query.resolve_all(DEFAULT_COLUMNS if addresses is None else addresses, self.specs)

    def condition(self, *conditions: Condition | str, **keywords: Any) -> Condition:
        """Return one condition, resolved and typed, that all the given ones hold."""
        given = [
            query.parse(part, self.specs) if isinstance(part, str) else part for part in conditions
        ]
        prepared = query.prepare(And((*given, *query.from_keywords(keywords))), self.specs)
        return self._placed(prepared)

    def _placed(self, condition: Condition) -> Condition:
        """Return a condition in which what overlaps an observation says where that is."""
        match condition:
            case And(parts) | Or(parts):
                return type(condition)(tuple(self._placed(part) for part in parts))
            case Not(inner):
                return Not(self._placed(inner))
            case Overlaps(rootname, None):
                # Also says so if there is no such observation.
                key = self.observation(rootname).rootname
                footprint = observations.footprint(self.store, key)
                if footprint is None:
                    raise QueryError(f"{key} has no footprint: nothing can overlap it")
                return replace(condition, rootname=key, footprint=footprint)
        return condition

    def _order(self, sort: Sequence[str] | str | None, condition: Condition) -> list[Order]:
        if sort is None:
            return observations.usual_order(condition, self.specs)
        return self.order(sort)

    def sorted_by(
        self,
        *conditions: Condition | str,
        sort: Sequence[str] | str | None = None,
        **keywords: Any,
    ) -> list[str]:
        """Return the keywords by which a search comes sorted, as `sort` takes them.

        Without `sort` these are the ones of the usual order, which `search` tells.
        """
        order = self._order(sort, self.condition(*conditions, **keywords))
        return [f"-{key.address}" if key.descending else key.address for key in order]

    def order(self, sort: Sequence[str] | str) -> list[Order]:
        """Return the sort order that some addresses name; ``-`` before one is downwards."""
        keys = [sort] if isinstance(sort, str) else sort
        order: dict[str, Order] = {}
        for key in keys:
            column = query.resolve(key.removeprefix("-"), self.specs)
            if column.has_many_values:
                raise QueryError(f"{column.address} has many values: nothing is sorted by it")
            order.setdefault(column.address, Order(column.address, key.startswith("-")))
        return list(order.values())

    def proposals(self) -> list[Proposal]:
        """Return every proposal that has observations, by number, as after the last ingest."""
        when = (tallies.totals(self.store) or {}).get("counted")
        if when is None or when != self._proposals[0]:
            self._proposals = (when, self._all_proposals())
        return list(self._proposals[1])

    def _all_proposals(self) -> list[Proposal]:
        known = proposals.by_id(self.store)
        found = tallies.summaries(self.store)
        if found is None:
            found = proposals.summaries(self.store, self.specs.thumbnail_filetype)
        return [to_proposal(summary, known.get(summary["_id"], {})) for summary in found]

    def proposal(self, proposid: int) -> Proposal:
        """Return one proposal.

        Raises
        ------
        ProposalNotFound
            If no observation belongs to it.
        """
        # A number that no proposal can have is refused like any other wrong value.
        self.condition(Equals("proposid", proposid))
        found = tallies.summary(self.store, self.specs, proposid)
        if found is None:
            live = proposals.summaries(self.store, self.specs.thumbnail_filetype, proposid)
            found = next(iter(live), None)
        if found is None:
            raise ProposalNotFound(f"there is no observation of proposal {proposid}")
        return to_proposal(found, proposals.by_id(self.store, [proposid]).get(proposid, {}))

    def neighbours(
        self,
        observation: Observation,
        *conditions: Condition | str,
        sort: Sequence[str] | str | None = None,
        everywhere: bool = False,
    ) -> tuple[str | None, str | None]:
        """Return the ipppssoot before and after an observation, by default in its proposal.

        Parameters
        ----------
        *conditions : Condition or str
            What the neighbours have to meet; the observation itself need not.
        sort : sequence of str, optional
            The order in which they stand.
        everywhere : bool
            Look in all proposals.
        """
        proposal = () if everywhere else (of_proposal(observation["proposid"]),)
        within = self.condition(*proposal, *conditions)
        order = observations.total_order(self._order(sort, within))
        itself = Equals("rootname", observation.rootname)
        last = observations.sort_key(next(observations.find(self.store, itself, [], order)), order)
        backwards = observations.reversed_order(order)
        found = (
            observations.find(
                self.store, within, ["ipppssoot"], direction, 1, last, self.time_limit
            )
            for direction in (backwards, order)
        )
        before, after = (next((row["ipppssoot"] for row in rows), None) for rows in found)
        return before, after

    def summary(self) -> Summary:
        """Return what is in the archive as counted after the last ingest, and that run."""
        totals = tallies.totals(self.store) or tallies.totals_now(self.store)
        return to_summary(totals, self.specs, next(iter(self.runs(1)), None))

    def statistics(self) -> dict[str, Statistic]:
        """Return the statistics by name, as counted after the last ingest; none before the first.

        They are tables: observations against time, the size of the archive, files, headers,
        filters, exposure times.
        """
        return to_statistics(counted.stored(self.store))


def is_overdue(age: float | None, hours: float = OVERDUE_HOURS) -> bool:
    """Whether the last good ingest, so many hours ago or never, is longer ago than it should be."""
    return age is None or age > hours


def _checked(seconds: float | None, name: str = "time_limit") -> float | None:
    """Return a number of seconds, or None, if it is one to wait for."""
    if seconds is None:
        return None
    # Written so that NaN does not pass.
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds > 0:
        raise QueryError(f"{name} must be seconds, more than 0, or None, not {seconds!r}")
    return seconds


def _at_least_one(name: str, number: int | None) -> int | None:
    if number is not None and number < 1:
        raise QueryError(f"{name} must be at least 1, not {number}")
    return number
