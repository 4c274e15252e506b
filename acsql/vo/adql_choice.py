"""Pre-selection of the rows of a table that can be in the result of a query."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

from .adql_geometry import constant
from .tables import TapTable

# The column of the numbers of rows, which no table of the service has.
ROW = "row of the table"
# Finding the rows first costs two milliseconds, and saves half of one for each column of a million
# rows that is read of few rows alone.
_MANY_COLUMNS = 4
# The function of DuckDB that returns another number for a row each time.
_RANDOM = "RANDOM"


@dataclass(frozen=True)
class Choice:
    """Conditions that the rows of a table meet which suffice for a query.

    Attributes
    ----------
    within : tuple of float, optional
        The lowest and the highest value of `TapTable.range_column`.
    sets : tuple of frozenset
        For each condition the tables of `SkySet`, one of which has `TapTable.key_column`.
    """

    within: tuple[float, float] | None = None
    sets: tuple[frozenset[str], ...] = ()


@dataclass(frozen=True)
class Sieve:
    """A query that finds the rows of a table, where it costs less than reading all columns.

    Attributes
    ----------
    table : str
        The only table of the query, by name.
    columns : frozenset of str
        The columns that its conditions name, none of which is late.
    sql : str
        Returns the column `ROW`, which the table has to have.
    """

    table: str
    columns: frozenset[str]
    sql: str


def choices(
    query: exp.Query, tables: Mapping[str, TapTable], sky_sets: Collection[str]
) -> dict[str, Choice]:
    """Return what a query states with BETWEEN, as a cone does, and with outlines.

    Parameters
    ----------
    query : exp.Query
        With qualified columns and without geometries.
    tables : mapping
        All tables by name.
    sky_sets : collection of str
        The tables of its geometries.

    Returns
    -------
    dict
        By name of a table.
    """
    # A second use of a table may need its other rows.
    uses = Counter(f"{table.db}.{table.name}" for table in query.find_all(exp.Table))
    found: dict[str, Choice] = {}
    for scope in traverse_scope(query):
        where = scope.expression.args.get("where")
        for condition in () if where is None else _required(where.this):
            tests = list(_alternatives(condition))
            column = tests[0].this
            if not isinstance(column, exp.Column):
                continue
            # Not those of an outer query, whose rows a condition of an inner one does not choose.
            _, source = scope.selected_sources.get(column.table, (None, None))
            name = f"{source.db}.{source.name}" if isinstance(source, exp.Table) else ""
            if name in tables and uses[name] == 1:
                before = found.get(name, Choice())
                found[name] = _narrowed(before, tests, tables[name], sky_sets)
    return {name: choice for name, choice in found.items() if choice != Choice()}


def _narrowed(
    choice: Choice, tests: list[exp.Expr], table: TapTable, sky_sets: Collection[str]
) -> Choice:
    """Return a choice of rows that meet one of some conditions as well, if it can state that."""
    (first, *others), column = tests, tests[0].this
    if isinstance(first, exp.Between) and not others and column.name == table.range_column:
        low, high = constant(first.args["low"]), constant(first.args["high"])
        if low is None or high is None:
            return choice
        least, most = choice.within or (low, high)
        return Choice((max(least, low), min(most, high)), choice.sets)
    names = [_sky_set(test) for test in tests if test.this == column]
    if column.name == table.key_column and len(names) == len(tests) and {*names} <= {*sky_sets}:
        return Choice(choice.within, (*choice.sets, frozenset(map(str, names))))
    return choice


def _sky_set(test: exp.Expr) -> str | None:
    """Return the name of the table in whose column a value has to be."""
    query = test.args.get("query") if isinstance(test, exp.In) else None
    table = None if query is None else query.find(exp.Table)
    return None if table is None else str(table.name)


def sieve(
    query: exp.Query,
    tables: Mapping[str, TapTable],
    used: Mapping[str, Set[str]],
    sky_sets: Collection[str],
) -> Sieve | None:
    """Return a query that finds the rows of the table of another, without its late columns.

    Parameters
    ----------
    query : exp.Query
        As DuckDB is given it.
    tables : mapping
        All tables by name.
    used : mapping
        By name of a table, the columns that the query names.
    sky_sets : collection of str
        The tables of its geometries.

    Returns
    -------
    Sieve or None
        None if the query has several tables, or no conditions, or random ones, or few columns
        beside those of its conditions.
    """
    named = [table for table in query.find_all(exp.Table) if table.name not in sky_sets]
    where, source = query.args.get("where"), query.args.get("from_")
    if len(named) != 1 or where is None or source is None or named[0] is not source.this:
        return None
    # A subquery with a name is no table of the archive.
    if len(used.get(named[0].name, ())) <= _MANY_COLUMNS:
        return None
    if any(call.name == _RANDOM for call in where.find_all(exp.Anonymous)):
        return None
    (table,) = named
    known, late = used[table.name], tables[table.name].late
    conditions, columns = [], set[str]()
    for condition in _required(where.this):
        own = {each.name for each in condition.find_all(exp.Column) if each.table}
        # Others are those of a subquery.
        if own <= known and not own & late.keys():
            conditions.append(condition)
            columns |= own
    if not columns or len(known - columns) < _MANY_COLUMNS:
        return None
    found = exp.select(exp.column(ROW, table=table.alias_or_name, quoted=True)).where(*conditions)
    found.set("from_", source.copy())
    return Sieve(table.name, frozenset(columns), found.sql("duckdb", comments=False))


def _alternatives(condition: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the conditions of which one has to be met for one to be met."""
    yield from _parts(condition, exp.Or)


def _required(condition: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the conditions that have to be met for one to be met."""
    yield from _parts(condition, exp.And)


def _parts(condition: exp.Expr, connector: type[exp.Connector]) -> Iterator[exp.Expr]:
    """Yield what a connector joins."""
    pending = [condition]
    while pending:
        node = pending.pop()
        if isinstance(node, connector):
            pending += [node.this, node.expression]
        elif isinstance(node, exp.Paren):
            pending.append(node.this)
        else:
            yield node
