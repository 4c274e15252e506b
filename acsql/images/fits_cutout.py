"""FITS cutouts: a part of an image as a FITS file, with all its planes and its WCS.

The reference pixels of every world coordinate system move with the corner of the part, and so do
the look-up tables of residual distortion, so that each pixel keeps its place on the sky.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from astropy.io import fits

from ..errors import QueryError
from ..fits.open import open_fits
from .cutout import MAX_CELLS, Region, clip
from .planes import Chip, Plane

# CRPIX1, also of the alternate systems A to Z (FITS 4.0, section 8.2.1).
_REFERENCE = re.compile(r"CRPIX([12])[A-Z]?")
# Keywords of how pixels were stored, which astropy writes anew.
_STORAGE = ("BSCALE", "BZERO", "BLANK", "NPIX1", "NPIX2", "PIXVALUE")
# Extensions of the look-up tables, and the keywords of a chip that name their EXTVER.
_TABLES = {
    "WCSDVARR": ("DP1.EXTVER", "DP2.EXTVER"),
    "D2IMARR": ("D2IM1.EXTVER", "D2IM2.EXTVER"),
}


def fits_cutout(path: Path, planes: tuple[Plane, ...], region: Region) -> fits.HDUList:
    """Return a part of an image as HDUs, for ``HDUList.writeto``.

    Parameters
    ----------
    path : Path
        The file that the planes describe.
    planes : tuple of Plane
        All planes to cut out, of the same shape.
    region : Region
        The part; each chip that it overlaps becomes an extension of each plane.

    Returns
    -------
    HDUList
        As of `chip_cutouts`.

    Raises
    ------
    QueryError
        If the region is empty, outside the image or has more than `MAX_CELLS` pixels.
    PreviewError
        If the file is truncated.
    OSError
        If the system cannot read the file.
    """
    region = clip(planes[0], region)
    regions = {}
    for chip in planes[0].chips:
        first, height = chip.first_row, chip.height
        y0, y1 = max(region.y0 - first, 0), min(region.y1 - first, height)
        if y0 < y1:
            regions[chip.extver] = Region(region.x0, region.x1, y0, y1)
    return chip_cutouts(path, planes, regions)


def chip_cutouts(
    path: Path, planes: tuple[Plane, ...], regions: Mapping[int, Region]
) -> fits.HDUList:
    """Return parts of the chips of an image as HDUs.

    Parameters
    ----------
    path : Path
        The file that the planes describe.
    planes : tuple of Plane
        All planes to cut out, of the same shape.
    regions : mapping of int to Region
        The part of each chip, by EXTVER; its rows count from the bottom of that chip.

    Returns
    -------
    HDUList
        The primary header of the file, and the extensions, whose pixels have the same values.

    Raises
    ------
    QueryError
        If the parts have more than `MAX_CELLS` pixels.
    PreviewError
        If the file is truncated.
    OSError
        If the system cannot read the file.
    """
    if sum((part.x1 - part.x0) * (part.y1 - part.y0) for part in regions.values()) > MAX_CELLS:
        raise QueryError(
            f"a FITS cutout may have at most {MAX_CELLS:,} pixels: choose a smaller region, or "
            "download the file"
        )
    with open_fits(path) as hdus, path.open("rb", buffering=0) as file:
        parts = [fits.PrimaryHDU(header=hdus[0].header.copy())]
        tables: list[fits.ImageHDU] = []
        for chips in zip(*(plane.chips for plane in planes), strict=True):
            part = regions.get(chips[0].extver)
            if part is None:
                continue
            for plane, chip in zip(planes, chips, strict=True):
                header = _header(hdus, plane, chip, part.x0, part.y0)
                rows = chip.stored.rows(file, path.name, part.y0, part.y1)
                tables += _tables(hdus, header, tables, part.x0, part.y0)
                parts.append(fits.ImageHDU(rows[:, part.x0 : part.x1].copy(), header))
    return fits.HDUList([*parts, *tables])


def _header(hdus: fits.HDUList, plane: Plane, chip: Chip, x0: int, y0: int) -> fits.Header:
    header: fits.Header = hdus[plane.extname, chip.extver].header.copy()
    for keyword in _STORAGE:
        header.remove(keyword, ignore_missing=True)
    for keyword in [*header]:
        if (reference := _REFERENCE.fullmatch(keyword)) and _is_number(header[keyword]):
            header[keyword] -= (x0, y0)[int(reference[1]) - 1]
    header["LTV1"] = chip.origin[0] - x0
    header["LTV2"] = chip.origin[1] - y0
    return header


def _tables(
    hdus: fits.HDUList, header: fits.Header, others: list[fits.ImageHDU], x0: int, y0: int
) -> list[fits.ImageHDU]:
    """Return the look-up tables that a chip names, moved with its corner.

    Both chips may share a table of which each now needs its own: all get new EXTVERs, which are
    written into the header of the chip.  A table that the file lacks cannot be moved.
    """
    moved = []
    for extname, keywords in _TABLES.items():
        used = sum(table.name == extname for table in others)
        named = [
            each for each in keywords if each in header and (extname, int(header[each])) in hdus
        ]
        for extver, keyword in enumerate(named, used + 1):
            table = hdus[extname, int(header[keyword])].copy()
            for axis, offset in (("CRVAL1", x0), ("CRVAL2", y0)):
                table.header[axis] = table.header.get(axis, 0.0) - offset
            table.ver = extver
            header[keyword] = float(extver)
            moved.append(table)
    return moved


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
