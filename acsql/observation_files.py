"""The FITS files of an observation: their paths, pixels, tables, images and world coordinates."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import paths
from .errors import DatasetNotFound, FileError
from .permissions import denied
from .stored_observation import StoredObservation

if TYPE_CHECKING:
    import numpy.typing as npt
    from astropy.coordinates import SkyCoord
    from astropy.io import fits
    from astropy.nddata import CCDData
    from astropy.table import Table
    from astropy.units import Quantity
    from astropy.wcs import WCS


class ObservationFiles(StoredObservation):
    """An observation whose FITS files can be read; the base of `Observation`."""

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
            With units and descriptions; unknown values are masked.  The table of a headerlet
            (HDRLET) has a row for each card of its headers.

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

    def wcs(self, filetype: str, extname: str = "SCI", extver: int = 1) -> WCS:
        """Return the world coordinates of an image, with all distortions.

        Parameters
        ----------
        filetype : str
            Such as ``flt``.
        extname, extver : str, int
            The name and version of the extension.

        Returns
        -------
        astropy.wcs.WCS
            With SIP polynomials and look-up tables as far as the file has them.

        Raises
        ------
        DatasetNotFound
            If there is no such file or extension, or it has no usable world coordinates.
        AccessDenied
            If this process may not read the file.

        Examples
        --------
        >>> height, width = observation.data("flt").shape
        >>> centre = observation.wcs("flt").pixel_to_world(width / 2, height / 2)
        >>> bool(abs(centre.dec.deg - observation["flt.1.crval2"]) < 0.1)
        True
        """
        from .fits.calibrated_image import full_wcs

        with self._opened(filetype) as (hdus, filename):
            return full_wcs(hdus, filename, extname, extver)

    def ccddata(self, filetype: str, extver: int = 1) -> CCDData:
        """Return a science image with its errors, flags, unit and world coordinates.

        Parameters
        ----------
        filetype : str
            Such as ``flt``.
        extver : int
            The version of the extensions SCI, ERR and DQ.

        Returns
        -------
        astropy.nddata.CCDData
            With ``uncertainty`` from ERR, ``mask`` true where a flag of DQ is set, ``flags`` from
            DQ, ``unit`` from BUNIT, ``wcs`` and the header of SCI.

        Raises
        ------
        DatasetNotFound
            If there is no such file or image.
        AccessDenied
            If this process may not read the file.

        Examples
        --------
        >>> image = observation.ccddata("flt")
        >>> image.unit, image.shape == image.mask.shape == image.uncertainty.array.shape
        (Unit("electron"), True)
        """
        from .fits.calibrated_image import read_ccddata

        with self._opened(filetype) as (hdus, filename):
            return read_ccddata(hdus, filename, extver)

    def cutout(
        self, filetype: str, position: SkyCoord | str, size: Quantity | float | str
    ) -> fits.HDUList:
        """Return the part of an image around a position on the sky.

        Parameters
        ----------
        filetype : str
            Such as ``flt``.
        position : SkyCoord or str
            A SkyCoord, or a text such as ``"00:24:05.7 -72:04:52"``.
        size : Quantity, float or str
            The diameter of the circle that the part contains: an angle, a number of degrees or a
            text such as ``"10 arcsec"``.

        Returns
        -------
        astropy.io.fits.HDUList
            The primary header, and the extensions of each chip that the circle touches, with
            their world coordinates.

        Raises
        ------
        DatasetNotFound
            If there is no such file or image, or the circle touches none of its chips.
        QueryError
            If `position` or `size` cannot be understood, or the part is too large.
        AccessDenied
            If this process may not read the file.

        Examples
        --------
        >>> place = observation.wcs("flt").pixel_to_world(40, 30)
        >>> observation.cutout("flt", place, "1 arcsec")["SCI"].name
        'SCI'
        """
        from .images.sky_cutout import circle, sky_cutout
        from .query import angles

        centre, diameter = angles.position(position, None), angles.radius(size)
        path = self.path(filetype)
        with self._opened(filetype):
            return sky_cutout(path, circle(centre, diameter / 2))

    @contextmanager
    def _opened(self, filetype: str) -> Iterator[tuple[fits.HDUList, str]]:
        """Open a file; an error of the file is raised as `DatasetNotFound`."""
        with self.open(filetype, memmap=False) as hdus:
            try:
                yield hdus, self.path(filetype).name
            except FileError as error:
                raise DatasetNotFound(str(error)) from error
            except (OSError, TypeError) as error:
                raise DatasetNotFound(f"cannot read {self.path(filetype)}: {error}") from error
