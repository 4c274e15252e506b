"""Building the document of an observation from the contents of its files.

All functions are pure: the stored document is a parameter, and neither the database nor the file
system is accessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .. import names
from ..fits.cards import values
from ..fits.footprint import footprint
from ..fits.header_layout import HeaderLayout, layout_of
from ..keywords import HeaderKey, KeywordSpecs, spec_keyword
from ..store import header_layouts
from ..store.schema import MISMATCHES, SCHEMA_VERSION
from .on_disk import ObservationOnDisk
from .promotion import find_detector, position, promote
from .read import FileContent
from .typing import type_header

Document = dict[str, Any]


@dataclass(frozen=True)
class TypedHeaders:
    """The headers of an observation, typed by their specs.

    Attributes
    ----------
    stored : dict
        All its headers by filetype and extension, as the document stores them.
    promoted : dict
        The promoted keywords, with values from these headers.
    layouts : dict
        The layouts of the headers just read, by filetype and extension.
    unspecified : dict
        Keywords not in the specs: (header, keyword) to (type, name of the file).
    mismatches : dict
        Type mismatches: (header or None, keyword) to (value as read, name of the file).
    mismatched : list of str
        The keyword addresses of type mismatches, also in the headers already stored.
    warnings : tuple of str
        File, extension and keywords of the values that astropy cannot read.
    """

    stored: Document
    promoted: Document
    layouts: dict[str, dict[str, HeaderLayout]]
    unspecified: dict[tuple[HeaderKey, str], tuple[str, str]]
    mismatches: dict[tuple[HeaderKey | None, str], tuple[Any, str]]
    mismatched: list[str]
    warnings: tuple[str, ...]

    @property
    def layout_texts(self) -> dict[str, str]:
        """The texts of the layouts, by their identifiers."""
        every = (each for found in self.layouts.values() for each in found.values())
        return {layout.identifier: layout.text for layout in every}


def type_headers(
    contents: Mapping[str, FileContent], existing: Document | None, specs: KeywordSpecs
) -> TypedHeaders:
    """Return the headers of an observation, those just read and those already stored.

    Parameters
    ----------
    contents : mapping
        The content of the files that were read, by filetype.
    existing : dict, optional
        The stored document, without the headers of the filetypes that were read.
    specs : KeywordSpecs
        The types of keywords, and the promoted keywords.

    Returns
    -------
    TypedHeaders
        Headers, promoted keywords and irregularities.
    """
    existing = existing or {}
    headers = {filetype: content.headers for filetype, content in contents.items()}
    detector = find_detector(headers, specs) or existing.get("detector")
    stored = dict(existing.get("headers", {}))
    layouts: dict[str, dict[str, HeaderLayout]] = {}
    unspecified: dict[tuple[HeaderKey, str], tuple[str, str]] = {}
    mismatches: dict[tuple[HeaderKey | None, str], tuple[Any, str]] = {}
    mismatched = {
        address
        for address in existing.get(MISMATCHES, ())
        if address.partition(".")[0] not in contents
    }
    warnings: list[str] = []
    for filetype, content in contents.items():
        stored[filetype] = {}
        layouts[filetype] = {}
        for extension, read in enumerate(content.headers):
            key = HeaderKey(detector, filetype, extension) if detector else None
            header = type_header(read, key, specs)
            stored[filetype][str(extension)] = header.values
            if layout := _layout(content, extension, header.altered):
                layouts[filetype][str(extension)] = layout
            for keyword, value in header.mismatches.items():
                mismatches[key, keyword] = (value, str(content.file.name))
                name = names.field(spec_keyword(keyword))
                mismatched.add(f"{filetype}.{extension}.{name}")
            if header.unreadable:
                keywords = ", ".join(ascii(keyword)[1:-1] for keyword in header.unreadable)
                warnings.append(
                    f"{content.file.name}, extension {extension}: values that astropy cannot "
                    f"read are kept as text: {keywords}"
                )
            if key is not None:
                for keyword, type_ in header.unspecified.items():
                    unspecified[key, keyword] = (type_, str(content.file.name))
    promoted = promote(stored, specs)
    promoted["detector"] = promoted["detector"] or detector
    return TypedHeaders(
        stored, promoted, layouts, unspecified, mismatches, sorted(mismatched), tuple(warnings)
    )


def _layout(content: FileContent, extension: int, altered: set[int]) -> HeaderLayout | None:
    """Return the layout of a header, None if its cards in the file are not known."""
    in_file = content.in_file[extension] if extension < len(content.in_file) else ()
    shown = [keyword for keyword, _ in content.headers[extension]]
    is_shown = shown == [keyword for keyword, _ in values(in_file)]
    return layout_of(in_file, altered) if in_file and is_shown else None


def build_document(
    observation: ObservationOnDisk,
    contents: Mapping[str, FileContent],
    headers: TypedHeaders,
    existing: Document | None,
    proposal_type: str | None,
    specs: KeywordSpecs,
) -> tuple[Document, tuple[str, ...]]:
    """Return the document of an observation.

    Parameters
    ----------
    observation : ObservationOnDisk
        Its files on disk.
    contents : mapping
        The content of the files that were read, by filetype; other filetypes keep their headers.
    headers : TypedHeaders
        All its headers.
    existing : dict, optional
        The stored document.
    proposal_type : str, optional
        The type of its proposal.
    specs : KeywordSpecs
        The promoted keywords, and the filetypes with a footprint.

    Returns
    -------
    document : dict
        As it is stored, its fields in the order of section "Document" in the documentation.  The
        dates of ingest are None, apart from the first of a stored document: the write sets them.
    warnings : tuple of str
        The reasons for a missing footprint or detector, where that is irregular.
    """
    existing = existing or {}
    document = {
        "_id": observation.rootname,
        "ipppssoot": observation.ipppssoot,
        "path": observation.path,
        "visit": names.visit(observation.rootname),
        "proposal_type": proposal_type,
        "first_ingest_date": existing.get("first_ingest_date"),
        "last_ingest_date": None,
        **headers.promoted,
        "position": None,
        "footprint": None,
        "datasets": {**existing.get("datasets", {}), **_datasets(contents)},
        "headers": headers.stored,
        "layouts": {**existing.get("layouts", {}), **_layouts(headers.layouts)},
        "files": {**existing.get("files", {}), **_files(contents)},
        "previews": _previews(contents, existing.get("previews", {})),
        "stats": _statistics(contents, existing.get("stats", {})),
        "schema_version": SCHEMA_VERSION,
    }
    if headers.mismatched:
        document[MISMATCHES] = headers.mismatched
    document["position"] = position(document, specs)
    document["footprint"], warnings = footprint(document, specs)
    for name in ("position", "footprint"):
        # MongoDB's index of the sphere takes no null.
        if document[name] is None:
            del document[name]
    if document["detector"] is None:
        return document, ("no header has the detector", *warnings)
    return document, tuple(warnings)


def _layouts(layouts: Mapping[str, Mapping[str, HeaderLayout]]) -> dict[str, Document]:
    """Return the layout of each header, and its own cards, by filetype and extension."""
    return {
        filetype: {
            extension: header_layouts.entry(layout.identifier, layout.images)
            for extension, layout in by_extension.items()
        }
        for filetype, by_extension in layouts.items()
    }


def _datasets(contents: Mapping[str, FileContent]) -> dict[str, str]:
    return {filetype: str(content.file.name) for filetype, content in contents.items()}


def _files(contents: Mapping[str, FileContent]) -> dict[str, Document]:
    """Return the records of files for the detection of changes, by filetype."""
    files: dict[str, Document] = {}
    for filetype, content in contents.items():
        file = content.file
        files[filetype] = {
            "path": file.path,
            "size": file.size,
            "mtime": file.mtime,
            "ctime_ns": file.ctime_ns,
            "inode": file.inode,
        }
        if content.sha256:
            files[filetype]["sha256"] = content.sha256
    return files


def _previews(
    contents: Mapping[str, FileContent], existing: Mapping[str, Document]
) -> dict[str, Document]:
    """Return the previews by filetype; those of files that were read replace older ones.

    A picture is kept until the one that is owed can replace it.
    """
    kept = {
        filetype: entry
        for filetype, entry in existing.items()
        if filetype not in contents or ("jpeg" in entry and contents[filetype].owes_preview)
    }
    new = {
        filetype: content.preview
        for filetype, content in contents.items()
        if content.preview is not None
    }
    return new | kept


def _statistics(
    contents: Mapping[str, FileContent], existing: Mapping[str, Document]
) -> dict[str, Any]:
    """Return the statistics of images by filetype; those of files that were read are replaced."""
    kept = {filetype: entry for filetype, entry in existing.items() if filetype not in contents}
    new = {
        filetype: content.statistics
        for filetype, content in contents.items()
        if content.statistics is not None
    }
    return kept | new
