"""Content of the page of an observation for a file without preview: members, plots, telemetry.

The headers are those of the database; the file itself is read for the members of an association and
for the numbers beside the plots of a jitter table.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from astropy.table import Table

from .. import names
from ..archive import Archive
from ..errors import DatasetNotFound, InvalidName
from ..fits import jitter
from ..fits.tables import is_table
from ..keywords import KeywordSpecs
from ..observation import Observation
from ..stored_header import Header
from .header_view import HeaderRow, view_header

# The columns of an association table (ACS Data Handbook, section 2.2).
MEMBER, _ROLE, _PRESENT = "MEMNAME", "MEMTYPE", "MEMPRSNT"


@dataclass(frozen=True)
class Member:
    """A member of an association.

    Attributes
    ----------
    name, role : str
        As in the file.
    present : bool
        Whether the file says that it exists.
    row : mapping or None
        The caption of its observation, None if the archive does not have it.
    """

    name: str
    role: str
    present: bool
    row: Mapping[str, Any] | None


@dataclass(frozen=True)
class Pointing:
    """An extension whose pointing is plotted.

    Attributes
    ----------
    extension : int
        Its number.
    title : str
        Its name, and the exposure that it belongs to.
    rows : int or None
        The number of rows of a table, None for an image.
    facts : list of (str, str)
        Names and values of what the table says in sum.
    """

    extension: int
    title: str
    rows: int | None = None
    facts: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class HeaderGroup:
    """Keywords of a file that belong together.

    Attributes
    ----------
    title : str
        Such as ``Temperatures``.
    rows : list of (HeaderRow, list of int)
        A keyword with a value, and the numbers of the headers that have this value.
    """

    title: str
    rows: list[tuple[HeaderRow, list[int]]]


@dataclass(frozen=True)
class FileView:
    """The content of a page about a file; each part may be empty.

    Attributes
    ----------
    members : list of Member
        The members of an association.
    pointings : list of Pointing
        The extensions with plots.
    groups : list of HeaderGroup
        Groups of keywords.
    unreadable : str or None
        Why the file cannot be read, in which case the others lack what it contains.
    """

    members: list[Member] = field(default_factory=list)
    pointings: list[Pointing] = field(default_factory=list)
    groups: list[HeaderGroup] = field(default_factory=list)
    unreadable: str | None = None


def view_file(archive: Archive, observation: Observation, filetype: str) -> FileView | None:
    """Return what the page of an observation shows of a file.

    Parameters
    ----------
    archive : Archive
        In which the members of an association are looked up.
    observation : Observation
        The observation.
    filetype : str
        One of its filetypes.

    Returns
    -------
    FileView or None
        None for a filetype with previews or images, and for one of which nothing is shown.
    """
    spec = archive.specs.filetypes[filetype]
    if spec.preview or spec.pixels:
        return None
    headers = observation.headers[filetype]
    groups = list(group_headers(observation, headers, filetype, archive.specs))
    try:
        view = FileView(
            members=_members(archive, observation, headers, filetype),
            pointings=[
                pointing
                for extension, header in headers.items()
                if (pointing := _pointing(observation, header, filetype, extension))
            ],
            groups=groups,
        )
    except DatasetNotFound as error:
        return FileView(groups=groups, unreadable=str(error))
    return view if view != FileView() else None


def column_names(header: Header) -> list[str]:
    """Return the names of the columns of a table, by its stored header."""
    keywords = (f"ttype{number}" for number in range(1, (header.get("tfields") or 0) + 1))
    return [str(header.get(keyword)) for keyword in keywords]


def members_in_archive(archive: Archive, names_: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """Return the observations of an archive that some names of members mean.

    Parameters
    ----------
    archive : Archive
        Where they are looked up.
    names_ : iterable of str
        As in the column MEMNAME, in any case.

    Returns
    -------
    dict
        The captions of the observations by name; of no other names.
    """
    rootnames = {name: root for name in names_ if (root := _rootname(name))}
    if not rootnames:
        return {}
    rows = archive.where(rootname=list(rootnames.values())).thumbnails().rows
    by_rootname = {row["rootname"]: row for row in rows}
    return {name: by_rootname[root] for name, root in rootnames.items() if root in by_rootname}


def _rootname(name: str) -> str | None:
    try:
        return names.rootname(name)
    except InvalidName:
        return None


def _members(
    archive: Archive, observation: Observation, headers: Mapping[int, Header], filetype: str
) -> list[Member]:
    tables = [
        observation.table(filetype, extension)
        for extension, header in headers.items()
        if is_table(header) and {MEMBER, _ROLE, _PRESENT} <= {*column_names(header)}
    ]
    rows = [row for table in tables for row in table]
    known = members_in_archive(archive, [str(row[MEMBER]) for row in rows])
    return [
        Member(str(row[MEMBER]), str(row[_ROLE]), bool(row[_PRESENT]), known.get(str(row[MEMBER])))
        for row in rows
    ]


def _pointing(
    observation: Observation, header: Header, filetype: str, extension: int
) -> Pointing | None:
    """Return what a page shows of an extension, None if it is neither image nor jitter table."""
    title = " · ".join(filter(None, (header.extension_name, header.get("expname"))))
    if is_table(header):
        if not jitter.is_jitter(column_names(header)):
            return None
        table = observation.table(filetype, extension)
        return Pointing(extension, title, len(table), list(_jitter_facts(table)))
    return Pointing(extension, title) if header.get("naxis") == 2 else None


def _jitter_facts(table: Table) -> Iterator[tuple[str, str]]:
    for axis in ("V2", "V3"):
        value = jitter.rms(table, f"SI_{axis}_RMS")
        yield f"RMS jitter {axis}", "unknown" if value is None else f"{1000 * value:.1f} mas"
    for state, intervals in jitter.states(table).items():
        seconds = sum(end - begin for begin, end in intervals)
        times = "" if len(intervals) == 1 else f", {len(intervals)} times"
        yield state, f"{seconds:.0f} s{times}" if intervals else "none"


def group_headers(
    observation: Observation, headers: Mapping[int, Header], filetype: str, specs: KeywordSpecs
) -> Iterator[HeaderGroup]:
    """Yield the groups of keywords in which the headers of a filetype are shown.

    Parameters
    ----------
    observation : Observation
        The observation.
    headers : mapping
        The headers of a file by extension.
    filetype : str
        The filetype of the file.
    specs : KeywordSpecs
        With the groups of the filetype.

    Yields
    ------
    HeaderGroup
        The groups with keywords that have a value.
    """
    groups = specs.header_groups.get(filetype, {})
    entries: dict[str, dict[str, dict[str, tuple[HeaderRow, list[int]]]]] = {}
    for extension, header in headers.items() if groups else ():
        for row in view_header(observation, header, filetype, extension, specs).rows:
            title = _title(row.spec.keyword, groups)
            if title and row.value:
                values = entries.setdefault(title, {}).setdefault(row.spec.keyword, {})
                values.setdefault(row.value, (row, []))[1].append(extension)
    for title in groups:
        rows = [entry for values in entries.get(title, {}).values() for entry in values.values()]
        if rows:
            yield HeaderGroup(title, rows)


def _title(keyword: str, groups: Mapping[str, tuple[str, ...]]) -> str | None:
    for title, patterns in groups.items():
        if any(fnmatchcase(keyword, pattern) for pattern in patterns):
            return title
    return None
