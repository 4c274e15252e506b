"""Observation: the metadata, headers, FITS files, pixels, tables and previews of one rootname."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import paths
from .errors import DatasetNotFound, FileError
from .permissions import PICTURES_AND_LOGS, denied, is_readable_file
from .stored_observation import StoredObservation

if TYPE_CHECKING:
    import numpy.typing as npt
    from astropy.io import fits
    from astropy.table import Table


class Observation(StoredObservation):
    """One observation; `Archive.observation` returns it.

    ``observation["exptime"]`` is a promoted keyword, and
    ``observation.headers["raw"][0]["exptime"]`` any keyword of any header.

    Examples
    --------
    >>> observation
    <Observation j...: raw, flt, ...>
    >>> observation["detector"]
    'WFC'
    """

    def path(self, filetype: str) -> Path:
        """Return the path of the FITS file of a filetype.

        Parameters
        ----------
        filetype : str
            Such as ``flt``.

        Returns
        -------
        Path
            Absolute; the file may have vanished since the last ingest.

        Raises
        ------
        DatasetNotFound
            If the observation has no such filetype.
        UnsafePath
            If the path in the database leads out of the archive.

        Examples
        --------
        >>> observation.path("raw").name == observation.datasets["raw"]
        True
        """
        self._filename(filetype)
        return paths.confined(self._config.filesystem, self._document.files[filetype]["path"])

    def open(self, filetype: str, **options: Any) -> fits.HDUList:
        """Open the FITS file of a filetype.

        Parameters
        ----------
        filetype : str
            Such as ``flt``.
        **options
            Passed to `astropy.io.fits.open`.

        Returns
        -------
        astropy.io.fits.HDUList
            To be closed, or used as a context manager.

        Raises
        ------
        DatasetNotFound
            If the observation has no such filetype, or its file cannot be opened.
        AccessDenied
            If this process may not read it.

        Examples
        --------
        >>> with observation.open("flt") as hdus:
        ...     hdus["SCI", 1].name
        'SCI'
        """
        from astropy.io import fits

        path = self.path(filetype)
        try:
            return fits.open(path, **options)
        except PermissionError as error:
            raise denied(path.name) from error
        except OSError as error:
            raise DatasetNotFound(f"cannot open {path}: {error}") from error

    def data(self, filetype: str, extname: str = "SCI", extver: int = 1) -> npt.NDArray[Any]:
        """Return the pixels of one image; no other extension of the file is read.

        Parameters
        ----------
        filetype : str
            Such as ``flt``.
        extname, extver : str, int
            The name and version of the extension.

        Returns
        -------
        ndarray
            Shape (rows, columns), in native byte order, with BSCALE and BZERO applied; in the
            unit of the file, BUNIT.  A constant image is filled with its value.

        Raises
        ------
        DatasetNotFound
            If there is no such file or extension, or it is not an image.

        Examples
        --------
        >>> observation.data("flt").ndim
        2
        """
        from .fits.image_data import read_image

        path = self.path(filetype)
        name = f"{path.name}[{extname},{extver}]"
        with self.open(filetype, memmap=False) as hdus:
            try:
                pixels = read_image(hdus[extname, extver])
            except KeyError as error:
                existing = ", ".join(f"{hdu.name},{hdu.ver}" for hdu in hdus[1:])
                raise DatasetNotFound(f"there is no {name}; the file has {existing}") from error
            except (OSError, TypeError, ValueError) as error:
                raise DatasetNotFound(f"cannot read {name}: {error}") from error
        if pixels is None:
            raise DatasetNotFound(f"{name} has no image")
        return pixels

    def table(self, filetype: str, extension: int | str | tuple[str, int] = 1) -> Table:
        """Return a table: of an association, of jitter, or any other of a file.

        Parameters
        ----------
        filetype : str
            Such as ``jit``.
        extension : int, str or (str, int)
            The number of the extension, its name, or its name and version: ``1``, ``"WCSCORR"``,
            ``("HDRLET", 1)``.

        Returns
        -------
        astropy.table.Table
            With units and descriptions; unknown values are masked.  Of a headerlet (HDRLET) a row
            for each card of its headers.

        Raises
        ------
        DatasetNotFound
            If there is no such file or extension, or it is not a readable table.
        AccessDenied
            If this process may not read the file.

        Examples
        --------
        >>> observation.table("jit")["SI_V2_RMS"].unit
        Unit("arcsec")
        """
        from .fits.tables import read_table

        path = self.path(filetype)
        try:
            return read_table(path, extension, self._specs.table_columns)
        except PermissionError as error:
            raise denied(path.name) from error
        except FileError as error:
            raise DatasetNotFound(str(error)) from error
        except OSError as error:
            raise DatasetNotFound(f"cannot open {path}: {error}") from error

    def jpeg(self, filetype: str) -> Path:
        """Return the path of the preview of a filetype.

        Parameters
        ----------
        filetype : str
            Such as ``flt``.

        Returns
        -------
        Path
            An existing JPEG file.

        Raises
        ------
        DatasetNotFound
            If there is no preview; the message says why.
        AccessDenied
            If this process may not read it.

        Examples
        --------
        >>> observation.jpeg("flt").suffix
        '.jpg'
        """
        return self._preview(self._config.jpeg_dir, filetype, "jpeg")

    def thumbnail(self) -> Path:
        """Return the path of the thumbnail, which is that of the best filetype.

        Returns
        -------
        Path
            An existing JPEG file with the suffix ``.thumb``.

        Raises
        ------
        DatasetNotFound
            If there is no thumbnail; the message says why.
        AccessDenied
            If this process may not read it.

        Examples
        --------
        >>> observation.thumbnail().suffix
        '.thumb'
        """
        return self._preview(self._config.thumbnail_dir, self.thumbnail_filetype, "thumbnail")

    @property
    def thumbnail_filetype(self) -> str:
        """The filetype that the thumbnail shows, or the first that should have one."""
        best = self._specs.thumbnail_filetypes
        previews = self._document.previews
        made = (name for name in best if previews.get(name, {}).get("thumbnail"))
        return next(chain(made, (name for name in best if name in self.datasets), best))

    def _preview(self, folder: Path, filetype: str, kind: str) -> Path:
        """Return the path of a picture; `kind` is ``jpeg`` or ``thumbnail``."""
        filename = self._filename(filetype)
        preview = self._document.previews.get(filetype, {})
        if not preview.get(kind):
            reason = preview.get("reason") or f"{kind}s are not made of {filetype} files"
            raise DatasetNotFound(f"{filename} has no {kind}: {reason}")
        path = paths.confined(folder, preview[kind])
        if not is_readable_file(path, f"the {kind} of {filename}", PICTURES_AND_LOGS):
            raise DatasetNotFound(
                f"the {kind} of {filename} no longer exists: run acsql verify --full --fix"
            )
        return path
