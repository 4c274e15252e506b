"""Totals of the archive: observations, files and bytes by filetype, detectors and previews."""

from dataclasses import dataclass

from ...keywords import KeywordSpecs
from ...query.conditions import And
from ..client import Store
from . import values


@dataclass(frozen=True)
class Totals:
    """The totals of the archive at one moment.

    Attributes
    ----------
    observations, previews : int
        Their numbers.
    detectors : dict
        Detectors to numbers of observations, in the order of the specs.
    filetypes : dict of dict
        Filetypes to ``files`` and ``bytes``, in the order of the specs; without those that no
        observation has.
    """

    observations: int
    previews: int
    detectors: dict[str, int]
    filetypes: dict[str, dict[str, int]]


def totals(store: Store, specs: KeywordSpecs) -> Totals:
    """Return the totals of the archive as it is.

    Parameters
    ----------
    store : Store
        The open database.
    specs : KeywordSpecs
        Name the filetypes and detectors.

    Returns
    -------
    Totals
        Right at this moment.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    sizes = {name: f"files.{name}.size" for name in specs.filetypes}
    jpegs = [f"previews.{name}.jpeg" for name in specs.filetypes]
    types = dict.fromkeys(sizes.values(), values.INTEGER) | dict.fromkeys(jpegs, values.TEXT)
    table = values.table(store, And(), {"detector": values.TEXT} | types)
    numbers = {row["detector"]: row["observations"] for row in values.groups(table, ["detector"])}
    return Totals(
        table.num_rows,
        sum(values.known(table, jpeg) for jpeg in jpegs),
        {name: numbers[name] for name in specs.detectors if name in numbers},
        {
            name: {"files": files, "bytes": values.total(table, size)}
            for name, size in sizes.items()
            if (files := values.known(table, size))
        },
    )
