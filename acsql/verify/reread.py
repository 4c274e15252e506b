"""Whether what is stored follows from what the files hold: headers and pictures, read again.

It is done by workers, for it takes as long as an ingest without its pictures.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from PIL import Image

from .. import names
from ..config import Config
from ..errors import ArchiveError
from ..fits.footprint import footprint
from ..images.preview import THUMBNAIL_SIZE
from ..ingest.observation import FileContent, Outcome, find_detector, position, promote, read_file
from ..ingest.scan import FoundFile, FoundObservation, scan
from ..ingest.typing import typed_header
from ..ingest.workers import Work, do_all
from ..keywords import HeaderKey, KeywordSpecs
from ..store import observations, proposals
from ..store.client import Store
from .findings import DIFFERENT, PREVIEW_STALE, THUMBNAIL, Finding, fault, named_pictures, stale

# How many keywords a reason names.
_NAMED = 5


@dataclass
class Reread(Outcome):
    """What came of reading an observation again."""

    findings: list[Finding] = field(default_factory=list)


def read_all_again(
    rootnames: Sequence[str],
    config: Config,
    scheduler: str,
    workers: int,
    take: Callable[[Reread], None],
) -> None:
    """Read observations again in parallel, and hand over what comes of each as it does.

    The parameters and errors are those of `acsql.ingest.workers.do_all`.
    """
    work = Work(_read_again_by_name, str, _killed)
    do_all(rootnames, work, config, scheduler, workers, take)


def _killed(rootname: str) -> Reread:
    outcome = Reread(rootname)
    _note(outcome, DIFFERENT, rootname, "a worker that read its files again died")
    return outcome


def _read_again_by_name(rootname: str, store: Store, specs: KeywordSpecs, config: Config) -> Reread:
    # The files are read as an ingest reads them, but for their pictures.
    filetypes = {
        name: replace(filetype, preview=False, thumbnail=False)
        for name, filetype in specs.filetypes.items()
    }
    reading = replace(specs, filetypes=filetypes)
    (found,) = scan(config.filesystem, specs.filetypes, [rootname])
    return _read_again(found, store, reading, config)


def _read_again(
    found: FoundObservation, store: Store, specs: KeywordSpecs, config: Config
) -> Reread:
    """Compare a document with what its files hold, as far as their sizes and times agree."""
    outcome = Reread(found.rootname)
    document = observations.document(store, found.rootname)
    if document is None:
        return outcome
    alike = [file for file in found.files.values() if not stale(file, document)]
    contents = {}
    for file in alike:
        content = _content(file, specs, config, outcome)
        if content is not None:
            contents[file.name.filetype] = content
    _compare_headers(contents, document, specs, outcome)
    _compare_promoted(document, [file.name.filetype for file in alike], store, specs, outcome)
    for file in alike:
        _compare_images(file.name.filetype, document, config, outcome)
    return outcome


def _content(
    file: FoundFile, specs: KeywordSpecs, config: Config, outcome: Reread
) -> FileContent | None:
    try:
        return read_file(file, specs, config, outcome)
    except Exception as error:
        # Damaged files make astropy raise almost anything: whatever it is, this is not the file
        # that was ingested.
        kind = "" if isinstance(error, ArchiveError) else f"{type(error).__name__}: "
        reason = f"it cannot be read again: {kind}{error}"
        _note(outcome, DIFFERENT, str(file.name), reason, file.name.filetype)
        return None


def _note(outcome: Reread, kind: str, what: str, reason: str, *filetypes: str) -> None:
    outcome.findings.append(Finding(kind, outcome.rootname, what, reason, filetypes))


def _compare_headers(
    contents: Mapping[str, FileContent],
    document: Mapping[str, Any],
    specs: KeywordSpecs,
    outcome: Reread,
) -> None:
    """Compare the headers of a document with those of its files."""
    detector = find_detector({n: c.headers for n, c in contents.items()}, specs) or document.get(
        "detector"
    )
    for filetype, content in contents.items():
        expected = {
            str(extension): typed_header(
                read, HeaderKey(detector, filetype, extension) if detector else None, specs
            ).values
            for extension, read in enumerate(content.headers)
        }
        stored = document.get("headers", {}).get(filetype, {})
        different = [
            f"{extension}.{name}"
            for extension in sorted(expected.keys() | stored.keys(), key=_in_order)
            for name in _differing(expected.get(extension, {}), stored.get(extension, {}))
        ]
        if different or expected.keys() != stored.keys():
            reason = f"its headers are not those stored: {_listed(different) or 'extensions'}"
            _note(outcome, DIFFERENT, str(content.found.name), reason, filetype)


def _in_order(extension: str) -> tuple[int, str]:
    return len(extension), extension


def _compare_promoted(
    document: Mapping[str, Any],
    filetypes: Sequence[str],
    store: Store,
    specs: KeywordSpecs,
    outcome: Reread,
) -> None:
    """Compare what stands at the top of a document with what follows from its headers."""
    expected = promote(document.get("headers", {}), specs)
    expected["detector"] = expected["detector"] or document.get("detector")
    expected["position"] = position(expected, specs)
    expected["footprint"], notes = footprint({**document, **expected}, specs)
    outcome.notes.extend(notes)
    expected["proposal_type"] = proposals.type_of(store, expected["proposid"])
    expected["visit"] = names.visit(outcome.rootname)
    different = _differing(expected, {name: document.get(name) for name in expected})
    if different:
        reason = f"what is promoted does not follow from its headers: {_listed(different)}"
        _note(outcome, DIFFERENT, outcome.rootname, reason, *filetypes)


def _differing(expected: Mapping[str, Any], stored: Mapping[str, Any]) -> list[str]:
    """Return the names of values that are not equal, or not of the same type.

    Their text tells, because Python takes 1, 1.0 and True for equal, and a NaN for different
    from itself.
    """
    return [
        name
        for name in {**expected, **stored}
        if name not in expected or name not in stored or repr(expected[name]) != repr(stored[name])
    ]


def _listed(keywords: Sequence[str]) -> str:
    more = len(keywords) - _NAMED
    return ", ".join(keywords[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _compare_images(
    filetype: str, document: Mapping[str, Any], config: Config, outcome: Reread
) -> None:
    """Compare the pictures of a file with what its document tells of them."""
    entry = document.get("previews", {}).get(filetype, {})
    size = entry.get("width"), entry.get("height")
    for kind, path in named_pictures(entry, config):
        # What is not there, or is empty, has been found before.
        if fault(path) is None:
            reason = _wrong_picture(path, None if kind == THUMBNAIL else size)
            if reason:
                _note(outcome, PREVIEW_STALE, str(path), reason, filetype)


def _wrong_picture(path: Path, size: tuple[int | None, int | None] | None) -> str | None:
    """Return what is wrong with a picture, None if nothing; a thumbnail has no given size."""
    try:
        with Image.open(path, formats=["JPEG"]) as image:
            image.load()
            there = image.size
    except (OSError, SyntaxError, ValueError) as error:
        return f"it cannot be read: {error}"
    if size is not None and there != size:
        return f"it is {there[0]} x {there[1]} pixels, its document says {size[0]} x {size[1]}"
    if size is None and max(there) > THUMBNAIL_SIZE:
        return f"it is {there[0]} x {there[1]} pixels, too large for a thumbnail"
    return None
