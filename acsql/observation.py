"""One rootname as scripts and pages see it: its metadata, its headers, its files and pixels.

The document comes without its headers, which are most of it; they are read when asked for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from . import names, query
from .config import Config
from .errors import DatasetNotFound, ObservationNotFound
from .fits import header as fits_header
from .keywords import HeaderKey, KeywordSpecs
from .store import observations
from .store.client import Store


@dataclass(frozen=True)
class Header(Mapping):
    """One header: values by keyword, in FITS spelling or as stored, in the file's order."""

    name: str
    values: Mapping[str, Any]

    def __getitem__(self, keyword: str) -> Any:
        stored = names.field(keyword)
        if stored not in self.values:
            raise KeyError(f"{self.name} has no keyword {keyword!r}")
        return self.values[stored]

    @property
    def extension_name(self) -> str:
        """What the header calls its extension, like ``SCI,1``; a primary header has no name."""
        found = (self.get("extname"), self.get("extver"))
        return ",".join(str(value) for value in found if value is not None)

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def __len__(self) -> int:
        return len(self.values)


def find_document(store: Store, name: str) -> Any:
    """Return the stored document of an observation, without its headers.

    Parameters
    ----------
    store : Store
        The database.
    name : str
        A rootname or ipppssoot of eight or nine characters, in any case.

    Returns
    -------
    document
        The mongoengine document.

    Raises
    ------
    InvalidName
        If the text cannot be a rootname.
    ObservationNotFound
        If there is no such observation, or eight characters fit several association products.
    """
    key = names.rootname(name)
    document = observations.get(store, key)
    if document is None:
        document = observations.get(store, _only_product(store, key))
    return document


def _only_product(store: Store, key: str) -> str:
    """Return the one association product whose first eight characters are `key`."""
    products = observations.rootnames_starting_with(store, key) if len(key) == 8 else []
    if len(products) == 1:
        return products[0]
    if products:
        raise ObservationNotFound(
            f"{key} is ambiguous: it fits the products {', '.join(products)}; "
            "use all nine characters"
        )
    raise ObservationNotFound(f"there is no observation {key}")


class Observation:
    """One rootname: its metadata, its files, and their headers read when asked for.

    ``observation["exptime"]`` is a promoted keyword or a field of acsql's own,
    ``observation.headers["raw"][0]["exptime"]`` any keyword of any header.
    """

    def __init__(self, store: Store, specs: KeywordSpecs, config: Config, document: Any) -> None:
        self._store = store
        self._specs = specs
        self._config = config
        self._document = document

    @classmethod
    def load(cls, store: Store, specs: KeywordSpecs, config: Config, name: str) -> "Observation":
        """Read one observation from the database; parameters and errors as of `find_document`."""
        return cls(store, specs, config, find_document(store, name))

    def __repr__(self) -> str:
        return f"<Observation {self.rootname}: {', '.join(self.datasets)}>"

    @property
    def rootname(self) -> str:
        """The key of the archive."""
        return self._document.rootname

    @property
    def ipppssoot(self) -> str:
        """The nine characters that the file names carry."""
        return self._document.ipppssoot

    def __getitem__(self, keyword: str) -> Any:
        """Return a keyword at the top of the document, None where its value is unknown."""
        column = query.resolve(keyword, self._specs)
        if column.header:
            filetype, extension = column.header
            return self.stored_header(filetype, extension)[column.spec.name]
        return self._document[column.address]

    @property
    def metadata(self) -> dict[str, Any]:
        """All keywords at the top of the document."""
        return {name: self._document[name] for name in self._specs.top_level}

    @property
    def datasets(self) -> dict[str, str]:
        """The file names by filetype, in the order in which filetypes are shown."""
        found = self._document.datasets
        return {name: found[name] for name in self._specs.filetypes if name in found}

    @property
    def files(self) -> dict[str, dict[str, Any]]:
        """Path below the archive's root, size and time of each file, by filetype."""
        return {filetype: dict(self._document.files[filetype]) for filetype in self.datasets}

    @property
    def previews(self) -> dict[str, dict[str, Any]]:
        """The pictures made of each filetype, or the reason why there are none."""
        return {filetype: dict(found) for filetype, found in self._document.previews.items()}

    def to_dict(self) -> dict[str, Any]:
        """Return all but the headers as plain values."""
        return self.metadata | {
            "datasets": self.datasets,
            "files": self.files,
            "previews": self.previews,
        }

    @cached_property
    def headers(self) -> dict[str, dict[int, Header]]:
        """All headers as they are stored, by filetype and extension."""
        stored = observations.headers(self._store, self.rootname) or {}
        return {
            filetype: self._by_extension(filetype, stored.get(filetype, {}))
            for filetype in self.datasets
        }

    @cached_property
    def extensions(self) -> dict[str, dict[int, str]]:
        """The names of the extensions, like ``SCI,1``, by filetype and number."""
        return {
            filetype: {extension: header.extension_name for extension, header in found.items()}
            for filetype, found in self.headers.items()
        }

    def filetype_headers(self, filetype: str) -> dict[int, Header]:
        """Return the headers of one filetype by extension.

        Raises
        ------
        DatasetNotFound
            If the observation has no such filetype.
        """
        self._filename(filetype)
        found = observations.headers(self._store, self.rootname, filetype) or {}
        return self._by_extension(filetype, found)

    def _by_extension(self, filetype: str, stored: Mapping[str, Any]) -> dict[int, Header]:
        return {
            int(extension): Header(f"{self.rootname} {filetype} {extension}", values)
            for extension, values in sorted(stored.items(), key=lambda item: int(item[0]))
        }

    def stored_header(self, filetype: str, extension: int) -> Header:
        """Return one header as it is stored.

        Raises
        ------
        DatasetNotFound
            If the observation has no such filetype or extension.
        """
        filename = self._filename(filetype)
        found = observations.headers(self._store, self.rootname, filetype, extension)
        if found is None:
            raise DatasetNotFound(f"{filename} has no extension {extension}")
        return Header(f"{self.rootname} {filetype} {extension}", found)

    def header(self, filetype: str, extension: int = 0) -> fits.Header:
        """Return one header as an astropy Header, made from the database without the file.

        Keywords, values and their order are those of the file; the comments are the units and
        descriptions of the keyword specs.  Blank cards are gone, COMMENT and HISTORY stand
        together, the keywords of drizzled blocks (``D001DATA`` ...) stand last, and an unknown
        value is undefined even if it was blank text; `acsql.fits.header` tells the rest.

        Parameters
        ----------
        extension : int
            The number of the extension; 0 is the primary header.

        Raises
        ------
        DatasetNotFound
            If the observation has no such filetype or extension.
        """
        stored = self.stored_header(filetype, extension)
        detector = self._document.detector
        key = HeaderKey(detector, filetype, extension) if detector else None
        return fits_header.to_fits(stored.values, self._specs, key)

    def path(self, filetype: str) -> Path:
        """Return where the FITS file of a filetype lies."""
        self._filename(filetype)
        return self._config.filesystem / self._document.files[filetype]["path"]

    def open(self, filetype: str, **options: Any) -> fits.HDUList:
        """Open the FITS file of a filetype; `options` go to `astropy.io.fits.open`.

        Raises
        ------
        DatasetNotFound
            If the observation has no such filetype, or its file is not there any more.
        """
        path = self.path(filetype)
        try:
            return fits.open(path, **options)
        except OSError as error:
            raise DatasetNotFound(f"cannot open {path}: {error}") from error

    def data(self, filetype: str, extname: str = "SCI", extver: int = 1) -> np.ndarray:
        """Return the pixels of an image, of which alone the file is read.

        Parameters
        ----------
        extname, extver : str, int
            What the extension is called, like ``SCI`` and ``1``.

        Returns
        -------
        array
            Rows by columns as in the file, in the byte order of the machine, with BSCALE and
            BZERO applied; an image that the header describes as constant is filled with its
            value.

        Raises
        ------
        DatasetNotFound
            If there is no such file or extension, or it holds no image.
        """
        path = self.path(filetype)
        name = f"{path.name}[{extname},{extver}]"
        with self.open(filetype, memmap=False) as hdus:
            try:
                pixels = _pixels(hdus[extname, extver])
            except KeyError as error:
                held = ", ".join(f"{hdu.name},{hdu.ver}" for hdu in hdus[1:])
                raise DatasetNotFound(f"there is no {name}; the file has {held}") from error
            except (OSError, TypeError, ValueError) as error:
                raise DatasetNotFound(f"{name} cannot be read: {error}") from error
        if pixels is None:
            raise DatasetNotFound(f"{name} holds no image")
        return pixels

    def jpeg(self, filetype: str) -> Path:
        """Return where the preview of a filetype lies.

        Raises
        ------
        DatasetNotFound
            If there is none; the message says why.
        """
        return self._picture(self._config.jpeg_dir, filetype, "jpeg")

    def thumbnail(self) -> Path:
        """Return where the thumbnail lies; raises like `jpeg`."""
        filetype = self._specs.thumbnail_filetype
        return self._picture(self._config.thumbnail_dir, filetype, "thumbnail")

    def _picture(self, folder: Path, filetype: str, kind: str) -> Path:
        filename = self._filename(filetype)
        found = self._document.previews.get(filetype, {})
        if not found.get(kind):
            reason = found.get("reason") or f"no {kind} is made of {filetype} files"
            raise DatasetNotFound(f"{filename} has no {kind}: {reason}")
        path = folder / found[kind]
        if not path.is_file():
            raise DatasetNotFound(f"the {kind} of {filename} is not in its place any more")
        return path

    def _filename(self, filetype: str) -> str:
        if filetype not in self._document.datasets:
            held = ", ".join(self.datasets)
            raise DatasetNotFound(f"{self.rootname} has no {filetype}; it has {held}")
        return self._document.datasets[filetype]


def _pixels(hdu: Any) -> np.ndarray | None:
    """Return the pixels of an extension, None if it is no image or has none.

    An image whose pixels are all the same may be stored as its header alone: no axes, and
    NPIX1, NPIX2 and PIXVALUE in their place (Introduction to the HST Data Handbooks, 2.2).
    """
    if not hdu.is_image:
        return None
    if hdu.data is not None:
        return hdu.data.astype(hdu.data.dtype.newbyteorder("="), copy=False)
    shape = [hdu.header.get(keyword) for keyword in ("NPIX2", "NPIX1")]
    if not all(shape) or "PIXVALUE" not in hdu.header:
        return None
    value = hdu.header["PIXVALUE"]
    stored = np.dtype(fits.hdu.image.BITPIX2DTYPE[hdu.header["BITPIX"]])
    return np.full(shape, value, stored if _holds(stored, value) else np.float32)


def _holds(dtype: np.dtype, value: float) -> bool:
    """Whether a number is one of a type's."""
    if dtype.kind == "f":
        return True
    bounds = np.iinfo(dtype)
    return bounds.min <= value <= bounds.max and value == int(value)
