"""One observation, from its files to its document and its pictures.

Each file is opened once.  What goes wrong with one file is a failure with its name and the
reason, and costs that file alone: the other files go in, and what was stored of the failed one
stays as it was.
"""

import hashlib
import logging
import re
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from astropy.io import fits

from .. import names, paths
from ..config import Config
from ..errors import FileError, PreviewError
from ..fits import cards
from ..fits.cards import Cards
from ..fits.footprint import footprint
from ..fits.open import end_of_data, open_fits
from ..images import preview
from ..keywords import HeaderKey, KeywordSpecs, Promotion
from ..store import failures, keywords_not_in_specs, observations, proposals
from ..store.client import Store
from ..store.schema import SCHEMA_VERSION, now
from . import scan
from . import typing as headers
from .scan import FoundFile, FoundObservation

logger = logging.getLogger(__name__)

NEW = "new"
UPDATED = "updated"
UNCHANGED = "unchanged"
FAILED = "failed"

# A file that fails and is no older than this may still be on its way: it is tried again.
YOUNG_SECONDS = 3600


@dataclass(frozen=True)
class Failure:
    """A file that could not be ingested as a whole: where it stopped, and why, in words.

    `size` and `mtime` are those of the file if the fault lies in it, so that trying again makes
    no sense before it changes.
    """

    rootname: str
    filename: str
    stage: str
    reason: str
    size: int | None = None
    mtime: datetime | None = None


@dataclass
class Outcome:
    """What came of one observation.

    `filetypes` and `read` are the filetypes and names of files that went in, `previews` the
    filetypes of which pictures were made.  `unknown` maps (header, keyword) to (type, file name)
    and `misfits` to (value as read, file name).
    `waiting` are the names of files that were still being written.
    """

    rootname: str
    state: str = FAILED
    filetypes: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    previews: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unknown: dict[tuple[HeaderKey, str], tuple[str, str]] = field(default_factory=dict)
    misfits: dict[tuple[HeaderKey, str], tuple[Any, str]] = field(default_factory=dict)
    bytes: int = 0
    seconds: float = 0.0


@dataclass
class FileContent:
    """What was read from one file: the cards of each header, and the pictures made.

    `picture` is what the document keeps of them: their paths and cuts, or why there are none.
    """

    found: FoundFile
    headers: list[Cards]
    picture: dict[str, Any] | None = None
    sha256: str | None = None


def ingest_observation(
    found: FoundObservation,
    filetypes: Collection[str],
    store: Store,
    specs: KeywordSpecs,
    config: Config,
    compared: Collection[str] = (),
) -> Outcome:
    """Read files of an observation, render their pictures and write its document whole.

    Parameters
    ----------
    filetypes : collection of str
        Which of its files to read; what is stored of the others stays.
    compared : collection of str
        Which to read only if their checksum is not the one that is stored.
    """
    started = time.monotonic()
    outcome = Outcome(found.rootname)
    outcome.failures += [
        Failure(problem.rootname, problem.filename, "scan", problem.reason)
        for problem in found.problems
    ]
    sums = {}
    if compared:
        sums = _changed_sums(found, compared, store, config, outcome)
    contents = {}
    for filetype in [*filetypes, *sums]:
        content = _read_or_note(found.files[filetype], specs, config, outcome)
        if content is not None:
            content.sha256 = sums.get(filetype)
            contents[filetype] = content
    if contents:
        _write(found, contents, store, specs, config, outcome)
    elif compared and not outcome.failures:
        outcome.state = UNCHANGED
    outcome.seconds = time.monotonic() - started
    return outcome


def _changed_sums(
    found: FoundObservation,
    filetypes: Collection[str],
    store: Store,
    config: Config,
    outcome: Outcome,
) -> dict[str, str]:
    """Return the checksums of the files whose content is not the one that is stored."""
    changed = {}
    stored = observations.files_by_rootname(store, [found.rootname])[found.rootname]["files"]
    for filetype in filetypes:
        file = found.files[filetype]
        try:
            digest = checksum(config.filesystem / file.path)
        except OSError as error:
            reason = f"{file.name} cannot be read: {error.strerror}"
            outcome.failures.append(Failure(found.rootname, str(file.name), "read", reason))
            continue
        before = stored[filetype].get("sha256")
        if before is None:
            observations.set_checksum(store, found.rootname, filetype, digest)
        elif before != digest:
            changed[filetype] = digest
    return changed


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_or_note(
    file: FoundFile, specs: KeywordSpecs, config: Config, outcome: Outcome
) -> FileContent | None:
    """Return what is in a file; None, and a note in the outcome, if it cannot be had now."""
    failed_before = len(outcome.failures)
    content, failure = None, None
    try:
        content = read_file(file, specs, config, outcome)
    except FileError as error:
        failure = _failure(outcome, file, "headers", str(error))
    except OSError as error:
        # The system refuses the file, which says nothing of what is in it.
        reason = f"{file.name} cannot be read: {error.strerror or error}"
        failure = Failure(outcome.rootname, str(file.name), "read", reason)
    except Exception as error:
        # Damaged files make astropy raise almost anything: the file is named, the run goes on.
        logger.debug("%s", file.name, exc_info=True)
        reason = f"{file.name} cannot be read: {type(error).__name__}: {error}"
        failure = _failure(outcome, file, "headers", reason)
    if _is_moving(file, config):
        del outcome.failures[failed_before:]
        outcome.waiting.append(str(file.name))
        return None
    if failure is not None:
        outcome.failures.append(failure)
    return content


def _failure(outcome: Outcome, file: FoundFile, stage: str, reason: str) -> Failure:
    """Return a failure that lies in the file itself; a young one may still be on its way."""
    age = (now() - file.mtime).total_seconds()
    kept = (None, None) if 0 <= age < YOUNG_SECONDS else (file.size, file.mtime)
    return Failure(outcome.rootname, str(file.name), stage, reason, *kept)


def _is_moving(file: FoundFile, config: Config) -> bool:
    """Whether a file has changed since it was found."""
    try:
        return scan.moment(config.filesystem / file.path) != (file.size, file.mtime)
    except OSError:
        return False


def read_file(
    file: FoundFile, specs: KeywordSpecs, config: Config, outcome: Outcome
) -> FileContent:
    """Read every header of a file and render the pictures that its filetype has.

    Raises
    ------
    FileError
        If it is not a whole FITS file of ACS, or of another observation than its name says.
    """
    with open_fits(config.filesystem / file.path) as hdus:
        end = end_of_data(hdus[-1])
        if end > file.size:
            raise FileError(
                f"{file.name} is truncated: it has {file.size} bytes, its headers tell of {end}"
            )
        content = FileContent(file, [cards.read(hdu) for hdu in hdus])
        _check_identity(content, specs)
        _note_missing_extensions(content, outcome)
        if end < file.size:
            reason = f"{file.size - end} bytes behind extension {len(hdus) - 1} are not FITS"
            outcome.failures.append(_failure(outcome, file, "headers", f"{file.name}: {reason}"))
        if specs.filetypes[file.name.filetype].preview:
            content.picture = _render(hdus, content, specs, config, outcome)
    return content


def _check_identity(content: FileContent, specs: KeywordSpecs) -> None:
    """Raise FileError if a file is not of this instrument or not of this observation."""
    name = content.found.name
    told = [headers.first(content.headers[:1], keyword) for keyword in specs.instrument_keywords]
    instruments = [value.strip() for value in told if isinstance(value, str)]
    if not instruments:
        keywords = " or ".join(specs.instrument_keywords)
        raise FileError(f"{name} has no {keywords} in its primary header")
    if specs.instrument not in (value.partition("/")[0] for value in instruments):
        raise FileError(f"{name} is of {instruments[0]}, not of {specs.instrument}")
    rootname = headers.first(content.headers[:1], "ROOTNAME")
    if not isinstance(rootname, str) or not rootname.strip():
        raise FileError(f"{name} has no ROOTNAME in its primary header")
    # The ninth character tells of transmission, and jitter files end in j.
    if rootname.strip().lower()[:8] != name.ipppssoot[:8]:
        raise FileError(f"{name} says that its ROOTNAME is {rootname!r}")


def _note_missing_extensions(content: FileContent, outcome: Outcome) -> None:
    """Note that a file has fewer extensions than it says: it may have been cut between two."""
    told, there = headers.first(content.headers[:1], "NEXTEND"), len(content.headers) - 1
    if isinstance(told, int) and there < told:
        outcome.notes.append(f"{content.found.name} has {there} extensions, NEXTEND says {told}")


def _render(
    hdus: fits.HDUList,
    content: FileContent,
    specs: KeywordSpecs,
    config: Config,
    outcome: Outcome,
) -> dict[str, Any]:
    """Render the pictures of a file, and return what the document keeps of them."""
    name = content.found.name
    proposid = headers.first(content.headers[:1], "PROPOSID")
    proposid = proposid if isinstance(proposid, int) else None
    jpeg = paths.jpeg_name(name, proposid)
    thumbnail = None
    if specs.filetypes[name.filetype].thumbnail:
        thumbnail = paths.thumbnail_name(name, proposid)
    try:
        rendered = preview.render(
            hdus,
            str(name),
            config.jpeg_dir / jpeg,
            None if thumbnail is None else config.thumbnail_dir / thumbnail,
            specs.image_extname,
        )
    except PreviewError as error:
        return _no_picture(hdus, content.found, error, specs, outcome)
    outcome.previews.append(name.filetype)
    return {
        "jpeg": jpeg,
        "thumbnail": thumbnail,
        "width": rendered.width,
        "height": rendered.height,
        "low": rendered.low,
        "high": rendered.high,
    }


def _no_picture(
    hdus: fits.HDUList,
    file: FoundFile,
    error: PreviewError,
    specs: KeywordSpecs,
    outcome: Outcome,
) -> dict[str, Any]:
    """Note why there is no picture: a failure, unless the file holds no image by itself."""
    reason = str(error)
    images = [hdu for hdu in hdus if hdu.name == specs.image_extname]
    if images and all(hdu.header.get("NAXIS") == 0 for hdu in images):
        outcome.notes.append(f"no preview: {reason}")
    else:
        outcome.failures.append(_failure(outcome, file, "preview", reason))
    return {"reason": reason}


def _write(
    found: FoundObservation,
    contents: Mapping[str, FileContent],
    store: Store,
    specs: KeywordSpecs,
    config: Config,
    outcome: Outcome,
) -> None:
    """Put what was read beside what is stored, and write the document whole."""
    existing = observations.document(store, found.rootname, without_headers_of=contents)
    detector = find_detector({n: c.headers for n, c in contents.items()}, specs) or (
        existing or {}
    ).get("detector")
    if detector is None:
        outcome.notes.append("no header tells the detector")
    document = _document(found, existing, specs)
    for filetype, content in contents.items():
        _put_file(document, filetype, content, detector, specs, outcome)
    promoted = promote(document["headers"], specs)
    document |= promoted | {"detector": promoted["detector"] or detector}
    document["position"] = position(document, specs)
    document["footprint"], notes = footprint(document, specs)
    outcome.notes.extend(notes)
    for name in ("position", "footprint"):
        if document[name] is None:
            del document[name]
    document["proposal_type"] = proposals.type_of(store, document["proposid"])
    _remember(contents, store, outcome)
    _remove_old_pictures(existing or {}, document, config)
    # The last thing to do: killed before it, the next run finds the files changed once more.
    observations.replace(store, document)
    outcome.state = NEW if existing is None else UPDATED
    outcome.filetypes = list(contents)
    outcome.read = [str(content.found.name) for content in contents.values()]
    outcome.bytes = sum(content.found.size for content in contents.values())


def _remember(contents: Mapping[str, FileContent], store: Store, outcome: Outcome) -> None:
    """Keep what is wrong with files that go in, and what is new: they are not read again.

    The failures are kept without size and time, so that a run which is killed before it takes
    account of them leaves files to be tried again.
    """
    names_in = {str(content.found.name) for content in contents.values()}
    doubtful = [
        asdict(failure) | {"size": None, "mtime": None}
        for failure in outcome.failures
        if failure.filename in names_in
    ]
    failures.record(store, doubtful, now())
    keywords_not_in_specs.record(store, outcome.unknown, now())


def _remove_old_pictures(
    before: Mapping[str, Any], after: Mapping[str, Any], config: Config
) -> None:
    """Remove the pictures that a document named and, under another proposal, names no more."""
    for kind, folder in (("jpeg", config.jpeg_dir), ("thumbnail", config.thumbnail_dir)):
        named = {entry.get(kind) for entry in after["previews"].values()}
        for entry in before.get("previews", {}).values():
            if entry.get(kind) and entry[kind] not in named:
                (folder / entry[kind]).unlink(missing_ok=True)


def _document(
    found: FoundObservation, existing: dict[str, Any] | None, specs: KeywordSpecs
) -> dict[str, Any]:
    """Return the document to fill: acsql's own fields, and what is stored already."""
    ingested = now().replace(microsecond=0)
    existing = existing or {}
    return {
        "_id": found.rootname,
        "ipppssoot": found.ipppssoot,
        "path": found.path,
        "visit": names.visit(found.rootname),
        "proposal_type": None,
        "first_ingest_date": existing.get("first_ingest_date", ingested),
        "last_ingest_date": ingested,
        **dict.fromkeys(specs.promoted),
        "position": None,
        "footprint": None,
        "datasets": dict(existing.get("datasets", {})),
        "headers": dict(existing.get("headers", {})),
        "files": dict(existing.get("files", {})),
        "previews": dict(existing.get("previews", {})),
        "schema_version": SCHEMA_VERSION,
    }


def _put_file(
    document: dict[str, Any],
    filetype: str,
    content: FileContent,
    detector: str | None,
    specs: KeywordSpecs,
    outcome: Outcome,
) -> None:
    """Put one file's headers, size and pictures into a document, in the place of older ones."""
    filename = str(content.found.name)
    stored = {}
    for extension, read in enumerate(content.headers):
        key = HeaderKey(detector, filetype, extension) if detector else None
        header = headers.typed_header(read, key, specs)
        stored[str(extension)] = header.values
        for keyword, type_ in header.unknown.items():
            outcome.unknown[key, keyword] = (type_, filename)
        for keyword, value in header.misfits.items():
            outcome.misfits[key, keyword] = (value, filename)
    document["datasets"][filetype] = filename
    document["headers"][filetype] = stored
    document["files"][filetype] = {
        "path": content.found.path,
        "size": content.found.size,
        "mtime": content.found.mtime,
    }
    if content.sha256:
        document["files"][filetype]["sha256"] = content.sha256
    document["previews"].pop(filetype, None)
    if content.picture is not None:
        document["previews"][filetype] = content.picture


def find_detector(read: Mapping[str, Sequence[Cards]], specs: KeywordSpecs) -> str | None:
    """Return the detector that headers tell of before they are typed, None if none does.

    Parameters
    ----------
    read : mapping
        The cards of each extension by filetype.
    """
    promotion = specs.promoted["detector"]
    wanted = {promotion.name, *(name for _, _, name in promotion.also)}
    places = {0, *(extension for _, extension, _ in promotion.also)}
    untyped = {
        filetype: {
            str(extension): {
                name: value for keyword, value in header if (name := names.field(keyword)) in wanted
            }
            for extension, header in enumerate(extensions)
            if extension in places
        }
        for filetype, extensions in read.items()
    }
    return promoted_value(untyped, promotion, specs)


def promote(stored: Mapping[str, Any], specs: KeywordSpecs) -> dict[str, Any]:
    """Return the promoted keywords of an observation, each from the best file there is.

    Parameters
    ----------
    stored : mapping
        The headers by filetype and extension, as they are stored.
    """
    return {
        name: promoted_value(stored, promotion, specs) for name, promotion in specs.promoted.items()
    }


def promoted_value(
    stored: Mapping[str, Any], promotion: Promotion, specs: KeywordSpecs
) -> Any | None:
    """Return the first known value of a promoted keyword that is of its type, or None."""
    primary = [(filetype, 0, promotion.name) for filetype in specs.filetypes]
    for filetype, extension, name in [*primary, *promotion.also]:
        value = stored.get(filetype, {}).get(str(extension), {}).get(name)
        if isinstance(value, str):
            value = _part(value.strip(), promotion.pattern)
        if value not in (None, "") and _is_of(promotion.spec.type, value):
            return value
    return None


def _is_of(type_: str, value: Any) -> bool:
    """Whether a stored value is of its spec's type and not one that was kept as it was read."""
    if type_ in ("date", "datetime"):
        return isinstance(value, datetime)
    return headers.natural_type(value) == ("str" if type_ == "time" else type_)


def _part(text: str, pattern: str | None) -> str | None:
    if pattern is None:
        return text
    match = re.search(pattern, text)
    return match[0] if match else None


def position(document: Mapping[str, Any], specs: KeywordSpecs) -> dict[str, Any] | None:
    """Return where an observation points as GeoJSON, None if at nothing in the sky.

    GeoJSON longitudes run from -180 to 180 degrees, right ascensions from 0 to 360.
    """
    if specs.is_internal(document):
        return None
    ra, dec = document.get("ra_targ"), document.get("dec_targ")
    if ra is None or dec is None or not (0 <= ra <= 360 and -90 <= dec <= 90):
        return None
    return {"type": "Point", "coordinates": [ra - 360 if ra > 180 else ra, dec]}
