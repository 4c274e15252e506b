"""Descriptions of the columns of the TAP service, for TAP_SCHEMA and for VOTables."""

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class TableColumn:
    """A column of a table.

    Attributes
    ----------
    name : str
        In lower case, as queries name it.
    type : str
        ``int``, ``float``, ``str``, ``bool`` or ``datetime``.
    description : str
        What it has.
    unit, ucd, utype, xtype : str, optional
        As in a VOTable.
    datatype : str, optional
        The datatype of VOTables that a standard requires, where it is not that of the type.
    principal : bool
        Whether a client shows it at first.
    standard : bool
        Whether a standard defines it.
    indexed : bool
        Whether conditions on it are faster than others.
    """

    name: str
    type: str
    description: str
    unit: str | None = None
    ucd: str | None = None
    utype: str | None = None
    xtype: str | None = None
    principal: bool = False
    standard: bool = False
    indexed: bool = False
    datatype: str | None = None

    def renamed(self, name: str) -> "TableColumn":
        """Return the column under another name, as a query gives it."""
        values = {field.name: getattr(self, field.name) for field in fields(TableColumn)}
        return TableColumn(**values | {"name": name})
