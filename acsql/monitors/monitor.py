"""Monitor: the observations to measure, the function that measures them, and the result columns.

A monitor is a frozen value whose functions are those of a module, because workers on other
machines import it by its name.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import MonitorError
from ..query import Column, computed_column
from ..query.messages import abbreviate
from .alerts import AlertRule, Limit, Trend

if TYPE_CHECKING:
    from astropy.table import Table

    from ..observation import Observation
    from .monitored import Monitored

Row = Mapping[str, Any]
NAME_PATTERN = "[a-z][a-z0-9_]{0,39}"
# The range of integers in the database.
_MIN_INT, _MAX_INT = -(2**63), 2**63 - 1
# Columns of every row, before those of the monitor.
KEY_COLUMNS = (
    computed_column("rootname", "str", "the observation that was measured"),
    computed_column("expstart", "float", "start of the exposure, Modified Julian Date (UTC)", "d"),
)
# Bytes of the rows of one observation, at most: its document, of at most 16 MB, has older rows too.
MAX_BYTES = 1_000_000
_BYTES_OF_NUMBER = 8
_PYTHON_TYPES: dict[str, type | tuple[type, ...]] = {
    "int": int,
    "float": (int, float),
    "str": str,
    "bool": bool,
}


def column(name: str, type_: str, description: str, unit: str | None = None) -> Column:
    """Return a column of the rows of a monitor.

    Parameters
    ----------
    name : str
        Lower-case letters, digits and underscores.
    type_ : str
        ``int``, ``float``, ``str`` or ``bool``.
    description : str
        The meaning of the values.
    unit : str, optional
        Their unit, as astropy writes it, such as ``electron / s``.

    Returns
    -------
    Column
        To be listed in the columns of a `acsql.monitors.Monitor`.

    Raises
    ------
    MonitorError
        If the name or the type is not allowed.

    Examples
    --------
    >>> from acsql import monitors
    >>> monitors.column("level", "float", "median of the overscan", "adu").address
    'level'
    """
    if not re.fullmatch(NAME_PATTERN, name) or name in {each.address for each in KEY_COLUMNS}:
        raise MonitorError(
            f"column {name!r}: a name is lower-case letters, digits and underscores, "
            "and not rootname or expstart"
        )
    if type_ not in _PYTHON_TYPES:
        raise MonitorError(f"column {name!r}: the type is {', '.join(_PYTHON_TYPES)}")
    return computed_column(name, type_, description, unit)


@dataclass(frozen=True)
class Monitor:
    """A monitor; a module of the folder ``monitors_dir`` has one as a global variable.

    Attributes
    ----------
    name : str
        Lower-case letters, digits and underscores.
    title : str
        The title of its page.
    measure : callable
        Takes an `acsql.Observation` and returns an iterable of rows, each a mapping of columns to
        values; a column that is left out or None has no value.  Its docstring is the documentation
        of the monitor.
    columns : sequence of Column
        The columns of the rows, each as `column` returns it.
    condition : str
        The observations to measure, in the query language; by default all.
    version : int
        To be increased when `measure` changes: all observations are then measured again.
    filetypes : tuple of str
        The files that `measure` uses: an observation is measured again when one of them changes.
        By default all files.
    by : str, optional
        The column that divides the rows into series, such as the amplifier.
    plotted : tuple of str
        The columns that are drawn against time; by default the first three that are numbers.
    alerts : tuple of Limit, Trend or Silence
        When to warn.
    against : tuple of str
        Columns against which the first of those that are drawn is drawn as well, such as a
        temperature.
    summary : callable, optional
        Takes the table of all rows and returns a shorter table for the page of the monitor.
    archive_summary : callable, optional
        The same from the archive (`acsql.Archive`), for a monitor with more rows than should be in
        memory at once, or whose summary has more than its rows.
    marks : callable, optional
        Takes the table of all rows and returns times, as Modified Julian Dates, at which something
        happened; plots have a line at each.
    marked : str
        The event at these times, such as ``anneal``.
    plot : callable, optional
        Takes the table of all rows and returns a Bokeh figure, which the page shows in place of the
        columns against time.

    Raises
    ------
    MonitorError
        If the name is not allowed, two columns have the same name, an attribute is of another type,
        or `by` or an alert names no column, or `plotted`, `against`, a limit or a trend no column
        of numbers.
    """

    name: str
    title: str
    measure: Callable[[Observation], Iterable[Row]]
    columns: Sequence[Column]
    condition: str = ""
    version: int = 1
    filetypes: tuple[str, ...] = ()
    by: str | None = None
    plotted: tuple[str, ...] = ()
    alerts: tuple[AlertRule, ...] = ()
    against: tuple[str, ...] = ()
    summary: Callable[[Table], Table] | None = None
    archive_summary: Callable[[Monitored], Table] | None = None
    marks: Callable[[Table], Sequence[float]] | None = None
    marked: str = ""
    plot: Callable[[Table], Any] | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(NAME_PATTERN, self.name):
            raise MonitorError(
                f"monitor {self.name!r}: a name is lower-case letters, digits and underscores"
            )
        self._check_types()
        names = {each.address for each in self.columns}
        if len(names) < len(self.columns):
            raise MonitorError(f"monitor {self.name}: two columns have the same name")
        used = [self.by, *(name for rule in self.alerts for name in rule.columns)]
        for name in used:
            if name is not None and name not in names:
                raise MonitorError(f"monitor {self.name}: there is no column {name!r}")
        numbers = {each.address for each in self.columns if each.spec.type in ("int", "float")}
        of_limits = [rule.column for rule in self.alerts if isinstance(rule, Limit | Trend)]
        for name in (*self.plotted, *self.against, *of_limits):
            if name not in numbers:
                raise MonitorError(f"monitor {self.name}: there is no column {name!r} of numbers")

    def _check_types(self) -> None:
        """Refuse texts where texts in a tuple are expected, and other slips that work by chance."""
        for name in ("filetypes", "plotted", "against", "alerts", "columns"):
            value = getattr(self, name)
            if not isinstance(value, tuple | list):
                raise MonitorError(
                    f"monitor {self.name}: {name} is {value!r}, not a tuple such as (a, b) or (a,)"
                )
        if not all(isinstance(each, Column) for each in self.columns):
            raise MonitorError(
                f"monitor {self.name}: columns has values that acsql.monitors.column did not make"
            )
        if not isinstance(self.version, int):
            raise MonitorError(
                f"monitor {self.name}: version is {self.version!r}, not a whole number"
            )

    @property
    def documentation(self) -> str:
        """The docstring of `measure`: the method and its source."""
        return inspect.getdoc(self.measure) or ""

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The columns of its table: rootname and time of the observation, then its own."""
        return (*KEY_COLUMNS, *self.columns)

    @property
    def drawn(self) -> tuple[Column, ...]:
        """The columns that are drawn against time."""
        numbers = [each for each in self.columns if each.spec.type in ("int", "float")]
        if self.plotted:
            return tuple(each for each in numbers if each.address in self.plotted)
        return tuple(numbers[:3])

    def rows(self, observation: Observation) -> list[dict[str, Any]]:
        """Measure an observation.

        Parameters
        ----------
        observation : Observation
            The observation.

        Returns
        -------
        list of dict
            Plain values by column; masked values and numbers that are not finite are None,
            quantities are in the unit of the column.

        Raises
        ------
        MonitorError
            If a row has a column that is not in the schema, or a value of another type or unit,
            or if the rows have more than `MAX_BYTES`.
        Exception
            Any that `measure` raises.
        """
        measured = self.measure(observation)
        if isinstance(measured, str | Mapping) or not isinstance(measured, Iterable):
            raise MonitorError(
                f"measure returned {abbreviate(measured)}, not rows: "
                "it must yield them, or return a list"
            )
        rows, size = [], 0
        for row in measured:
            rows.append(self._checked(row))
            size += sum(_bytes(name, value) for name, value in rows[-1].items())
            if size > MAX_BYTES:
                raise MonitorError(
                    f"measure returned more than {MAX_BYTES / 1e6:g} MB for one observation"
                )
        return rows

    def _checked(self, row: Row) -> dict[str, Any]:
        if not isinstance(row, Mapping):
            raise MonitorError(
                f"measure returned {abbreviate(row)} as a row, not a mapping of columns to values"
            )
        columns = {each.address: each for each in self.columns}
        for name in row:
            if name not in columns:
                raise MonitorError(f"measure returned {name!r}, which is not one of the columns")
        return {name: _plain(row.get(name), each) for name, each in columns.items()}


def _plain(value: Any, of: Column) -> Any:
    """Return a value as a plain Python value of the type of its column."""
    name, type_ = of.address, of.spec.type
    if hasattr(value, "to_value") and hasattr(value, "unit"):
        value = _in_unit(value, of)
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        # `item` of a masked value returns the value below the mask.
        value = None if getattr(value, "mask", False) else value.item()
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    is_bool = isinstance(value, bool)
    if is_bool != (type_ == "bool") or not isinstance(value, _PYTHON_TYPES[type_]):
        raise MonitorError(
            f"measure returned {abbreviate(value)} for {name}, which is not of type {type_}"
        )
    if isinstance(value, int) and type_ == "float":
        return _as_float(value, name)
    if isinstance(value, int) and not _MIN_INT <= value <= _MAX_INT:
        raise MonitorError(
            f"measure returned {abbreviate(value)} for {name}: it has more than 64 bits"
        )
    # Surrogates stand for bytes that are no text; a database cannot hold them.
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


def _as_float(value: int, name: str) -> float:
    try:
        return float(value)
    except OverflowError as error:
        raise MonitorError(f"measure returned a number for {name} that is no float") from error


def _in_unit(value: Any, of: Column) -> Any:
    """Return an astropy quantity as a number in the unit of its column."""
    from astropy.units import UnitConversionError

    try:
        return value.to_value(of.spec.unit or "")
    except (UnitConversionError, ValueError) as error:
        raise MonitorError(
            f"measure returned {abbreviate(value)} for {of.address}, of which the unit is "
            f"{of.spec.unit or 'none'}"
        ) from error


def _bytes(name: str, value: Any) -> int:
    """Return how many bytes a value takes in the database, with its name."""
    return len(name) + (len(value.encode()) if isinstance(value, str) else _BYTES_OF_NUMBER)
