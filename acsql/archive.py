"""The door to the archive: observations, searches, proposals and FITS files for scripts.

The command line and the site ask here and nowhere else, so whatever they show can be scripted.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from astropy.table import Table

from . import config as configuration
from . import names, query, specs
from .config import Config
from .errors import ArchiveError, ObservationNotFound, ProposalNotFound, QueryError
from .marks import from_mark, to_mark
from .observation import Observation
from .query import And, Between, Column, Condition, Equals, Not
from .specs import BLOCKS
from .store import lock, migrations, observations, proposals, runs
from .store.connection import Store, locate
from .store.observations import Order
from .tables import table_column

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
DEFAULT_SORT = ("expstart",)
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


def connect(config: str | Path | Config | None = None) -> "Archive":
    """Open the archive.

    Parameters
    ----------
    config : str, Path or Config, optional
        The configuration or its file; by default the file that ``ACSQL_CONFIG`` names or the
        one at the default place.

    Raises
    ------
    ConfigError
        If the configuration is missing or wrong.
    DatabaseError
        If the database cannot be reached or started.
    """
    if not isinstance(config, Config):
        config = configuration.load(config)
    return Archive(locate(config))


@dataclass(frozen=True)
class Proposal:
    """What is known of one proposal, and what its observations come to.

    `exptime` is the sum over its observations in seconds; `thumbnail` is the rootname of an
    observation with a thumbnail.
    """

    proposid: int
    type: str | None
    title: str | None
    cycle: int | None
    pi: str | None
    observations: int
    detectors: tuple[str, ...]
    targets: tuple[str, ...]
    first: datetime | None
    last: datetime | None
    exptime: float
    thumbnail: str | None


@dataclass(frozen=True)
class Page:
    """Some rows of a search, and the mark from which the next ones are had."""

    rows: list[dict[str, Any]]
    next: str | None = None


@dataclass(frozen=True)
class Summary:
    """What is in the archive.  `filetypes` maps to number of files and bytes."""

    observations: int
    files: int
    bytes: int
    previews: int
    detectors: dict[str, int] = field(default_factory=dict)
    filetypes: dict[str, dict[str, int]] = field(default_factory=dict)
    last_run: dict[str, Any] | None = None


class Archive:
    """The archive, for scripts.  Use `acsql.connect` to open one.

    Parameters
    ----------
    config : Config
        With the address of a running database.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        packaged = specs.load(configuration.specs_overlay(config))
        self.store = Store(config.connection_string, packaged)
        self.specs = packaged.extended(runs.keywords_met(self.store))

    def close(self) -> None:
        """Close the connection to the database."""
        self.store.close()

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def check(self) -> None:
        """Raise `DatabaseError` if the database is behind this acsql or ahead of it."""
        migrations.check(self.store)

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
        lacking = migrations.missing(self.store)
        found = [(step.name, step.description, step.pending(self.store)) for step in lacking]
        if lacking and not dry_run:
            migrations.migrate(self.store, self.specs)
        return found

    def runs(self, limit: int = 20) -> list[dict[str, Any]]:
        """Return the records of the newest ingests, the newest first, without their lists."""
        return [self._seen(record) for record in runs.newest(self.store, limit)]

    def run(self, number: int) -> dict[str, Any]:
        """Return the record of an ingest, with its failures by file.

        Raises
        ------
        ArchiveError
            If there was no run of this number.
        """
        record = runs.get(self.store, number)
        if record is None:
            raise ArchiveError(f"there was no ingest run {number}")
        return self._seen(record)

    def hours_since_good_run(self) -> float | None:
        """Return how long ago an ingest last came to its end, None if none ever did."""
        record = runs.last(self.store, runs.GOOD)
        if record is None:
            return None
        now = datetime.now(UTC).replace(tzinfo=None)
        return (now - record["finished"]).total_seconds() / 3600

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

    def search(
        self,
        *conditions: Condition | str,
        columns: Sequence[str] | None = None,
        sort: Sequence[str] | str = DEFAULT_SORT,
        limit: int | None = None,
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
            The keywords to sort by; ``-`` before one sorts downwards.
        limit : int, optional
            At most so many rows.
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
        """
        shown = self.columns(columns)
        rows = list(self.rows(*conditions, columns=columns, sort=sort, limit=limit, **keywords))
        return Table([table_column(rows, column) for column in shown])

    def rows(
        self,
        *conditions: Condition | str,
        columns: Sequence[str] | None = None,
        sort: Sequence[str] | str = DEFAULT_SORT,
        limit: int | None = None,
        **keywords: Any,
    ) -> Iterator[dict[str, Any]]:
        """Yield what `search` returns row by row, for results too large to hold."""
        condition = self.condition(*conditions, **keywords)
        order = self.order(sort)
        addresses = [column.address for column in self.columns(columns)]
        if limit is not None and limit < 1:
            raise QueryError(f"limit must be at least 1, not {limit}")
        return observations.find(self.store, condition, addresses, order, limit or 0)

    def page(
        self,
        *conditions: Condition | str,
        columns: Sequence[str] | None = None,
        sort: Sequence[str] | str = DEFAULT_SORT,
        size: int = 50,
        after: str | None = None,
        **keywords: Any,
    ) -> Page:
        """Return some rows of a search and the mark of the next page.

        Pages go on behind the last row seen, so that each row comes exactly once even while
        an ingest adds others.

        Parameters
        ----------
        size : int
            Rows on a page.
        after : str, optional
            The `next` of the page before.
        """
        addresses = [column.address for column in self.columns(columns)]
        condition = self.condition(*conditions, **keywords)
        return self._page(condition, addresses, self.order(sort), size, after)

    def gallery(
        self,
        *conditions: Condition | str,
        sort: Sequence[str] | str = DEFAULT_SORT,
        size: int | None = None,
        after: str | None = None,
        **keywords: Any,
    ) -> Page:
        """Return what is shown with the thumbnails of a search, by default of all of it.

        Rows have `GALLERY_COLUMNS` and ``no_thumbnail``: None where `Observation.thumbnail`
        has one, else the reason why there is none.  The rest is as in `page`.
        """
        condition = self.condition(*conditions, **keywords)
        addresses = [*GALLERY_COLUMNS, "datasets", "previews"]
        page = self._page(condition, addresses, self.order(sort), size, after)
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
        after: str | None,
    ) -> Page:
        behind = None if after is None else from_mark(after, len(observations.total_order(order)))
        limit = 0 if size is None else size + 1
        rows = list(observations.find(self.store, condition, addresses, order, limit, behind))
        if size is None or len(rows) <= size:
            return Page(rows)
        return Page(rows[:size], to_mark(observations.sort_key(rows[size - 1], order)))

    def count(self, *conditions: Condition | str, **keywords: Any) -> int:
        """Return how many observations meet all conditions."""
        return observations.count(self.store, self.condition(*conditions, **keywords))

    def distinct(self, keyword: str, *conditions: Condition | str, **keywords: Any) -> list[Any]:
        """Return the values that a keyword takes in the observations that meet conditions."""
        address = query.resolve(keyword, self.specs).address
        condition = self.condition(*conditions, **keywords)
        return observations.distinct(self.store, address, condition)

    def columns(self, addresses: Sequence[str] | None = None) -> list[Column]:
        """Return the columns of some addresses, by default of `DEFAULT_COLUMNS`."""
        return query.columns(DEFAULT_COLUMNS if addresses is None else addresses, self.specs)

    def condition(self, *conditions: Condition | str, **keywords: Any) -> Condition:
        """Return one condition, resolved and typed, that all the given ones hold."""
        given = [
            query.parse(part, self.specs) if isinstance(part, str) else part for part in conditions
        ]
        return query.prepare(And((*given, *query.from_keywords(keywords))), self.specs)

    def order(self, sort: Sequence[str] | str) -> list[Order]:
        """Return the sort order that some addresses name; ``-`` before one is downwards."""
        keys = [sort] if isinstance(sort, str) else sort
        order: dict[str, Order] = {}
        for key in keys:
            column = query.resolve(key.removeprefix("-"), self.specs)
            if column.spec.name.startswith(BLOCKS):
                raise QueryError(f"{column.address} has many values: nothing is sorted by it")
            order.setdefault(column.address, Order(column.address, key.startswith("-")))
        return list(order.values())

    def proposals(self) -> list[Proposal]:
        """Return every proposal that has observations, by number."""
        known = proposals.by_id(self.store)
        return [
            _proposal(summary, known.get(summary["_id"], {}))
            for summary in proposals.summaries(self.store, self.specs.thumbnail_filetype)
        ]

    def proposal(self, proposid: int) -> Proposal:
        """Return one proposal.

        Raises
        ------
        ProposalNotFound
            If no observation belongs to it.
        """
        # A number that no proposal can have is refused like any other wrong value.
        self.condition(Equals("proposid", proposid))
        found = proposals.summaries(self.store, self.specs.thumbnail_filetype, proposid)
        if not found:
            raise ProposalNotFound(f"there is no observation of proposal {proposid}")
        return _proposal(found[0], proposals.by_id(self.store, [proposid]).get(proposid, {}))

    def neighbours(
        self,
        observation: Observation,
        *conditions: Condition | str,
        sort: Sequence[str] | str = DEFAULT_SORT,
    ) -> tuple[str | None, str | None]:
        """Return the ipppssoot before and after an observation in its proposal.

        Parameters
        ----------
        *conditions : Condition or str
            What the neighbours have to meet; the observation itself need not.
        sort : sequence of str, optional
            The order in which they stand.
        """
        within = self.condition(of_proposal(observation["proposid"]), *conditions)
        order = self.order(sort)
        row = {key.address: observation[key.address] for key in order}
        last = observations.sort_key(row | {"rootname": observation.rootname}, order)
        backwards = [Order(key.address, not key.descending) for key in order]
        found = (
            observations.find(self.store, within, ["ipppssoot"], direction, 1, last)
            for direction in (backwards, order)
        )
        before, after = (next((row["ipppssoot"] for row in rows), None) for rows in found)
        return before, after

    def summary(self) -> Summary:
        """Return what is in the archive, and the last run of the ingest."""
        totals = observations.totals(self.store)
        filetypes = {
            name: {key: totals["filetypes"][name][key] for key in ("files", "bytes")}
            for name in self.specs.filetypes
            if name in totals["filetypes"]
        }
        return Summary(
            observations=totals["observations"],
            files=sum(entry["files"] for entry in filetypes.values()),
            bytes=sum(entry["bytes"] for entry in filetypes.values()),
            previews=totals["previews"],
            detectors={
                name: totals["detectors"][name]
                for name in self.specs.detectors
                if name in totals["detectors"]
            },
            filetypes=filetypes,
            last_run=next(iter(self.runs(1)), None),
        )


def of_proposal(proposid: int | None) -> Condition:
    """Return the condition to belong to a proposal, or with None to no known one."""
    if proposid is None:
        # Not as being unknown: this an index serves.
        return Not(Between("proposid", low=0))
    return Equals("proposid", proposid)


def _proposal(summary: Mapping[str, Any], known: Mapping[str, Any]) -> Proposal:
    names_of_pi = [summary["pr_inv_l"], summary["pr_inv_f"]]
    return Proposal(
        proposid=summary["_id"],
        type=known.get("type"),
        title=known.get("title"),
        cycle=known.get("cycle"),
        pi=known.get("pi") or ", ".join(name for name in names_of_pi if name) or None,
        observations=summary["observations"],
        detectors=tuple(sorted(filter(None, summary["detectors"]))),
        targets=tuple(sorted(filter(None, summary["targets"]))),
        first=summary["first"],
        last=summary["last"],
        exptime=summary["exptime"],
        thumbnail=summary["thumbnail"],
    )
