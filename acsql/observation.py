"""Observation: the metadata, headers, FITS files, pixels, tables and previews of one rootname."""

from __future__ import annotations

from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from . import notebook, paths
from .errors import AccessDenied, DatasetNotFound
from .observation_files import ObservationFiles
from .permissions import PICTURES_AND_LOGS, is_readable_file

if TYPE_CHECKING:
    from astropy.coordinates import SkyCoord
    from regions import PolygonSkyRegion

# Fields of an observation that a notebook shows.
_FACTS = (
    "detector",
    "targname",
    "proposid",
    "date_obs",
    "exptime",
    "filter1",
    "filter2",
    "imagetyp",
)


class Observation(ObservationFiles):
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

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the thumbnail, key facts and a link to the site."""
        site = self._config.site_url
        values = {name: self.get(name) for name in _FACTS}
        # The only moment is a day, stored as its midnight.
        days = {name: each.date() for name, each in values.items() if isinstance(each, datetime)}
        facts = values | days | {"files": ", ".join(self.datasets)}
        try:
            picture = self.thumbnail().read_bytes()
        except (DatasetNotFound, AccessDenied, OSError):
            picture = None
        url = None if site is None else f"{site.rstrip('/')}/go?name={self.ipppssoot}"
        return notebook.facts(self.ipppssoot, facts, url, picture)

    @property
    def footprint(self) -> list[SkyCoord]:
        """The footprint on the sky: for each chip the vertices of its polygon; may be empty."""
        from .fits.regions import sky_polygons

        return sky_polygons(self._document.footprint)

    @property
    def s_region(self) -> str | None:
        """The footprint as an STC-S text, None without one; searches have it as a column."""
        from .fits.regions import stc_s

        return stc_s(self._document.footprint)

    def regions(self) -> list[PolygonSkyRegion]:
        """Return the footprint as regions of the package ``regions``, which must be installed.

        Returns
        -------
        list of regions.PolygonSkyRegion
            One for each chip; empty for an observation without footprint.

        Raises
        ------
        ImportError
            If the package is not installed.

        Examples
        --------
        >>> len(observation.regions()) == len(observation.footprint) == 2
        True
        """
        from .fits.regions import sky_regions

        return sky_regions(self._document.footprint)

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
