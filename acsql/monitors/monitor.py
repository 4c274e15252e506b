"""Monitor: which observations to measure, how, and what the columns of the results are.

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
from .alerts import AlertRule

if TYPE_CHECKING:
    from astropy.table import Table

    from ..observation import Observation
    from .monitored import Monitored

Row = Mapping[str, Any]
NAME_PATTERN = "[a-z][a-z0-9_]{0,39}"
# What every row has beside the columns of the monitor.
KEY_COLUMNS = (
    computed_column("rootname", "str", "the observation that was measured"),
    computed_column("expstart", "float", "start of the exposure, Modified Julian Date (UTC)", "d"),
)
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
        What the values are.
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
        What happened at these times, such as ``anneal``.
    plot : callable, optional
        Takes the table of all rows and returns a Bokeh figure, which the page shows in place of the
        columns against time.

    Raises
    ------
    MonitorError
        If the name is not allowed, or `by`, `plotted` or an alert names no column, or `against` no
        column of numbers.
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
        names = {each.address for each in self.columns}
        of_alerts = [name for rule in self.alerts for name in rule.columns]
        used = [self.by, *self.plotted, *of_alerts]
        for name in used:
            if name is not None and name not in names:
                raise MonitorError(f"monitor {self.name}: there is no column {name!r}")
        numbers = {each.address for each in self.columns if each.spec.type in ("int", "float")}
        for name in self.against:
            if name not in numbers:
                raise MonitorError(f"monitor {self.name}: there is no column {name!r} of numbers")

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
            Plain values by column; numbers that are not finite are None.

        Raises
        ------
        MonitorError
            If a row has a column that is not in the schema, or a value of another type.
        Exception
            Any that `measure` raises.
        """
        return [self._checked(row) for row in self.measure(observation)]

    def _checked(self, row: Row) -> dict[str, Any]:
        types = {each.address: each.spec.type for each in self.columns}
        for name in row:
            if name not in types:
                raise MonitorError(f"measure returned {name!r}, which is not one of the columns")
        return {name: _plain(row.get(name), name, type_) for name, type_ in types.items()}


def _plain(value: Any, name: str, type_: str) -> Any:
    """Return a value as a plain Python value of the type of its column."""
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    is_bool = isinstance(value, bool)
    if is_bool != (type_ == "bool") or not isinstance(value, _PYTHON_TYPES[type_]):
        raise MonitorError(f"measure returned {value!r} for {name}, which is not of type {type_}")
    return float(value) if isinstance(value, int) and type_ == "float" else value
