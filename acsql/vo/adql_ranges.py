"""The ranges of a column outside of which no row of a table can be in the result of a query."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

from .adql_geometry import constant


def ranges(query: exp.Query, columns: Mapping[str, str]) -> dict[str, tuple[float, float]]:
    """Return the ranges that a query states with BETWEEN, as a cone does for declinations.

    Parameters
    ----------
    query : exp.Query
        With qualified columns and without geometries.
    columns : mapping
        By name of a table the column that is looked for.

    Returns
    -------
    dict
        By name of a table the lowest and the highest value.
    """
    # A second use of a table may need its other rows.
    uses = Counter(f"{table.db}.{table.name}" for table in query.find_all(exp.Table))
    found: dict[str, tuple[float, float]] = {}
    for scope in traverse_scope(query):
        where = scope.expression.args.get("where")
        if where is None:
            continue
        for condition in _required(where.this):
            column = condition.this
            if not (isinstance(condition, exp.Between) and isinstance(column, exp.Column)):
                continue
            # Not those of an outer query, whose rows a condition of an inner one does not choose.
            _, source = scope.selected_sources.get(column.table, (None, None))
            name = f"{source.db}.{source.name}" if isinstance(source, exp.Table) else ""
            low, high = constant(condition.args["low"]), constant(condition.args["high"])
            is_stated = columns.get(name) == column.name and uses[name] == 1
            if is_stated and low is not None and high is not None:
                least, most = found.get(name, (low, high))
                found[name] = max(least, low), min(most, high)
    return found


def _required(condition: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the conditions that have to be met for one to be met."""
    pending = [condition]
    while pending:
        node = pending.pop()
        if isinstance(node, exp.And):
            pending += [node.this, node.expression]
        elif isinstance(node, exp.Paren):
            pending.append(node.this)
        else:
            yield node
