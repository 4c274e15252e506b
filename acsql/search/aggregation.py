"""Searches whose rows are not observations: their files, their extensions, or groups of them.

They run as aggregations in the database, and the MongoDB shell can run the same stages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import query
from ..query import Column, Condition, computed_column
from ..store import aggregations, mongosh
from ..store.aggregations import Stage
from ..store.sorting import total_order
from ..store.spellings import with_spellings
from .annotated import looked_up
from .explain import Explanation
from .search import Search

if TYPE_CHECKING:
    from astropy.table import Table

_EXTENSION_KEYWORDS = ("extname", "extver")


OBSERVATIONS = computed_column("observations", "int", "number of observations")
_FILETYPE = computed_column("filetype", "str", "filetype: the product of the pipeline")
_FILENAME = computed_column("filename", "str", "name of the file")
_EXTENSION = computed_column("extension", "int", "number of the extension in the file")
_PERCENTAGE = computed_column("percentage", "float", "share of the observations", "%")


@dataclass(frozen=True, eq=False)
class Aggregation:
    """A search with rows computed from the observations.

    Like a `Search` it is a value that runs each time one of its methods is called.

    Attributes
    ----------
    search : Search
        The observations from which the rows are computed.
    selected_columns : list of Column
        The columns of the rows.
    stages : sequence of dict
        The MongoDB aggregation stages that compute the rows.
    run : callable
        Returns an iterator over the rows.
    """

    search: Search
    selected_columns: list[Column]
    stages: Sequence[Stage]
    run: Callable[[], Iterator[dict[str, Any]]]

    @property
    def condition(self) -> Condition:
        """The condition on the observations."""
        return self.search.condition

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows one by one.

        Yields
        ------
        dict
            Values by column; None if unknown.

        Raises
        ------
        QueryTimeout
            If the aggregation takes longer than the time limit of the search.
        """
        return self.run()

    def table(self) -> Table:
        """Return all rows as a table.

        Returns
        -------
        astropy.table.Table
            A table with units and descriptions; unknown values are masked.

        Raises
        ------
        QueryTimeout
            As in `rows`.
        """
        from ..export.columns import make_table

        rows = list(self.rows())
        return make_table(rows, self.selected_columns)

    def mongosh(self) -> str:
        """Return the line for the MongoDB shell that computes the same rows."""
        return mongosh.aggregate(self.stages)

    def explain(self) -> Explanation:
        """Return the conditions that exclude every observation, as `Search.explain` does."""
        return self.search.explain()


def filenames(search: Search) -> Aggregation:
    """Return the files of a search, in its sort order.

    Parameters
    ----------
    search : Search
        The observations.

    Returns
    -------
    Aggregation
        Rows with rootname, filetype and filename.
    """
    stages = aggregations.files(_spelled(search), total_order(search.order))
    return _file_rows(search, stages)


def filenames_by_reference(search: Search, keyword: str, reference_file: str) -> Aggregation:
    """Return the files whose primary header names a reference file.

    Parameters
    ----------
    search : Search
        The observations that may have such files.
    keyword : str
        The normalised keyword that names the reference file, such as ``biasfile``.
    reference_file : str
        Its name; wildcards are ``*`` and ``?``.

    Returns
    -------
    Aggregation
        Rows with rootname, filetype, filename and reference_file.

    Raises
    ------
    QueryError
        If no primary header has the keyword.
    """
    locations = search.source.specs.headers_with(keyword)
    filetypes = [filetype for filetype, extension in locations if extension == 0]
    # Where no primary header has the keyword, resolving this address explains so.
    addresses = [f"{filetype}.0.{keyword}" for filetype in filetypes or ["raw"]]
    # The index of reference files finds a name as it is written.
    written = query.Exact(reference_file)
    named = query.Or(tuple(query.one_of(address, [written]) for address in addresses))
    matching = search.where(named)
    stages = aggregations.files_by_reference(
        _spelled(matching), keyword, filetypes, query.one_of("reference_file", [written])
    )
    description = f"{keyword.upper()} of the primary header"
    return _file_rows(matching, stages, computed_column("reference_file", "str", description))


def extensions(
    search: Search, extname: str, keyword: str, filetype: str | None = None
) -> Aggregation:
    """Return a keyword of all extensions of one name.

    Parameters
    ----------
    search : Search
        The observations.
    extname : str
        The name of the extensions, such as ``SCI``.
    keyword : str
        The normalised keyword, such as ``goodmean``.
    filetype : str, optional
        Only the extensions of this filetype.

    Returns
    -------
    Aggregation
        Rows with rootname, filetype, extension, extname, extver and the keyword.
    """
    keywords = search.source.specs.keywords
    columns = [
        *query.resolve_all(["rootname"], search.source.specs),
        _FILETYPE,
        _EXTENSION,
        *(Column(name, keywords[name]) for name in (*_EXTENSION_KEYWORDS, keyword)),
    ]
    stages = aggregations.extensions(_spelled(search), extname, keyword, filetype)
    return _staged(search, columns, stages, read=None)


def distribution(search: Search, *keywords: str) -> Aggregation:
    """Return the number of observations with each combination of the values of some keywords.

    Parameters
    ----------
    search : Search
        The observations.
    *keywords : str
        Promoted keywords.

    Returns
    -------
    Aggregation
        Rows with the keywords, observations and percentage, the most frequent combination first.

    Raises
    ------
    QueryError
        If a keyword does not exist.
    """
    source, addresses = search.source, list(keywords)
    columns = [*query.resolve_all(addresses, source.specs), OBSERVATIONS, _PERCENTAGE]

    def run() -> Iterator[dict[str, Any]]:
        """Yield the rows, counted in the columns where these answer."""
        return aggregations.distribution_rows(
            source.store, _condition(search), addresses, search.max_seconds
        )

    stages = aggregations.distribution(_spelled(search), addresses)
    return Aggregation(search, columns, stages, run)


def _condition(search: Search) -> Condition:
    """Return the condition of a search for the database, with its annotations looked up."""
    return looked_up(search.condition, search.source.store)


def _spelled(search: Search) -> Condition:
    """Return the condition of a search for stages, with its texts as they are stored."""
    return with_spellings(_condition(search), search.source.store)


def _file_rows(search: Search, stages: Sequence[Stage], *further: Column) -> Aggregation:
    """Return an aggregation whose rows are files."""
    rootname = query.resolve_all(["rootname"], search.source.specs)
    # Stages that read headers have a condition on the same headers.
    return _staged(search, [*rootname, _FILETYPE, _FILENAME, *further], stages, read=())


def _staged(
    search: Search, columns: list[Column], stages: Sequence[Stage], read: Sequence[str] | None
) -> Aggregation:
    """Return an aggregation that runs its stages; `read` are the keywords that these read."""
    addresses = [column.address for column in columns]

    def run() -> Iterator[dict[str, Any]]:
        return aggregations.rows(
            search.source.store, stages, _condition(search), addresses, search.max_seconds, read
        )

    return Aggregation(search, columns, stages, run)
