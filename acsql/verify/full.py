"""The full comparison: documents with the headers of their files, previews with their pixels.

It takes as long as an ingest without its previews, so it is done by workers.
"""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .. import names
from ..config import Config
from ..errors import FileError
from ..fits.footprint import footprint
from ..fits.header_layout import HeaderLayout
from ..ingest.document import type_headers
from ..ingest.file_images import description
from ..ingest.jobs import Job
from ..ingest.on_disk import FileOnDisk
from ..ingest.promotion import position, promote
from ..ingest.read import FileContent, read_in_time
from ..ingest.scan import scan
from ..ingest.workers import run_all
from ..keywords import KeywordSpecs
from ..permissions import may_read
from ..store import header_layouts, observations, proposals
from ..store.client import Store
from ..store.header_layouts import StoredLayout
from .findings import DIFFERENT, UNREADABLE, Finding
from .previews import compare_pixels
from .quick import staleness

# A reason names at most this many keywords or extensions.
NAMED = 5

Findings = tuple[Finding, ...]


def compare_fully(
    rootnames: Sequence[str], config: Config, scheduler: str, workers: int
) -> Generator[Findings, None, None]:
    """Compare observations with the content of their files, in parallel.

    Parameters
    ----------
    rootnames : sequence of str
        Observations that are on disk and in the database.
    config : Config
        The archive.
    scheduler : str
        As for `acsql.ingest.workers.run_all`.
    workers : int
        As for `acsql.ingest.workers.run_all`.

    Yields
    ------
    tuple of Finding
        The findings of one observation, in the order in which they finish.
    """
    job = Job(_compare_by_rootname, str, _crashed)
    return run_all(job, rootnames, config, scheduler, workers)


def _crashed(rootname: str) -> Findings:
    return (Finding(UNREADABLE, rootname, rootname, "the worker that read its files died"),)


def _compare_by_rootname(
    rootname: str, store: Store, specs: KeywordSpecs, config: Config
) -> Findings:
    document = observations.document(store, rootname)
    if document is None:
        return ()
    (observation,) = scan(
        config.filesystem,
        specs.filetypes,
        [rootname],
        layout=config.layout,
        read_timeout=config.read_timeout,
    )
    # Files that changed since or may not be read are findings of the quick comparison.
    files = [
        file
        for file in observation.files.values()
        if not staleness(file, document) and may_read(config.filesystem / file.path)
    ]
    filetypes = tuple(file.name.filetype for file in files)
    contents, unreadable = _read(files, specs, config)
    return (
        *unreadable,
        *_compare_headers(rootname, contents, document, store, specs),
        *_compare_top_level(rootname, document, filetypes, store, specs),
        *(
            finding
            for filetype in filetypes
            for finding in compare_pixels(rootname, filetype, document, config)
        ),
    )


def _read(
    files: Sequence[FileOnDisk], specs: KeywordSpecs, config: Config
) -> tuple[dict[str, FileContent], list[Finding]]:
    """Read files as an ingest does, but for their previews."""
    filetypes = {
        name: replace(filetype, preview=False) for name, filetype in specs.filetypes.items()
    }
    without_previews = replace(specs, filetypes=filetypes)
    contents, findings = {}, []
    for file in files:
        rootname, name, filetype = file.name.rootname, str(file.name), file.name.filetype
        try:
            contents[filetype] = read_in_time(file, without_previews, config)
        except FileError as error:
            # It was ingested once.
            reason = f"it can no longer be read: {error}"
            findings.append(Finding(DIFFERENT, rootname, name, reason, (filetype,)))
        except Exception as error:
            reason = f"it cannot be read: {description(error)}"
            findings.append(Finding(UNREADABLE, rootname, name, reason))
    return contents, findings


def _compare_headers(
    rootname: str,
    contents: Mapping[str, FileContent],
    document: dict[str, Any],
    store: Store,
    specs: KeywordSpecs,
) -> Iterator[Finding]:
    """Compare the headers of a document with those of its files."""
    typed = type_headers(contents, document, specs)
    for filetype, content in contents.items():
        reason = _header_difference(
            typed.stored[filetype], document.get("headers", {}).get(filetype, {})
        )
        # A file that was ingested before layouts were stored has none.
        if not reason and filetype in document.get(header_layouts.LAYOUTS, {}):
            layouts = header_layouts.of_file(store, rootname, filetype)
            reason = _layout_difference(typed.layouts[filetype], layouts)
        if reason:
            yield Finding(DIFFERENT, rootname, str(content.file.name), reason, (filetype,))


def _header_difference(expected: Mapping[str, Any], stored: Mapping[str, Any]) -> str | None:
    """Return in what the headers of a file differ from those stored, None if in nothing."""
    different = [
        f"{extension}.{name}"
        for extension in sorted(expected.keys() | stored.keys(), key=_in_order)
        for name in _differing(expected.get(extension, {}), stored.get(extension, {}))
    ]
    if not different and expected.keys() == stored.keys():
        return None
    return f"its headers differ from those stored: {_listed(different) or 'extensions'}"


def _layout_difference(
    expected: Mapping[str, HeaderLayout], stored: Mapping[int, StoredLayout]
) -> str | None:
    """Return which headers of a file have other layouts than stored, None if none has."""
    by_extension = {int(name): (each.text, each.images) for name, each in expected.items()}
    numbers = sorted(by_extension.keys() | stored.keys())
    different = [
        f"extension {number}"
        for number in numbers
        if by_extension.get(number) != stored.get(number)
    ]
    if not different:
        return None
    return f"the order, comments or blank cards differ from those stored: {_listed(different)}"


def _in_order(extension: str) -> tuple[int, str]:
    return len(extension), extension


def _compare_top_level(
    rootname: str,
    document: Mapping[str, Any],
    filetypes: tuple[str, ...],
    store: Store,
    specs: KeywordSpecs,
) -> list[Finding]:
    """Compare the top-level fields of a document with what its headers give."""
    expected = promote(document.get("headers", {}), specs)
    expected["detector"] = expected["detector"] or document.get("detector")
    expected["position"] = position(expected, specs)
    expected["footprint"], _ = footprint({**document, **expected}, specs)
    expected["proposal_type"] = proposals.type_of(store, expected["proposid"])
    expected["visit"] = names.visit(rootname)
    different = _differing(expected, {name: document.get(name) for name in expected})
    if not different:
        return []
    reason = f"top-level fields differ from its headers: {_listed(different)}"
    return [Finding(DIFFERENT, rootname, rootname, reason, filetypes)]


def _differing(expected: Mapping[str, Any], stored: Mapping[str, Any]) -> list[str]:
    """Return the names of values that differ, also in type.

    Their text is compared, because in Python 1, 1.0 and True are equal, and NaN differs from
    itself.
    """
    return [
        name
        for name in {**expected, **stored}
        if name not in expected or name not in stored or repr(expected[name]) != repr(stored[name])
    ]


def _listed(names_: Sequence[str]) -> str:
    more = len(names_) - NAMED
    return ", ".join(names_[:NAMED]) + (f" and {more} more" if more > 0 else "")
