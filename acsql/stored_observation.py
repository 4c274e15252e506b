"""A stored observation: its metadata, file names and headers.

Headers are most of a document, so they are read only when they are used.
"""

from __future__ import annotations

import atexit
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Self

from . import query
from .config import Config
from .errors import DatasetNotFound, QueryError
from .keywords import PRIMARY, HeaderKey, KeywordSpecs
from .store import header_layouts, observations
from .store.client import Store
from .store.configured import open_store
from .store.fields import value_at
from .stored_header import Header, Listed

if TYPE_CHECKING:
    from astropy.io import fits


# Stands for a keyword that an observation does not have.
_ABSENT = object()


class StoredObservation(Mapping[str, Any]):
    """The stored metadata and headers of one observation; the base of `Observation`.

    It is a mapping of its top-level keywords; as a key, every keyword address is accepted.
    Pickled, it is read again where it is unpickled, from the database of its configuration.

    Parameters
    ----------
    store : Store
        The database.
    specs : KeywordSpecs
        The keyword specs.
    config : Config
        The configuration of the archive.
    document : mongoengine document
        The document without its headers, as of ``acsql.store.observations.find``.
    """

    def __init__(self, store: Store, specs: KeywordSpecs, config: Config, document: Any) -> None:
        self._store = store
        self._specs = specs
        self._config = config
        self._document = document
        self.rootname: str = document.rootname
        """The key of the observation in the archive."""
        self.ipppssoot: str = document.ipppssoot
        """The nine characters with which its file names begin."""

    @classmethod
    def load(cls, store: Store, specs: KeywordSpecs, config: Config, name: str) -> Self:
        """Read one observation; errors as of ``acsql.store.observations.find``."""
        return cls(store, specs, config, observations.find(store, name))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.rootname}: {', '.join(self.datasets)}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _load_again, (type(self), self._config, self.rootname)

    # Two observations are equal if they are the same: what is stored may change between them.
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __iter__(self) -> Iterator[str]:
        return iter(self._specs.top_level)

    def __len__(self) -> int:
        return len(self._specs.top_level)

    def __contains__(self, keyword: object) -> bool:
        return isinstance(keyword, str) and self.get(keyword, _ABSENT) is not _ABSENT

    def get(self, keyword: str, default: Any = None) -> Any:
        """Return the value of a keyword, or a default if the observation does not have it.

        Parameters
        ----------
        keyword : str
            Any keyword address.
        default : object
            The value that is returned instead.

        Returns
        -------
        object
            None also for a top-level keyword without a value.

        Examples
        --------
        >>> observation.get("detector"), observation.get("asn.0.exptime", "none")
        ('WFC', 'none')
        """
        try:
            return self[keyword]
        except (KeyError, QueryError, DatasetNotFound):
            return default

    def _ipython_key_completions_(self) -> list[str]:
        """Return the top-level keywords, for the tab key."""
        return list(self)

    def __getitem__(self, keyword: str) -> Any:
        """Return the value of a keyword by its address; None if unknown."""
        column = query.resolve(keyword, self._specs)
        if column.header:
            filetype, extension = column.header
            return self.stored_header(filetype, extension)[column.spec.name]
        if query.is_statistic(column.address):
            return value_at({"stats": self.image_statistics}, column.address.split("."))
        if query.is_dataset(column.address):
            return self.datasets.get(column.address.partition(".")[2])
        return self._document[column.address]

    @property
    def metadata(self) -> dict[str, Any]:
        """All top-level keywords with their values."""
        return {name: self._document[name] for name in self._specs.top_level}

    @property
    def datasets(self) -> dict[str, str]:
        """The file name of each filetype, in the order of the specs."""
        filenames = self._document.datasets
        return {name: filenames[name] for name in self._specs.filetypes if name in filenames}

    @property
    def files(self) -> dict[str, dict[str, Any]]:
        """Path (relative to the archive), size (bytes) and mtime of each file, by filetype."""
        return {filetype: dict(self._document.files[filetype]) for filetype in self.datasets}

    @property
    def previews(self) -> dict[str, dict[str, Any]]:
        """The preview files of each filetype, or the reason why there are none."""
        return {filetype: dict(files) for filetype, files in self._document.previews.items()}

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the headers as plain values.

        Returns
        -------
        dict
            The top-level keywords, and ``datasets``, ``files`` and ``previews``.

        Examples
        --------
        >>> observation.to_dict()["datasets"] == observation.datasets
        True
        """
        return self.metadata | {
            "datasets": self.datasets,
            "files": self.files,
            "previews": self.previews,
        }

    @cached_property
    def image_statistics(self) -> dict[str, Any]:
        """The statistics of images by filetype, extension, amplifier or ``all``, and name."""
        return observations.statistics(self._store, self.rootname)

    def earlier_starts(self, days: float) -> list[float]:
        """Return when the exposures of its detector began that were taken in the days before it.

        Parameters
        ----------
        days : float
            How many days before its own start the first of them began.

        Returns
        -------
        list of float
            Modified Julian Dates, the latest first; empty if it has no start.

        Examples
        --------
        >>> observation = archive.observation("j8bt01ly")
        >>> max(observation.earlier_starts(1 / 24)) < observation["expstart"]
        True
        """
        start = self["expstart"]
        if not isinstance(start, float):
            return []
        return observations.earlier_starts(self._store, self["detector"], start, days)

    @cached_property
    def headers(self) -> dict[str, dict[int, Header]]:
        """All stored headers, by filetype and extension."""
        stored = observations.headers(self._store, self.rootname) or {}
        return Listed(
            self.rootname,
            {
                filetype: self._by_extension(filetype, stored.get(filetype, {}))
                for filetype in self.datasets
            },
        )

    @cached_property
    def extensions(self) -> dict[str, dict[int, str]]:
        """The names of all extensions, such as ``SCI,1``, by filetype and number."""
        return {
            filetype: {number: header.extension_name for number, header in by_extension.items()}
            for filetype, by_extension in self.headers.items()
        }

    def filetype_headers(self, filetype: str) -> dict[int, Header]:
        """Return the stored headers of one file.

        Parameters
        ----------
        filetype : str
            Such as ``flt``.

        Returns
        -------
        dict of Header
            By extension number.

        Raises
        ------
        DatasetNotFound
            If the observation has no such filetype.

        Examples
        --------
        >>> headers = observation.filetype_headers("flt")
        >>> headers[1].extension_name
        'SCI,1'
        """
        self._filename(filetype)
        stored = observations.headers(self._store, self.rootname, filetype) or {}
        return self._by_extension(filetype, stored)

    def _by_extension(self, filetype: str, stored: Mapping[str, Any]) -> dict[int, Header]:
        headers = {
            int(extension): Header(f"{self.rootname} {filetype} {extension}", values)
            for extension, values in sorted(stored.items(), key=lambda item: int(item[0]))
        }
        return Listed(f"{self.rootname} {filetype}", headers)

    def stored_header(self, filetype: str, extension: int | str | tuple[str, int]) -> Header:
        """Return one header as stored.

        Parameters
        ----------
        filetype : str
            Such as ``flt``.
        extension : int, str or (str, int)
            The number of the extension, 0 for the primary header, or its name with or without
            its version: ``1``, ``"SCI"``, ``"SCI,2"``, ``("SCI", 2)``.

        Returns
        -------
        Header
            Values by stored keyword.

        Raises
        ------
        DatasetNotFound
            If the observation has no such filetype or extension.

        Examples
        --------
        >>> observation.stored_header("raw", 0)["DETECTOR"]
        'WFC'
        """
        filename = self._filename(filetype)
        number = self._extension_number(filetype, extension)
        stored = observations.headers(self._store, self.rootname, filetype, number)
        if stored is None:
            raise DatasetNotFound(f"{filename} has no extension {number}")
        return Header(f"{self.rootname} {filetype} {number}", stored)

    def header(self, filetype: str, extension: int | str | tuple[str, int] = 0) -> fits.Header:
        """Return one header as an astropy Header, from the database alone.

        It has the keywords, values, comments, blank cards and section titles of the file, in its
        order.  An observation that an older acsql ingested has units and descriptions of the
        keyword specs as comments, and no blank cards.

        Parameters
        ----------
        filetype : str
            Such as ``flt``.
        extension : int, str or (str, int)
            The number of the extension, 0 for the primary header, or its name with or without
            its version: ``1``, ``"SCI"``, ``"SCI,2"``, ``("SCI", 2)``.

        Returns
        -------
        astropy.io.fits.Header
            The header.

        Raises
        ------
        DatasetNotFound
            If the observation has no such filetype or extension.

        Examples
        --------
        >>> observation.header("raw").comments["EXPTIME"]
        'exposure duration, calculated'
        >>> observation.header("flt", "SCI,1")["EXTNAME"]
        'SCI'
        """
        stored = self.stored_header(filetype, extension)
        number = int(stored.name.rpartition(" ")[2])
        return self._as_in_file(filetype, {number: stored}, number)[number]

    def file_headers(self, filetype: str) -> dict[int, fits.Header]:
        """Return all headers of one file as astropy Headers, as `header` does.

        Parameters
        ----------
        filetype : str
            Such as ``flt``.

        Returns
        -------
        dict of astropy.io.fits.Header
            By extension number.

        Raises
        ------
        DatasetNotFound
            If the observation has no such filetype.

        Examples
        --------
        >>> [header.get("EXTNAME") for header in observation.file_headers("raw").values()][:2]
        [None, 'SCI']
        """
        return self._as_in_file(filetype, self.filetype_headers(filetype))

    def _as_in_file(
        self, filetype: str, stored: Mapping[int, Header], extension: int | None = None
    ) -> dict[int, fits.Header]:
        from .fits.astropy_header import to_fits
        from .fits.header_layout import HeaderLayout

        layouts = header_layouts.of_file(self._store, self.rootname, filetype, extension)
        detector = self._document.detector
        return {
            number: to_fits(
                header.stored,
                self._specs,
                HeaderKey(detector, filetype, number) if detector else None,
                HeaderLayout(*layouts[number]) if number in layouts else None,
            )
            for number, header in stored.items()
        }

    def _extension_number(self, filetype: str, extension: int | str | tuple[str, int]) -> int:
        """Return the number of an extension; a name without a version is that of the first."""
        if isinstance(extension, int):
            return extension
        name = extension if isinstance(extension, str) else ",".join(map(str, extension))
        extname, _, extver = name.replace(" ", "").upper().partition(",")
        if extname == PRIMARY:
            return 0
        for number, header in self.filetype_headers(filetype).items():
            found = str(header.get("extname", "")).strip().upper()
            if found == extname and extver in ("", str(header.get("extver", 1))):
                return number
        raise DatasetNotFound(f"{self._filename(filetype)} has no extension {name}")

    def _filename(self, filetype: str) -> str:
        """Return the file name of a filetype."""
        filenames: Mapping[str, str] = self._document.datasets
        if filetype not in filenames:
            existing = ", ".join(self.datasets) or "no files"
            raise DatasetNotFound(f"{self.rootname} has no {filetype}; it has {existing}")
        return filenames[filetype]


@cache
def _opened(config: Config) -> Store:
    """Return the database that all observations unpickled in a process read."""
    store = open_store(config)
    atexit.register(store.close)
    return store


def _load_again(cls: type[StoredObservation], config: Config, rootname: str) -> StoredObservation:
    store = _opened(config)
    return cls.load(store, store.specs, config, rootname)
