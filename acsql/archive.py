"""Archive: the observations, proposals, runs and statistics of one ACS archive.

The command line and the site use nothing else, so a script can do all that they do.
"""

from __future__ import annotations

import atexit
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Any

from . import config as configuration
from . import notebook, runs
from .accounts.accounts import Accounts
from .annotatable import Annotatable
from .compare import BOOKKEEPING, HeaderAddress, HeaderComparison, compare
from .config import Config
from .maintenance import Maintainable
from .mongod import resolve_connection
from .monitors.monitored import Monitored
from .name_resolver import NameResolver
from .observation import Observation
from .proposals import Proposal, ProposalCatalog
from .query import Equals
from .saved_searches import SavedSearches
from .search.criteria import Source
from .search.limits import TIME_LIMIT, optional_seconds
from .search.search import Search
from .statistics import ArchiveSummary, Statistic, StatisticCatalog
from .store.configured import open_store
from .store.current_specs import CurrentSpecs
from .store.moment import one_moment


def connect(
    config: str | Path | Config | None = None, time_limit: float | None = TIME_LIMIT
) -> Archive:
    """Open the archive.

    Parameters
    ----------
    config : str, Path or Config, optional
        The configuration or its file; by default the file named by ``ACSQL_CONFIG``, else the
        one in the user's configuration folder.
    time_limit : float, optional
        Seconds that a search may take unless it sets another limit; None for no limit.

    Returns
    -------
    Archive
        To be closed, or used as a context manager.

    Raises
    ------
    ConfigError
        If the configuration is missing or wrong.
    DatabaseError
        If the database cannot be reached or started.

    Examples
    --------
    >>> import acsql
    >>> with acsql.connect(archive.config) as same:
    ...     same.count() == archive.count()
    True
    """
    if not isinstance(config, Config):
        config = configuration.load(config)
    return Archive(resolve_connection(config), time_limit)


class Archive(Annotatable, Monitored, Maintainable):
    """An open archive; `acsql.connect` returns one.

    Parameters
    ----------
    config : Config
        The configuration, with the address of a running database.
    time_limit : float, optional
        As in `connect`.
    wait : float, optional
        Seconds that a query waits for a database that does not answer, 15 by default.  With 0 it
        fails at once, and the archive opens even if the database does not answer yet.
    log_outages : bool
        Whether to log when the database stops answering and when it answers again.
    """

    def __init__(
        self,
        config: Config,
        time_limit: float | None = TIME_LIMIT,
        wait: float | None = None,
        log_outages: bool = False,
    ) -> None:
        self.config = config
        self.time_limit = optional_seconds(time_limit)
        self.store = open_store(config, wait, log_outages)
        specs = self.store.specs
        self.accounts = Accounts(self.store)
        current = CurrentSpecs(self.store, specs)
        self._source = Source(self.store, current, site_url=config.site_url)
        self.saved_searches = SavedSearches(self._source)
        self.name_resolver = NameResolver(self.store, config.name_resolver)
        self._proposals = ProposalCatalog(self.store, specs)
        self._statistics = StatisticCatalog(self.store, specs)

    def __copy__(self) -> Archive:
        # Not as `__reduce__` says: a copy is for another person, and shares the connection.
        same = Archive.__new__(Archive)
        same.__dict__.update(self.__dict__)
        return same

    def __reduce__(self) -> tuple[Any, ...]:
        # With the password of the database, which a process on a cluster needs.
        return _open_again, (self.config, self.time_limit)

    def one_moment(self, max_age: float = 0.0) -> AbstractContextManager[None]:
        """Return a block whose reads look once for changes of the database.

        Parameters
        ----------
        max_age : float
            Seconds: while an ingest runs, what it has written within them may be missing, too, and
            reading takes less time.

        Returns
        -------
        context manager
            For a short block of reads by one thread, such as those of a page.  Their answers may
            lack writes that come during the block.

        Examples
        --------
        >>> with archive.one_moment():
        ...     archive.summary().observations == archive.count()
        True
        """
        return one_moment(max_age)

    def __repr__(self) -> str:
        return f"<Archive of {self.config.filesystem} in {self.store.address}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the totals, and a link to the site."""
        summary = self.summary()
        content = {
            "observations": f"{summary.observations:,}",
            "files": f"{summary.files:,}",
            "previews": f"{summary.previews:,}",
            "detectors": ", ".join(f"{name} {n:,}" for name, n in summary.detectors.items()),
        }
        return notebook.facts("ACS Quicklook archive", content, self.config.site_url, None)

    def close(self) -> None:
        """Close the connection to the database."""
        self.store.close()

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def observation(self, rootname: str) -> Observation:
        """Return one observation.

        Parameters
        ----------
        rootname : str
            A rootname or ipppssoot of eight or nine characters, in any case.

        Returns
        -------
        Observation
            Its metadata; headers and files are read on request.

        Raises
        ------
        InvalidName
            If the text cannot be a rootname.
        ObservationNotFound
            If there is no such observation, or eight characters fit several association products.

        Examples
        --------
        >>> rootname = archive.search(detector="WFC", limit=1)["rootname"][0]
        >>> archive.observation(rootname.upper())["detector"]
        'WFC'
        """
        return Observation.load(self.store, self.specs, self.config, rootname)

    def find(self, *texts: str) -> Search:
        """Return a search for what people call observations, as the search box of the site does.

        Parameters
        ----------
        *texts : str
            Names, dates, numbers of proposals, rootnames, positions and conditions:
            ``"47 Tuc F606W 2003"``, ``"darks 2003-03 exptime>500"``, ``"Zwicky"``.  Names of
            objects that are no targets are positions, if the setting ``name_resolver`` is set.

        Returns
        -------
        Search
            The observations that are what all texts mean, with the time limit of the archive.

        Raises
        ------
        ObservationNotFound, ProposalNotFound
            If a text is no name of the archive and no condition.
        QueryError
            If a condition is not valid.

        Examples
        --------
        >>> archive.find("47 Tuc", "WFC exptime>0")
        <Search: targname=NGC104 detector=WFC exptime>0.0>
        """
        from .search_text import condition

        resolve = self.name_resolver.position
        return self.where(*(condition(text, self, resolve) for text in texts))

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

    def proposals(self) -> list[Proposal]:
        """Return the proposals that have observations.

        Returns
        -------
        list of Proposal
            By number.

        Examples
        --------
        >>> sum(proposal.observations for proposal in archive.proposals()) == archive.count()
        True
        """
        return self._proposals.all()

    def find_proposals(self, text: str) -> list[int]:
        """Return the proposals whose title has all words of a text, or whose PI has.

        Parameters
        ----------
        text : str
            The words, in any order and case, with or without punctuation.

        Returns
        -------
        list of int
            The numbers of proposals that have observations, sorted; empty if the text has no word.

        Examples
        --------
        >>> proposal = archive.proposals()[0]
        >>> proposal.proposid in archive.find_proposals(proposal.title)
        True
        """
        return self._proposals.find(text)

    def number_without_proposal(self) -> int:
        """Return the number of observations whose proposal is not known.

        Returns
        -------
        int
            The proposals that no element of `proposals` counts.

        Examples
        --------
        >>> archive.number_without_proposal()
        0
        """
        return self._proposals.number_without()

    def proposal(self, proposid: int) -> Proposal:
        """Return one proposal.

        Parameters
        ----------
        proposid : int
            Its number, such as 9019.

        Returns
        -------
        Proposal
            Its description, and a summary of its observations.

        Raises
        ------
        ProposalNotFound
            If no observation belongs to it.
        QueryError
            If it is not a number.

        Examples
        --------
        >>> first = archive.proposals()[0]
        >>> archive.proposal(first.proposid) == first
        True
        """
        # Refuses what is not a number, as any search does.
        self.where(Equals("proposid", proposid))
        return self._proposals.get(proposid)

    def summary(self) -> ArchiveSummary:
        """Return the totals of the archive, and the record of its last ingest run.

        Returns
        -------
        ArchiveSummary
            Numbers of observations, files and previews, and sizes in bytes.

        Examples
        --------
        >>> archive.summary().observations == archive.count()
        True
        """
        last = next(iter(self.runs(1)), None)
        return self._statistics.summary(last, runs.hours_since_success(self.store, last))

    def statistics(self) -> dict[str, Statistic]:
        """Return the statistics of the archive.

        Returns
        -------
        dict of Statistic
            Tables by name, as in `acsql.statistics.KINDS`.

        Examples
        --------
        >>> archive.statistics()["filetypes"].title
        'Files by filetype'
        """
        return self._statistics.all()


@cache
def _open_again(config: Config, time_limit: float | None) -> Archive:
    """Return the archive that all unpickled archives of a process share, as long as it lives."""
    archive = Archive(config, time_limit)
    atexit.register(archive.close)
    return archive
