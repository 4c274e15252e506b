"""The observations of a search for other tools: as files, or as tables of other libraries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .listing import Listing


class Exports(Listing):
    """Criteria whose observations can be exported; a base of `Search`."""

    def write(self, path: str | Path, format_: str | None = None) -> None:
        """Write the observations to a file, in memory that does not grow with their number.

        Parameters
        ----------
        path : str or Path
            The file; an existing one is replaced when the new one is complete.
        format_ : str, optional
            An export format of `acsql.export.FORMATS`, by default the one to which the ending of
            the path belongs.

        Raises
        ------
        QueryError
            If there is no such format.
        QueryTimeout
            If the search takes longer than the time limit.
        ArchiveError
            If the file cannot be written.

        Examples
        --------
        >>> archive.where(detector="WFC").write(folder / "wfc.parquet")
        """
        from ..export.to_file import write_file

        site = self.source.site_url
        write_file(Path(path), self.rows(), self.selected_columns, format_, site)

    def to_arrow(self) -> Any:
        """Return the observations as an Arrow table.

        Returns
        -------
        pyarrow.Table
            A table with ``unit`` and ``description`` in the metadata of each field.

        Raises
        ------
        QueryTimeout
            If the search takes longer than the time limit.

        Examples
        --------
        >>> table = archive.where(detector="WFC").columns("rootname,exptime").to_arrow()
        >>> table.schema.field("exptime").metadata[b"unit"]
        b's'
        """
        from ..export.formats.parquet import to_arrow

        return to_arrow(self.rows(), self.selected_columns)

    def to_pandas(self) -> Any:
        """Return the observations as a data frame of pandas, which has to be installed.

        Returns
        -------
        pandas.DataFrame
            Without units, which pandas does not have.

        Raises
        ------
        ImportError
            If pandas is not installed.
        QueryTimeout
            If the search takes longer than the time limit.

        Examples
        --------
        >>> frame = archive.where(detector="WFC").columns("rootname,exptime").to_pandas()
        >>> list(frame.columns)
        ['rootname', 'exptime']
        """
        return self.to_arrow().to_pandas()

    def to_polars(self) -> Any:
        """Return the observations as a data frame of polars, which has to be installed.

        Returns
        -------
        polars.DataFrame
            Without units, which polars does not have.

        Raises
        ------
        ImportError
            If polars is not installed.
        QueryTimeout
            If the search takes longer than the time limit.

        Examples
        --------
        >>> frame = archive.where(detector="WFC").columns("rootname,exptime").to_polars()
        >>> frame.columns
        ['rootname', 'exptime']
        """
        import polars

        return polars.from_arrow(self.to_arrow())
