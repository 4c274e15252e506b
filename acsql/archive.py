"""The door to the archive: observations, searches, proposals and FITS files for scripts.

The command line and the site ask here and nowhere else, so whatever they show can be scripted.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from astropy.table import Table

from . import config as configuration
from . import keywords as specs
from . import query
from .compare import BOOKKEEPING, HeaderAddress, HeaderComparison, compare
from .config import Config
from .datasets import Dataset
from .errors import ProposalNotFound, RunNotFound
from .migrations import runner
from .mongod.server import resolve_connection
from .monitor import watch
from .observation import Observation, find_document
from .proposals import Proposal, Summary, of_proposal, to_proposal, to_summary
from .query import And, Between, Column, Condition, Equals
from .search import Count, Explanation, Page, Search
from .search.criteria import DEFAULT_COLUMNS, Source
from .search.limits import TIME_LIMIT, TimeLimit, optional_seconds, seconds
from .statistics import Statistic, to_statistics
from .store import keywords_not_in_specs, lock, proposals, queries, runs
from .store.client import Store
from .store.derived import proposal_summaries, totals
from .store.derived import statistics as derived_statistics
from .store.schema import now

# An archive that is ingested every night is overdue after so many hours without a good ingest.
OVERDUE_HOURS = 36
# A worker may take the date of an ingest and write it so many times `database_wait` later.
WINDOW = 3


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
    return Archive(resolve_connection(config), time_limit)


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
        self.time_limit = optional_seconds(time_limit)
        packaged = specs.load(configuration.specs_overlay(config))
        self.store = Store(config.connection_string, packaged)
        self.specs = packaged.with_keywords(keywords_not_in_specs.stored(self.store))
        # Thousands, which change only with an ingest: when they were counted, and what came of it.
        self._proposals: tuple[datetime | None, list[Proposal]] = (None, [])
        self._source = Source(self.store, self.specs)

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
        record = runs.last(self.store, runs.SUCCESSFUL)
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
        document = find_document(self.store, rootname)
        return Observation(self.store, self.specs, self.config, document)

    def differences(self, a: str, b: str, bookkeeping: bool = False) -> list[HeaderComparison]:
        """Compare the headers of two observations, two files or two extensions.

        Parameters
        ----------
        a, b : str
            ``j8bt05njq``, ``j8bt05njq.flt`` or ``j8bt05njq.flt.1``.  A filetype or extension
            that one leaves out is taken from the other.
        bookkeeping : bool
            Whether to include keywords that differ between any two files, such as the file name
            and the date of writing.

        Returns
        -------
        list of acsql.compare.HeaderComparison
            Each pair of headers with the keywords that differ.

        Raises
        ------
        InvalidName, QueryError
            If `a` or `b` is not a header address.
        ObservationNotFound, DatasetNotFound
            If an observation, a filetype or an extension does not exist.

        Examples
        --------
        >>> search = archive.where(detector="WFC").columns("ipppssoot").limit(2)
        >>> first, second = [row["ipppssoot"] for row in search.rows()]
        >>> (comparison,) = archive.differences(f"{first}.spt.0", second)
        >>> comparison.a.name.endswith("spt 0")
        True
        """
        addresses = HeaderAddress.parse(a), HeaderAddress.parse(b)
        one, other = (self.observation(address.name) for address in addresses)
        return compare(one, other, *addresses, ignored=() if bookkeeping else BOOKKEEPING)

    def where(self, *conditions: Condition | str, **keywords: Any) -> Search:
        """Return a search for the observations that meet all conditions.

        Parameters
        ----------
        *conditions, **keywords
            As in `Search.where`; without any, all observations.

        Returns
        -------
        Search
            With the time limit of the archive.  Nothing is read until one of its methods runs it.

        Raises
        ------
        QueryError
            If a keyword does not exist, or a value does not fit its type.
        ObservationNotFound
            If the observation of an `Overlaps` does not exist.

        Examples
        --------
        >>> archive.where("detector=WFC", exptime=(100, None)).sort("-exptime")
        <Search: detector=WFC exptime>=100.0>
        """
        everything: Search = Search(self._source, max_seconds=self.time_limit)
        return everything.where(*conditions, **keywords)

    def search(
        self,
        *conditions: Condition | str,
        columns: Sequence[str] | None = None,
        sort: Sequence[str] | str | None = None,
        limit: int | None = None,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> Table:
        """Return the observations that meet all conditions as a table.

        ``archive.where(...)`` and the methods of `Search` do the same step by step.

        Parameters
        ----------
        *conditions, **keywords
            As in `Search.where`.
        columns : sequence of str, optional
            Keyword addresses, as in `Search.columns`.
        sort : str or sequence of str, optional
            Keyword addresses, as in `Search.sort`.
        limit : int, optional
            At most this many rows.
        time_limit : float, optional
            Seconds that the database may take; None for no limit, by default the limit given to
            `connect`.

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

        Examples
        --------
        >>> table = archive.search("exptime>0", detector="WFC", columns=["rootname", "exptime"])
        >>> table.colnames
        ['rootname', 'exptime']
        """
        search = self._limited(self.where(*conditions, **keywords), time_limit)
        return _arranged(search, columns, sort).limit(limit).table()

    def count(
        self,
        *conditions: Condition | str,
        budget: float | None = None,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> Count:
        """Return the number of observations that meet all conditions.

        Parameters
        ----------
        *conditions, **keywords
            As in `Search.where`.
        budget : float, optional
            Seconds after which an estimate replaces the exact count, as in `Search.count`.
        time_limit : float, optional
            As in `search`.

        Returns
        -------
        Count
            An `int` with the attribute ``exact``; an estimate is shown as ``about 1200``.

        Raises
        ------
        QueryError, QueryTimeout
            As in `search`.

        Examples
        --------
        >>> archive.count() == archive.count("detector=WFC") + archive.count("detector!=WFC")
        True
        """
        return self._limited(self.where(*conditions, **keywords), time_limit).count(budget)

    def facets(
        self,
        keyword: str,
        *conditions: Condition | str,
        limit: int | None = None,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> dict[Any, int]:
        """Return the values of a keyword with their numbers of observations.

        Parameters
        ----------
        keyword : str
            The address of any keyword, as in `Search.facets`.
        *conditions, **keywords
            As in `Search.where`.
        limit : int, optional
            Return at most this many values.
        time_limit : float, optional
            As in `search`.

        Returns
        -------
        dict
            Value to number, the most frequent first, without unknown values.

        Raises
        ------
        QueryError, QueryTimeout
            As in `search`.

        Examples
        --------
        >>> list(archive.facets("detector", "detector=HRC"))
        ['HRC']
        """
        search = self._limited(self.where(*conditions, **keywords), time_limit)
        return search.facets(keyword, limit)

    def _limited(self, search: Search, time_limit: TimeLimit) -> Search:
        return search if time_limit == "default" else search.time_limit(time_limit)

    # The methods from here to `since` are superseded by those of `Search`.

    def datasets(
        self,
        *conditions: Condition | str,
        filetypes: Sequence[str] | None = None,
        sort: Sequence[str] | str | None = None,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> Iterator[Dataset]:
        """See `Search.files`."""
        search = self._limited(self.where(*conditions, **keywords), time_limit)
        return _arranged(search, None, sort).files(filetypes)

    def iter(
        self,
        *conditions: Condition | str,
        columns: Sequence[str] | None = None,
        sort: Sequence[str] | str | None = None,
        limit: int | None = None,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> Iterator[dict[str, Any]]:
        """See `Search.rows`."""
        search = self._limited(self.where(*conditions, **keywords), time_limit)
        return _arranged(search, columns, sort).limit(limit).rows()

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
        """See `Search.page`."""
        search = self._limited(self.where(*conditions, **keywords), time_limit)
        return _arranged(search, columns, sort).page(size, after, before)

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
        """See `Search.thumbnails`."""
        search = self._limited(self.where(*conditions, **keywords), time_limit)
        return _arranged(search, None, sort).thumbnails(size, after, before)

    def sample(
        self,
        *conditions: Condition | str,
        columns: Sequence[str] | None = None,
        size: int = 1000,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> list[dict[str, Any]]:
        """See `Search.sample`."""
        search = self._limited(self.where(*conditions, **keywords), time_limit)
        return _arranged(search, columns, None).sample(size)

    def distinct(
        self,
        keyword: str,
        *conditions: Condition | str,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> list[Any]:
        """See `Search.distinct`."""
        return self._limited(self.where(*conditions, **keywords), time_limit).distinct(keyword)

    def facets_of(
        self,
        names_of_keywords: Sequence[str],
        *conditions: Condition | str,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> dict[str, dict[Any, int]]:
        """See `Search.facets_of`."""
        search = self._limited(self.where(*conditions, **keywords), time_limit)
        return search.facets_of(*names_of_keywords)

    def explain_empty(
        self,
        *conditions: Condition | str,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> Explanation:
        """See `Search.explain`."""
        return self._limited(self.where(*conditions, **keywords), time_limit).explain()

    def mongosh(
        self,
        *conditions: Condition | str,
        columns: Sequence[str] | None = None,
        sort: Sequence[str] | str | None = None,
        limit: int | None = None,
        **keywords: Any,
    ) -> str:
        """See `Search.mongosh`."""
        return _arranged(self.where(*conditions, **keywords), columns, sort).limit(limit).mongosh()

    def mongosh_count(self, *conditions: Condition | str, **keywords: Any) -> str:
        """See `Search.mongosh_count`."""
        return self.where(*conditions, **keywords).mongosh_count()

    def mongosh_facets(
        self, keyword: str, *conditions: Condition | str, limit: int | None = None, **keywords: Any
    ) -> str:
        """See `Search.mongosh_facets`."""
        return self.where(*conditions, **keywords).mongosh_facets(keyword, limit)

    def columns(self, addresses: Sequence[str] | None = None) -> list[Column]:
        """See `Search.selected_columns`."""
        return query.resolve_all(DEFAULT_COLUMNS if addresses is None else addresses, self.specs)

    def condition(self, *conditions: Condition | str, **keywords: Any) -> Condition:
        """See `Search.condition`."""
        return self.where(*conditions, **keywords).condition

    def sorted_by(
        self,
        *conditions: Condition | str,
        sort: Sequence[str] | str | None = None,
        **keywords: Any,
    ) -> list[str]:
        """See `Search.sorted_by`."""
        return _arranged(self.where(*conditions, **keywords), None, sort).sorted_by

    def neighbours(
        self,
        observation: Observation,
        *conditions: Condition | str,
        sort: Sequence[str] | str | None = None,
        everywhere: bool = False,
    ) -> tuple[str | None, str | None]:
        """See `Search.neighbours`."""
        proposal = () if everywhere else (of_proposal(observation["proposid"]),)
        return _arranged(self.where(*proposal, *conditions), None, sort).neighbours(observation)

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
        search = self.where(ingested, *conditions, **keywords)
        found = search.columns("rootname").sort("last_ingest_date").rows()
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
        condition = self.where(*conditions, **keywords).condition
        begin = (
            None
            if since is None
            else query.coerce_value(since, self.columns(["last_ingest_date"])[0])
        )
        patience = patience and seconds(patience, "patience")
        window = WINDOW * timedelta(seconds=self.config.database_wait)
        documents = watch.documents(
            self.store, Path(mark), begin, patience, window, seconds(every, "every")
        )
        return self._meeting(condition, documents)

    def _meeting(self, condition: Condition, documents: Iterator[Any]) -> Iterator[Observation]:
        """Yield the observations of documents that meet a condition."""
        for document in documents:
            this = And((condition, Equals("rootname", document.rootname)))
            if queries.any_match(self.store, this, self.time_limit):
                yield Observation(self.store, self.specs, self.config, document)

    def proposals(self) -> list[Proposal]:
        """Return every proposal that has observations, by number, as after the last ingest."""
        when = (totals.stored(self.store) or {}).get("counted")
        if when is None or when != self._proposals[0]:
            self._proposals = (when, self._all_proposals())
        return list(self._proposals[1])

    def _all_proposals(self) -> list[Proposal]:
        known = proposals.by_id(self.store)
        found = proposal_summaries.stored(self.store)
        if found is None:
            found = proposal_summaries.live(self.store, self.specs.thumbnail_filetype)
        return [to_proposal(summary, known.get(summary["_id"], {})) for summary in found]

    def proposal(self, proposid: int) -> Proposal:
        """Return one proposal.

        Raises
        ------
        ProposalNotFound
            If no observation belongs to it.
        """
        # A number that no proposal can have is refused like any other wrong value.
        self.where(Equals("proposid", proposid))
        found = proposal_summaries.stored_of(self.store, self.specs, proposid)
        if found is None:
            live = proposal_summaries.live(self.store, self.specs.thumbnail_filetype, proposid)
            found = next(iter(live), None)
        if found is None:
            raise ProposalNotFound(f"there is no observation of proposal {proposid}")
        return to_proposal(found, proposals.by_id(self.store, [proposid]).get(proposid, {}))

    def summary(self) -> Summary:
        """Return what is in the archive as counted after the last ingest, and that run."""
        counts = totals.stored(self.store) or totals.live(self.store)
        return to_summary(counts, self.specs, next(iter(self.runs(1)), None))

    def statistics(self) -> dict[str, Statistic]:
        """Return the statistics by name, as counted after the last ingest; none before the first.

        They are tables: observations against time, the size of the archive, files, headers,
        filters, exposure times.
        """
        return to_statistics(derived_statistics.stored(self.store))


def is_overdue(age: float | None, hours: float = OVERDUE_HOURS) -> bool:
    """Whether the last good ingest, so many hours ago or never, is longer ago than it should be."""
    return age is None or age > hours


def _arranged(
    search: Search, columns: Sequence[str] | None, sort: Sequence[str] | str | None
) -> Search:
    """Return a search with columns and a sort order, by default its own."""
    keys = [sort] if isinstance(sort, str) else sort or []
    return search.columns(*(columns or [])).sort(*keys)
