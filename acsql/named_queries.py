"""The questions that have a name: those that analysts ask of ACS again and again.

Each is a function of an archive that returns a table, as `Archive.search` does; its `ask` returns
the same question as a `Question`, for results too large to hold and for the Mongo shell.
`QUERIES` has all of them by name.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

from astropy.table import Table

from . import names, query
from .archive import Archive
from .errors import InvalidName
from .export.columns import table_column
from .keywords import KeywordSpec
from .query import Between, Column, Condition, Equals, Exists, Not, Or
from .store import aggregations
from .store import mongosh as shell
from .store.aggregations import Stage
from .store.observations import Order, total_order


def _column(name: str, type_: str, description: str, unit: str | None = None) -> Column:
    """Return a column that no keyword has."""
    return Column(name, KeywordSpec(name.upper(), type_, unit, description))


OBSERVATIONS = _column("observations", "int", "number of observations")
_IN_EXTENSIONS = ("extname", "extver", "goodmean")


@dataclass(frozen=True)
class Question:
    """A question put to an archive; each iteration asks it anew and yields the rows.

    `columns` are what a row has, `condition` what the observations have to meet, and `mongosh`
    is the line for the Mongo shell that does the same.
    """

    columns: Sequence[Column]
    condition: Condition
    mongosh: str
    rows: Callable[[], Iterator[dict[str, Any]]]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return self.rows()

    def table(self) -> Table:
        """Return all rows as a table."""
        rows = list(self)
        return Table([table_column(rows, column) for column in self.columns])


QUERIES: dict[str, Callable[..., Table]] = {}


def _named(ask: Callable[..., Question]) -> Callable[..., Table]:
    """Register a question by its name, as a function that returns its table."""

    @wraps(ask)
    def tabulated(*given: Any, **keywords: Any) -> Table:
        return ask(*given, **keywords).table()

    tabulated.ask = ask
    QUERIES[ask.__name__] = tabulated
    return tabulated


@_named
def all_filenames(archive: Archive) -> Question:
    """Every file of the archive, by rootname."""
    condition = archive.condition()
    return _of_files(archive, condition, aggregations.files(condition, [Order("rootname")]))


@_named
def filenames_in_date_range(archive: Archive, start: str, end: str) -> Question:
    """The files of the observations that were made between two dates, both included.

    Parameters
    ----------
    start, end : str or date
        Like ``2002``, ``2002-04`` or ``2002-04-13``: the whole of it.
    """
    condition = archive.condition(Between("date_obs", start, end))
    order = total_order([Order("date_obs")])
    return _of_files(archive, condition, aggregations.files(condition, order))


@_named
def filenames_for_calibration(archive: Archive, keyword: str, reference_file: str) -> Question:
    """The files that were calibrated, or are to be, with a reference file.

    Parameters
    ----------
    keyword : str
        The keyword that names it in primary headers: ``BIASFILE``, ``FLTFILE``, ``IDCTAB`` ...
    reference_file : str
        Like ``jref$n37163.fits``; wildcards are ``*`` and ``?``.
    """
    name = names.field(keyword)
    filetypes = [
        filetype for filetype, extension in archive.specs.headers_with(name) if not extension
    ]
    addresses = [f"{filetype}.0.{name}" for filetype in filetypes]
    # Of a keyword that no primary header has, the error says so.
    wanted = [query.one_of(address, [reference_file]) for address in addresses or [f"raw.0.{name}"]]
    condition = archive.condition(Or(tuple(wanted)))
    wanted_here = query.one_of("reference_file", [reference_file])
    stages = aggregations.files_by_reference(condition, name, filetypes, wanted_here)
    meaning = f"{name.upper()} of the primary header"
    return _of_files(archive, condition, stages, _column("reference_file", "str", meaning))


@_named
def filters_for_rootname(archive: Archive, rootname: str) -> Question:
    """The filters of an observation."""
    key = archive.observation(rootname).rootname
    columns = ["rootname", "detector", "filter1", "filter2"]
    return _search(archive, Equals("rootname", key), columns)


@_named
def filter_distribution(archive: Archive, detector: str | None = None) -> Question:
    """How many observations have each pair of filters, and what percentage of all that is.

    Parameters
    ----------
    detector : str, optional
        Only those of one detector.
    """
    keywords = {} if detector is None else {"detector": detector}
    condition = archive.condition(**keywords)
    addresses = ["filter1", "filter2"]
    return Question(
        [
            *archive.columns(addresses),
            OBSERVATIONS,
            _column("percentage", "float", "share of the observations", "%"),
        ],
        condition,
        shell.aggregate(aggregations.distribution(condition, addresses)),
        lambda: aggregations.distribution_rows(
            archive.store, archive.specs, condition, addresses, archive.time_limit
        ),
    )


@_named
def goodmean_for_dataset(archive: Archive, dataset: str) -> Question:
    """The mean of the good pixels of every science image of an observation, or of one file.

    Parameters
    ----------
    dataset : str
        A rootname or the name of a file.
    """
    rootname, filetype = _dataset(dataset)
    observation = archive.observation(rootname)
    if filetype is not None:
        # Says so if there is no such file.
        observation.path(filetype)
    condition = archive.condition(rootname=observation.rootname)
    extname = archive.specs.image_extname
    stages = aggregations.extensions(condition, extname, "goodmean", filetype)
    return _of_stages(
        archive,
        condition,
        stages,
        [
            *archive.columns(["rootname"]),
            _column("filetype", "str", "product of the pipeline"),
            _column("extension", "int", "number of the extension in the file"),
            *(Column(name, archive.specs.keywords[name]) for name in _IN_EXTENSIONS),
        ],
    )


@_named
def non_asn_rootnames(archive: Archive) -> Question:
    """The observations that belong to no association."""
    alone = Or((Not(Exists("asn_id")), Equals("asn_id", "NONE")))
    return _search(archive, alone, ["rootname", "detector", "targname", "date_obs"])


@_named
def rootnames_for_target(archive: Archive, targname: str) -> Question:
    """The observations of a target.

    Parameters
    ----------
    targname : str
        As proposals call it; wildcards are ``*`` and ``?``.
    """
    condition = query.one_of("targname", [targname])
    return _search(archive, condition, ["rootname", "targname", "detector", "date_obs"])


@_named
def rootnames_with_postflash(archive: Archive) -> Question:
    """The observations that were flashed after the exposure (FLASHDUR > 0), but no darks."""
    flashed = query.And(
        (Between("flashdur", low=0, low_inclusive=False), Not(Equals("imagetyp", "DARK")))
    )
    return _search(archive, flashed, ["rootname", "imagetyp", "flashdur", "date_obs"])


def _search(archive: Archive, condition: Condition, addresses: Sequence[str]) -> Question:
    """Return a question whose rows are observations."""
    return Question(
        archive.columns(addresses),
        archive.condition(condition),
        archive.mongosh(condition, columns=addresses),
        lambda: archive.iter(condition, columns=addresses),
    )


def _of_files(
    archive: Archive, condition: Condition, stages: Sequence[Stage], *further: Column
) -> Question:
    """Return a question whose rows are files."""
    columns = [
        *archive.columns(["rootname"]),
        _column("filetype", "str", "product of the pipeline"),
        _column("filename", "str", "name of the file"),
        *further,
    ]
    # Where they look into headers, their condition does as well.
    return _of_stages(archive, condition, stages, columns, read=())


def _of_stages(
    archive: Archive,
    condition: Condition,
    stages: Sequence[Stage],
    columns: Sequence[Column],
    read: Sequence[str] | None = None,
) -> Question:
    addresses = [column.address for column in columns]
    where = (condition, addresses, archive.time_limit, read)
    return Question(
        columns,
        condition,
        shell.aggregate(stages),
        lambda: aggregations.rows(archive.store, stages, *where),
    )


def _dataset(name: str) -> tuple[str, str | None]:
    """Return rootname and filetype of a file name, or a rootname and None."""
    try:
        filename = names.Filename.parse(name.strip().lower())
    except InvalidName:
        return name, None
    return filename.rootname, filename.filetype
