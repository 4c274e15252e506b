"""Totals of the archive: observations, files and bytes by filetype, detectors and previews."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...keywords import KeywordSpecs
from ..client import Store
from . import values
from .kept import Kept
from .sums_of_parts import Numbers, SumsOfParts, added

if TYPE_CHECKING:
    import pyarrow as pa


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


def totals(store: Store, specs: KeywordSpecs) -> Kept[Totals]:
    """Return a function that returns the totals of the archive as it is.

    Parameters
    ----------
    store : Store
        The open database.
    specs : KeywordSpecs
        Name the filetypes and detectors.

    Returns
    -------
    Kept
        After a write it reads the changed observations alone.
    """
    sizes = {name: f"files.{name}.size" for name in specs.filetypes}
    jpegs = [f"previews.{name}.jpeg" for name in specs.filetypes]
    types = dict.fromkeys(sizes.values(), values.INTEGER) | dict.fromkeys(jpegs, values.TEXT)
    types["detector"] = values.TEXT

    def summed(table: pa.Table) -> Numbers:
        """Return the sums of some observations."""
        of_detectors = values.groups(table, ["detector"])
        return {
            "observations": Counter({row["detector"]: row["observations"] for row in of_detectors}),
            "previews": Counter({jpeg: values.known(table, jpeg) for jpeg in jpegs}),
            "files": Counter({name: values.known(table, size) for name, size in sizes.items()}),
            "bytes": Counter({name: values.total(table, size) for name, size in sizes.items()}),
        }

    pieces = SumsOfParts(store, types, summed)
    return Kept(store, lambda: _totals(added(pieces()), specs))


def _totals(sums: Numbers, specs: KeywordSpecs) -> Totals:
    observations, files = sums["observations"], sums["files"]
    return Totals(
        observations.total(),
        sums["previews"].total(),
        {name: observations[name] for name in specs.detectors if observations[name]},
        {
            name: {"files": files[name], "bytes": sums["bytes"][name]}
            for name in specs.filetypes
            if files[name]
        },
    )
