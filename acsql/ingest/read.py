"""Reading: the files of one observation become headers and previews.

Each file is opened once.  A file that cannot be read is a failure with its name and the reason;
the other files are ingested, and what is stored of the failed one stays as it was.  Only the
errors `FileError` and `PreviewError` say that a file is damaged: after any other the ingest of the
file is owed.
"""

import logging
from dataclasses import dataclass, field, replace
from typing import Any

from ..config import Config
from ..errors import FileError
from ..fits.cards import Cards
from ..fits.file_card import FileCard
from ..fits.walk import open_headers
from ..images.image_statistics import ImageStatistics
from ..keywords import KeywordSpecs
from ..store.file_records import Marks
from ..store.schema import now
from .abandonable import Patience
from .file_images import NO_IMAGES, description, read_images
from .observation_result import Failure
from .on_disk import FileOnDisk, size_and_mtime
from .plan import Task
from .replaced import checksum, marks_of
from .typing import first_value

logger = logging.getLogger(__name__)

# A file that is damaged and younger may still be arriving: its ingest is owed.
YOUNG_SECONDS = 3600

_patience = Patience()


@dataclass(frozen=True)
class FileContent:
    """The content of one file.

    Attributes
    ----------
    file : FileOnDisk
        The file.
    headers : list of Cards
        The keywords and values of each extension.
    in_file : list of tuple of FileCard
        All cards of each extension as they are in the file, as far as they are known.
    preview : dict, optional
        The preview as the document stores it: paths and limits, or the reason for having none
        and whether it is owed.  None for filetypes without previews.
    statistics : dict, optional
        The statistics of its images, as `acsql.images.image_statistics` returns them; None for
        filetypes without previews, and if an image could not be read.
    sha256 : str, optional
        Its checksum, if it was computed.
    failures : tuple of Failure
        Faults that do not keep the headers from being ingested.
    warnings : tuple of str
        Irregularities that are not failures.
    """

    file: FileOnDisk
    headers: list[Cards]
    in_file: list[tuple[FileCard, ...]] = field(default_factory=list)
    preview: dict[str, Any] | None = None
    statistics: ImageStatistics | None = None
    sha256: str | None = None
    failures: tuple[Failure, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def has_preview(self) -> bool:
        """Whether a preview was rendered."""
        return self.preview is not None and "jpeg" in self.preview

    @property
    def owes_preview(self) -> bool:
        """Whether the preview could not be rendered for a reason outside the file."""
        return self.preview is not None and "owed" in self.preview


@dataclass(frozen=True)
class Reading:
    """The content of the files of one observation.

    Attributes
    ----------
    contents : dict
        Filetype to `FileContent`.
    failures : tuple of Failure
        Files that could not be, or not fully be, read.
    waiting : tuple of str
        Names of files that are still being written.
    warnings : tuple of str
        Irregularities that are not failures.
    same : tuple of Marks
        The marks of the files whose checksum is the stored one.
    """

    contents: dict[str, FileContent] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    waiting: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    same: tuple[Marks, ...] = ()


def read_observation(task: Task, specs: KeywordSpecs, config: Config) -> Reading:
    """Read the files of an observation and render their previews.

    Parameters
    ----------
    task : Task
        The files to read, and those to read only if their checksum has changed.
    specs : KeywordSpecs
        The filetypes with previews.
    config : Config
        The folders of files and previews.

    Returns
    -------
    Reading
        Contents and failures.
    """
    observation = task.observation
    failures = [
        Failure(problem.rootname, problem.filename, "scan", problem.reason)
        for problem in observation.problems
    ]
    checksums, refused = _checksums(task, config)
    failures += refused
    changed = [
        filetype for filetype, sha256 in checksums.items() if task.checksums[filetype] != sha256
    ]
    contents: dict[str, FileContent] = {}
    waiting: list[str] = []
    warnings = [
        f"{observation.files[filetype].name} was read again: no checksum is stored to compare with"
        for filetype in changed
        if task.checksums[filetype] is None
    ]
    for filetype in [*task.filetypes, *changed]:
        file = observation.files[filetype]
        result = read_or_fail(file, specs, config, checksums.get(filetype))
        if result is None:
            waiting.append(str(file.name))
        elif isinstance(result, Failure):
            failures.append(result)
        else:
            contents[filetype] = result
            failures += result.failures
            warnings += result.warnings
    same = tuple(
        marks_of(observation.rootname, observation.files[filetype])
        for filetype in checksums.keys() - changed
    )
    return Reading(contents, tuple(failures), tuple(waiting), tuple(warnings), same)


def _checksums(task: Task, config: Config) -> tuple[dict[str, str], list[Failure]]:
    """Return the checksums of the files that a task compares by content."""
    checksums, failures = {}, []
    for filetype in task.checksums:
        file = task.observation.files[filetype]
        try:
            path = config.filesystem / file.path
            checksums[filetype] = _patience.call(config.read_timeout, checksum, path)
        except OSError as error:
            failures.append(
                _owed(file, "read", f"{file.name} cannot be read: {description(error)}")
            )
    return checksums, failures


def read_or_fail(
    file: FileOnDisk, specs: KeywordSpecs, config: Config, sha256: str | None = None
) -> FileContent | Failure | None:
    """Read a file; return the failure if it cannot be read.

    Parameters
    ----------
    file : FileOnDisk
        The file as the scan found it.
    specs : KeywordSpecs
        As for `read_file`.
    config : Config
        As for `read_file`.
    sha256 : str, optional
        Its checksum, if it is known.

    Returns
    -------
    FileContent, Failure or None
        The content, or the reason for having none; None if the file changed since the scan and is
        therefore still being written.
    """
    try:
        return _patience.call(config.read_timeout, _read_or_fail, file, specs, config, sha256)
    except TimeoutError as error:
        return _owed(file, "read", f"{file.name} cannot be read: {description(error)}")


def _read_or_fail(
    file: FileOnDisk, specs: KeywordSpecs, config: Config, sha256: str | None
) -> FileContent | Failure | None:
    result: FileContent | Failure
    try:
        result = read_file(file, specs, config, sha256)
    except FileError as error:
        result = _damaged(file, "headers", str(error))
    except Exception as error:
        result = _owed(file, "read", f"{file.name} cannot be read: {description(error)}")
    return None if _has_changed(file, config) else result


def _owed(file: FileOnDisk, stage: str, reason: str) -> Failure:
    """Return a failure whose cause is not in the bytes of the file."""
    return Failure(file.name.rootname, str(file.name), stage, reason)


def _damaged(file: FileOnDisk, stage: str, reason: str) -> Failure:
    """Return a failure of a damaged file; of a young one, which may be incomplete, it is owed."""
    young = 0 <= file.age(now()) < YOUNG_SECONDS
    return replace(
        _owed(file, stage, reason),
        owed=young,
        size=file.size,
        mtime=file.mtime,
        ctime_ns=file.ctime_ns,
        inode=file.inode,
    )


def _has_changed(file: FileOnDisk, config: Config) -> bool:
    """Whether a file was written to since the scan."""
    try:
        return size_and_mtime(config.filesystem / file.path) != (file.size, file.mtime)
    except OSError:
        return False


def read_in_time(file: FileOnDisk, specs: KeywordSpecs, config: Config) -> FileContent:
    """Read a file as `read_file` does, for `Config.read_timeout` at most.

    Parameters
    ----------
    file : FileOnDisk
        As for `read_file`.
    specs : KeywordSpecs
        As for `read_file`.
    config : Config
        As for `read_file`.

    Returns
    -------
    FileContent
        As of `read_file`.

    Raises
    ------
    FileError
        As of `read_file`.
    OSError
        If the system refuses access, or the file does not answer.
    """
    return _patience.call(config.read_timeout, read_file, file, specs, config)


def read_file(
    file: FileOnDisk, specs: KeywordSpecs, config: Config, sha256: str | None = None
) -> FileContent:
    """Read every header of a file and render its preview, if its filetype has one.

    Parameters
    ----------
    file : FileOnDisk
        The file as the scan found it.
    specs : KeywordSpecs
        The instrument, and the filetypes with previews.
    config : Config
        The folders of files and previews.
    sha256 : str, optional
        Its checksum, if it is known.

    Returns
    -------
    FileContent
        Headers, preview and faults of the file.

    Raises
    ------
    FileError
        If it is not a complete FITS file of ACS, or its ROOTNAME differs from its name.
    """
    failures = []
    warnings = [warning for warning in (file.time_warning(now()),) if warning]
    with open_headers(config.filesystem / file.path) as opened:
        headers, end = opened.cards, opened.end
        if end > file.size:
            raise FileError(
                f"{file.name} is truncated: it has {file.size} bytes, its headers describe {end}"
            )
        _check_identity(file, headers, specs)
        extensions, expected = len(headers) - 1, first_value(headers[:1], "NEXTEND")
        if isinstance(expected, int) and extensions < expected:
            # It may be truncated between two extensions.
            warnings.append(f"{file.name} has {extensions} extensions, NEXTEND says {expected}")
        if end < file.size:
            reason = (
                f"{file.name}: {file.size - end} bytes after extension {extensions} are not FITS"
            )
            failures.append(_damaged(file, "headers", reason))
        images = NO_IMAGES
        if specs.filetypes[file.name.filetype].preview:
            images = read_images(opened, file.name, specs, config)
    for fault in images.faults:
        make = _owed if fault.owed else _damaged
        failures.append(make(file, fault.stage, fault.reason))
    warnings += images.warnings
    return FileContent(
        file,
        headers,
        opened.in_file,
        images.preview,
        images.statistics,
        sha256,
        tuple(failures),
        tuple(warnings),
    )


def _check_identity(file: FileOnDisk, headers: list[Cards], specs: KeywordSpecs) -> None:
    """Raise FileError if a file is of another instrument or another observation."""
    name = file.name
    values = [first_value(headers[:1], keyword) for keyword in specs.instrument_keywords]
    instruments = [value.strip() for value in values if isinstance(value, str)]
    if not instruments:
        keywords = " or ".join(specs.instrument_keywords)
        raise FileError(f"{name} has no {keywords} in its primary header")
    if specs.instrument not in (value.partition("/")[0] for value in instruments):
        raise FileError(f"{name} is a file of {instruments[0]}, not of {specs.instrument}")
    rootname = first_value(headers[:1], "ROOTNAME")
    if not isinstance(rootname, str) or not rootname.strip():
        raise FileError(f"{name} has no ROOTNAME in its primary header")
    # The ninth character is the transmission, and jitter files end in j.
    if rootname.strip().lower()[:8] != name.ipppssoot[:8]:
        raise FileError(f"{name} has the ROOTNAME {rootname!r} in its primary header")
