"""The image named in the URL: its file as it is now, its extensions, and responses that cache.

Files are found through the document of the observation, never through a path in the URL.  The
URL of a response that depends on a file has the version of the file, so that browsers can cache the
response; a worker caches only descriptions, a few kB each.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning
from flask import Response, request

from ..errors import DatasetNotFound, FileError, PreviewError, QueryError
from ..fits.open import open_fits
from ..images.cutout import Region
from ..images.difference import LOCKS, difference
from ..images.planes import Plane, read_planes
from ..observation import Observation
from ..permissions import denied
from .context import current_archive
from .params import OneOf, Parameters, WholeNumber, choose

# Files whose descriptions a worker caches: many more than one user views in an hour.
CACHED_FILES = 256
# Seconds for which browsers cache a response whose URL has the version of its file.
MAX_AGE_S = 86_400
# A larger coordinate is within no image, but must not overflow.
MAX_PIXEL = 10**9 - 1


class VersionParameters(Parameters):
    """The version of a file, as its description has it."""

    version: str = ""


class ExtensionParameters(VersionParameters):
    """An extension of a file: its name, EXTVER for a single chip, and what is subtracted.

    `minus` is a rootname and a filetype, such as ``j8bt05njq.flt``, and `lock` says whether the
    same pixels or the same sky are subtracted.
    """

    extname: str | None = None
    extver: str | None = None
    minus: str | None = None
    lock: Annotated[str, OneOf(LOCKS)] = LOCKS[0]


Pixel = Annotated[int, WholeNumber(-MAX_PIXEL, MAX_PIXEL)]


class PartParameters(ExtensionParameters):
    """A part of an extension, in pixels from 0."""

    x0: Pixel
    x1: Pixel
    y0: Pixel
    y1: Pixel

    @property
    def rectangle(self) -> Region:
        """The part."""
        return Region(self.x0, self.x1, self.y0, self.y1)


@dataclass(frozen=True)
class File:
    """A FITS file as it is on disk now; `size` is in bytes, `mtime_ns` in nanoseconds."""

    path: Path
    size: int
    mtime_ns: int

    @property
    def version(self) -> str:
        """An identifier that changes whenever the file does."""
        return f"{self.size:x}-{self.mtime_ns:x}"


def image_path(observation: Observation, filetype: str) -> Path:
    """Return the path of a dataset, or raise DatasetNotFound if it has no image."""
    path = observation.path(filetype)
    if not current_archive().specs.filetypes[filetype].pixels:
        raise DatasetNotFound(f"{observation.datasets[filetype]} contains no image")
    return path


def image_file(name: str, filetype: str, query: VersionParameters | None = None) -> File:
    """Return the file of an observation as it is now.

    Raises DatasetNotFound if it is missing, or not the version that the page has described.
    """
    path = image_path(current_archive().observation(name), filetype)
    with reading(path):
        status = path.stat()
    file = File(path, status.st_size, status.st_mtime_ns)
    version = file.version if query is None else query.version or file.version
    if version != file.version:
        raise DatasetNotFound(f"{path.name} has changed: reload the page")
    return file


def image_planes(file: File) -> tuple[Plane, ...]:
    """Return the planes of a file, the science first."""
    specs = current_archive().specs
    return _read_planes(file, specs.image_extname, specs.dq_extname)


def image_plane(file: File, part: ExtensionParameters) -> Plane:
    """Return the requested extension, or raise QueryError if the file does not have it."""
    planes = {plane.extname: plane for plane in image_planes(file)}
    plane = planes[choose("extname", part.extname, list(planes), next(iter(planes)))]
    if part.minus:
        plane = _difference(plane, part.minus, part.lock)
    return requested_chip(plane, part)


def requested_chip(plane: Plane, part: ExtensionParameters) -> Plane:
    """Return an extension, of a requested chip alone; raise QueryError if there is no such chip."""
    extver = choose("extver", part.extver, [str(chip.extver) for chip in plane.chips], "")
    return plane.only(int(extver)) if extver else plane


def _difference(plane: Plane, minus: str, lock: str) -> Plane:
    """Return an extension minus that of another file, or raise QueryError if it has none."""
    file = _subtracted(minus)
    planes = {other.extname: other for other in image_planes(file)}
    other = planes[choose("extname", plane.extname, list(planes), plane.extname)]
    try:
        return difference(plane, other, file.path, lock)
    except PreviewError as error:
        raise QueryError(f"minus: {error}") from error


def _subtracted(minus: str) -> File:
    name, _, filetype = minus.partition(".")
    if not filetype:
        raise QueryError(f"minus: expected one such as j8bt05njq.flt, not {minus!r}")
    return image_file(name, filetype)


def cache_key(file: File, part: ExtensionParameters) -> str:
    """Return the key of an extension in the cache on disk: it changes whenever a file does."""
    files = [file, _subtracted(part.minus)] if part.minus else [file]
    versions = [f"{each.path} {each.version}" for each in files]
    extname = part.extname or image_planes(file)[0].extname
    return " ".join([*versions, extname, part.extver or "", part.lock])


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn errors of reading a file into DatasetNotFound."""
    try:
        yield
    except (FileError, PreviewError) as error:
        raise DatasetNotFound(str(error)) from error
    except fits.VerifyError as error:
        raise DatasetNotFound(f"{path.name} has a damaged header: {error}") from error
    except PermissionError as error:
        raise denied(path.name) from error
    except OSError as error:
        raise DatasetNotFound(f"{path.name} cannot be read: {error.strerror}") from error


def cached(query: VersionParameters, file: File, make: Callable[[], Response]) -> Response:
    """Return the response that `make` makes, or 304 if the browser has it in its cache."""
    minus = isinstance(query, ExtensionParameters) and query.minus
    other = _subtracted(minus).version if minus else ""
    tag = f"{file.version}-{other}-{request.query_string.hex()}"
    response = Response(status=304) if request.if_none_match.contains(tag) else make()
    response.set_etag(tag)
    response.cache_control.private = True
    # The version in the URL is not that of an image which is subtracted.
    if query.version and not minus:
        response.cache_control.max_age = MAX_AGE_S
    else:
        response.cache_control.no_cache = True
    return response


@lru_cache(maxsize=CACHED_FILES)
def _read_planes(file: File, science: str, quality: str) -> tuple[Plane, ...]:
    # Astropy warns of defects that matter nothing here, or that `read_planes` checks.
    with warnings.catch_warnings(), reading(file.path):
        warnings.simplefilter("ignore", AstropyWarning)
        with open_fits(file.path) as hdus:
            return read_planes(hdus, file.path.name, science, quality)
