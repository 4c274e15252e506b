"""The tables of an archive: ObsCore and its observations, as TAP queries name them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from .. import config as configuration
from ..archive import Archive
from ..errors import QueryError
from ..fits.regions import stc_s
from ..keywords import KeywordSpec, KeywordSpecs
from ..query import resolve
from ..store import observations
from ..store.client import Store
from ..store.columns.everything import everything
from . import obscore_columns, obscore_facts, tap_schema
from .addresses import Addresses
from .columns import TableColumn
from .obscore import ObsCore
from .obscore_columns import typed
from .tables import LateColumn, TapTable

OBSCORE, OBSERVATIONS = "ivoa.obscore", "acsql.observations"
# The identifier of the model, which a service announces (ObsCore 1.1, appendix C).
OBSCORE_UTYPE = "ivo://ivoa.net/std/ObsCore#core-1.1"

_ARROW_TYPES = {"int": pa.int64(), "float": pa.float64(), "bool": pa.bool_()}
# How the moments of the database are written (DALI 1.1, section 3.3.3).
_MOMENTS = {"date": "%Y-%m-%d", "datetime": "%Y-%m-%dT%H:%M:%S"}


class Catalog:
    """The tables of one archive.

    Parameters
    ----------
    archive : Archive
        The open archive.
    """

    def __init__(self, archive: Archive) -> None:
        self._store = archive.store
        facts = obscore_facts.load(configuration.specs_overlay(archive.config))
        self._obscore = ObsCore(archive.store, archive.specs, facts)

    def tables(self, specs: KeywordSpecs, addresses: Addresses) -> dict[str, TapTable]:
        """Return the tables.

        Parameters
        ----------
        specs : KeywordSpecs
            The keyword specs, as they are now.
        addresses : Addresses
            Where the files are.

        Returns
        -------
        dict
            By name, with those of TAP_SCHEMA.
        """
        tables = [self._files(addresses), _observations(self._store, specs)]
        return {table.name: table for table in (*tables, *tap_schema.tables(tables))}

    def load(self) -> None:
        """Load the columns of ObsCore, which queries and services would load one after another.

        Raises
        ------
        DatabaseError
            If the database fails.
        """
        self._obscore.load()

    def _files(self, addresses: Addresses) -> TapTable:
        return TapTable(
            OBSCORE,
            "FITS files: one row for each, as the ObsCore data model describes it",
            obscore_columns.COLUMNS,
            self._obscore.table,
            {
                "access_url": LateColumn("obs_title", partial(_each, addresses.file)),
                "obs_publisher_did": LateColumn("obs_title", partial(_each, addresses.identifier)),
                "s_region": LateColumn("obs_id", partial(_outlines, self._store)),
            },
            utype=OBSCORE_UTYPE,
            range_column="s_dec",
            key_column="obs_id",
            needed=self._obscore.needed,
        )


def _each(address: Callable[[str], str], filenames: Sequence[str]) -> list[str]:
    return list(map(address, filenames))


def _outlines(store: Store, rootnames: Sequence[str]) -> list[str | None]:
    """Return the footprints of observations as text."""
    found = observations.footprints(store, dict.fromkeys(rootnames))
    texts = {rootname: stc_s(footprint) for rootname, footprint in found.items()}
    return [texts.get(rootname) for rootname in rootnames]


def _observations(store: Store, specs: KeywordSpecs) -> TapTable:
    columns = {name: _table_column(name, spec, specs) for name, spec in specs.top_level.items()}
    return TapTable(
        OBSERVATIONS,
        "observations: one row for each, with the keywords by which people search; any other "
        'keyword is a column as well, as "flt.1.goodmean"',
        columns,
        partial(_rows, store, specs),
        further=partial(_further, specs),
    )


def _table_column(name: str, spec: KeywordSpec, specs: KeywordSpecs) -> TableColumn:
    return TableColumn(
        name,
        spec.type if spec.type in _ARROW_TYPES else "str",
        spec.description or "",
        spec.unit,
        spec.ucd,
        xtype="timestamp" if spec.type in _MOMENTS else None,
        principal=name in specs.indexed,
        indexed=name in specs.indexed,
    )


def _further(specs: KeywordSpecs, names: Iterable[str]) -> dict[str, TableColumn]:
    """Return the columns of keywords of headers, by their addresses."""
    columns = {}
    for name in names:
        column = _resolved(name, specs) if "." in name else None
        if column is not None:
            columns[name] = _table_column(name, column, specs)
    return columns


def _resolved(address: str, specs: KeywordSpecs) -> KeywordSpec | None:
    try:
        column = resolve(address, specs)
    except QueryError:
        # The query is refused with the name of the column.
        return None
    is_usable = column.address == address and column.can_be_sorted
    return column.spec if is_usable else None


def _rows(store: Store, specs: KeywordSpecs, names: Collection[str]) -> pa.Table:
    """Return keywords of all observations."""
    names = list(names) or ["rootname"]
    table = everything(store, names).table(names)
    types = [(specs.top_level.get(name) or resolve(name, specs).spec).type for name in names]
    return pa.table(
        {
            name: _typed(table[name].combine_chunks(), type_)
            for name, type_ in zip(names, types, strict=True)
        }
    )


def _typed(values: pa.Array, type_: str) -> pa.Array:
    if type_ in _MOMENTS and pa.types.is_timestamp(values.type):
        # Seconds, because Arrow writes the fractions of finer times.
        return pc.strftime(values.cast(pa.timestamp("s"), safe=False), _MOMENTS[type_])
    return typed(values, _ARROW_TYPES.get(type_, pa.string()))
