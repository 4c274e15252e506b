"""ObservationTable: an astropy table of observations, writable in all formats of astropy.

Dates are numpy dates, so that scripts can compare and plot them.  Astropy cannot write columns of
dates or objects to FITS, VOTable, HDF5 and Parquet; they are written as texts, as in CSV.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import registry
from astropy.table import Column, MaskedColumn, Table
from astropy.time import Time

from ..query import Column as QueryColumn
from .unit_spellings import fits_description, fits_unit
from .values import text


class ObservationTable(Table):  # type: ignore[misc]  # astropy has no type hints
    """A table whose columns of dates and of objects `write` writes as text.

    Examples
    --------
    >>> table = archive.search(columns="rootname,date_obs", limit=1)
    >>> table["date_obs"].dtype
    dtype('<M8[D]')
    """

    def write(self, *args: Any, **options: Any) -> None:
        """Write the table to a file.

        Parameters
        ----------
        *args, **options
            As of `astropy.table.Table.write`, but that a VOTable has its rows as ``binary2`` if
            `tabledata_format` does not say otherwise, and that FITS has the units of FITS: see
            the export format.
        """
        if options.get("format") == "votable":
            # astropy's writer of rows as text overwrites a byte of other memory, see `votable`.
            options.setdefault("tabledata_format", "binary2")
        columns = [_as_text(column) for column in self.itercols()]
        if _is_fits(args, options):
            columns = [_with_fits_unit(column) for column in columns]
        Table(columns, meta=self.meta, copy=False).write(*args, **options)


def with_times(table: ObservationTable, columns: list[QueryColumn]) -> ObservationTable:
    """Return a table with times and positions as astropy's objects.

    Parameters
    ----------
    table : ObservationTable
        A table of observations.
    columns : list of Column
        Its columns.

    Returns
    -------
    ObservationTable
        Dates and Modified Julian Dates (UTC) are `astropy.time.Time`, masked where unknown.  With
        ``ra_targ`` and ``dec_targ`` it also has the column ``target``, a SkyCoord.
    """
    converted = ObservationTable(table, copy=False)
    for column in columns:
        if column.spec.type in ("date", "datetime"):
            converted[column.address] = _time(table[column.address], "datetime64")
        elif column.spec.mjd:
            converted[column.address] = _time(table[column.address], "mjd")
    if {"ra_targ", "dec_targ"} <= set(table.colnames):
        ra, dec = (table[name].filled(np.nan) for name in ("ra_targ", "dec_targ"))
        converted["target"] = SkyCoord(ra, dec, unit="deg")
    return converted


def _time(column: MaskedColumn, form: str) -> Time:
    time = Time(column.filled(column.data.data.min() if len(column) else None), format=form)
    if column.mask.any():
        time[column.mask] = np.ma.masked
    time.info.description = column.description
    return time


def _is_fits(args: tuple[Any, ...], options: dict[str, Any]) -> bool:
    """Return whether astropy writes FITS, by the format or by the ending of the path."""
    if options.get("format"):
        return bool(options["format"] == "fits")
    path = os.fspath(args[0]) if args and isinstance(args[0], str | os.PathLike) else None
    return "fits" in registry.identify_format("write", Table, path, None, args, options)


def _with_fits_unit(column: Any) -> Any:
    """Return a column whose unit FITS has; its description begins with any other unit."""
    unit = getattr(column, "unit", None)
    if not isinstance(column, Column) or unit is None:
        return column
    copied = column.copy(copy_data=False)
    copied.description = fits_description(str(unit), column.description or "")
    copied.unit = fits_unit(unit)
    return copied


def _as_text(column: Any) -> Any:
    """Return a column of dates or objects as texts, any other as it is."""
    if not isinstance(column, Column) or column.dtype.kind not in "MO":
        return column
    mask = np.ma.getmaskarray(column)
    texts = ["" if hidden else _text(value) for value, hidden in zip(column, mask, strict=True)]
    return MaskedColumn(
        np.array(texts, dtype=str),
        name=column.name,
        mask=mask,
        unit=column.unit,
        description=column.description,
    )


def _text(value: Any) -> str:
    return str(value) if isinstance(value, np.datetime64) else text(value)
