"""ADQL 2.1: a query as text, checked and translated to the SQL of DuckDB.

sqlglot parses and resolves the names; only the kinds of nodes listed here pass, so what is not
supported is an error that names it, and no text reaches DuckDB that sqlglot has not written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar

from sqlglot import exp, parse
from sqlglot.dialects.dialect import Dialect
from sqlglot.dialects.tsql import TSQL
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.pushdown_projections import pushdown_projections
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, traverse_scope
from sqlglot.parser import Parser as SqlParser
from sqlglot.tokens import Tokenizer as SqlTokenizer

from ..errors import QueryError
from ..query.messages import abbreviate
from .adql_choice import Choice, Sieve, choices, sieve
from .adql_geometry import GEOMETRIES, SkySet, without_geometries
from .columns import TableColumn
from .tables import TapTable

# Characters; the longest queries of people have some thousands.
_LONGEST = 100_000
# ADQL 2.1, sections 2.3 and 4: functions with their names in DuckDB.
_FUNCTIONS = {
    "ACOS": "ACOS",
    "ASIN": "ASIN",
    "ATAN": "ATAN",
    "ATAN2": "ATAN2",
    "CEILING": "CEIL",
    "COS": "COS",
    "COT": "COT",
    "DEGREES": "DEGREES",
    "EXP": "EXP",
    "FLOOR": "FLOOR",
    "LOG": "LN",
    "LOG10": "LOG10",
    "MOD": "MOD",
    "PI": "PI",
    "POWER": "POWER",
    "RADIANS": "RADIANS",
    "RAND": "RANDOM",
    "ROUND": "ROUND",
    "SIN": "SIN",
    "SQRT": "SQRT",
    "TAN": "TAN",
    "TRUNCATE": "TRUNC",
}
# Functions that sqlglot translates itself.
_KNOWN = ("ABS", "AVG", "COALESCE", "COUNT", "LOWER", "MAX", "MIN", "SUM", "UPPER")
# The nodes that a query may have, as sqlglot names them.
_NAMES = (exp.Alias, exp.Column, exp.Identifier, exp.Star, exp.Table, exp.TableAlias)
_VALUES = (exp.Boolean, exp.Cast, exp.DataType, exp.Literal, exp.Null, exp.Paren, exp.Tuple)
_CLAUSES = (exp.CTE, exp.Distinct, exp.From, exp.Group, exp.Having, exp.Join, exp.Limit, exp.Offset,
            exp.Order, exp.Ordered, exp.Select, exp.Subquery, exp.Where, exp.With)  # fmt: skip
_SETS = (exp.Except, exp.Intersect, exp.Union)
_CONDITIONS = (exp.And, exp.Between, exp.EQ, exp.Exists, exp.GT, exp.GTE, exp.ILike, exp.In, exp.Is,
               exp.LT, exp.LTE, exp.Like, exp.NEQ, exp.Not, exp.Or)  # fmt: skip
_ARITHMETIC = (exp.Add, exp.DPipe, exp.Div, exp.Mul, exp.Neg, exp.Sub)
_CALLS = (exp.Abs, exp.Anonymous, exp.Avg, exp.Coalesce, exp.Count, exp.Lower, exp.Max, exp.Min,
          exp.Sum, exp.Upper)  # fmt: skip
_NODES = frozenset((*_NAMES, *_VALUES, *_CLAUSES, *_SETS, *_CONDITIONS, *_ARITHMETIC, *_CALLS))
_TYPES = frozenset(
    getattr(exp.DataType.Type, name)
    for name in ["BIGINT", "CHAR", "DOUBLE", "FLOAT", "INT", "SMALLINT", "TIMESTAMP", "VARCHAR"]
)
_SQL_TYPES = {"int": "bigint", "float": "double", "bool": "boolean"}


_TOP = TSQL.Tokenizer.KEYWORDS["TOP"]


class ADQL(Dialect):
    """The dialect of ADQL, as sqlglot reads it."""

    class Tokenizer(SqlTokenizer):
        """Words and comments of SQL-92, and ``TOP``."""

        COMMENTS = ["--"]  # noqa: RUF012
        KEYWORDS = {**SqlTokenizer.KEYWORDS, "TOP": _TOP}  # noqa: RUF012

    class Parser(SqlParser):
        """A parser to which all other functions have a name and arguments alone."""

        FUNCTIONS = {name: SqlParser.FUNCTIONS[name] for name in _KNOWN}  # noqa: RUF012
        FUNCTION_PARSERS = {"CAST": SqlParser.FUNCTION_PARSERS["CAST"]}  # noqa: RUF012
        NO_PAREN_FUNCTIONS: ClassVar[dict[Any, Any]] = {}
        NO_PAREN_FUNCTION_PARSERS: ClassVar[dict[Any, Any]] = {}


@dataclass(frozen=True)
class ResultColumn:
    """A column of a result.

    Attributes
    ----------
    name : str
        Its name or alias.
    column : TableColumn, optional
        The column of a table whose values it has; None for computed ones.
    late : tuple of str, optional
        Table and column whose values are computed from those that DuckDB returns.
    """

    name: str
    column: TableColumn | None = None
    late: tuple[str, str] | None = None


@dataclass(frozen=True)
class Translation:
    """A query for DuckDB.

    Attributes
    ----------
    sql : str
        One statement that selects.
    tables : mapping
        By name of a table, the columns that the query names.
    columns : tuple of ResultColumn
        The columns of its result.
    sky_sets : tuple of SkySet
        Sets of observations that have to be found before, each a table of the query.
    choices : mapping
        By name of a table, the rows of it that suffice.
    sieve : Sieve, optional
        Finds the rows of its only table.
    """

    sql: str
    tables: Mapping[str, frozenset[str]]
    columns: tuple[ResultColumn, ...]
    sky_sets: tuple[SkySet, ...]
    choices: Mapping[str, Choice]
    sieve: Sieve | None = None


def translate(text: str, tables: Mapping[str, TapTable], limit: int) -> Translation:
    """Return a query in the SQL of DuckDB.

    Parameters
    ----------
    text : str
        In ADQL.
    tables : mapping
        All tables by name, such as ``ivoa.obscore``.
    limit : int
        The largest number of rows.

    Returns
    -------
    Translation
        Of at most `limit` rows.

    Raises
    ------
    QueryError
        If it is not ADQL, or something in it does not exist or is not supported.
    """
    try:
        query = _parsed(text)
        _check(query)
        _name_tables(query, tables)
        query = qualify(query, schema=_schema(query, tables), dialect=ADQL)
        # Of ``SELECT *`` in a subquery, the columns that are used.
        query = pushdown_projections(query)
        return _translated(query, tables, limit)
    except SqlglotError as error:
        raise QueryError(f"invalid ADQL: {_message(error)}") from error
    except RecursionError as error:
        raise QueryError("invalid ADQL: the query is nested too deeply") from error


def _parsed(text: str) -> exp.Query:
    if len(text) > _LONGEST:
        raise QueryError(f"the query has {len(text)} characters; at most {_LONGEST} are allowed")
    statements = [each for each in parse(text, dialect=ADQL) if each is not None]
    if len(statements) != 1:
        raise QueryError(f"invalid ADQL: expected one query, not {len(statements)}")
    (query,) = statements
    if not isinstance(query, exp.Query):
        raise QueryError(f"invalid ADQL: a query begins with SELECT, not {abbreviate(text)}")
    return query


def _message(error: SqlglotError) -> str:
    """Return the first line of the message of sqlglot; the others mark the place in colours."""
    return str(error).splitlines()[0].rstrip(".")


def _check(query: exp.Query) -> None:
    """Raise QueryError if a part of the query is not supported."""
    for node in query.walk():
        if isinstance(node, exp.Anonymous):
            _check_function(node)
        elif type(node) not in _NODES:
            raise QueryError(f"ADQL: {_named(node)} is not supported")
        if isinstance(node, exp.DataType) and (node.this not in _TYPES or node.args.get("nested")):
            raise QueryError(f"ADQL: the type {node.sql()} is not supported")
        if isinstance(node, exp.Join) and node.args.get("method"):
            raise QueryError("ADQL: NATURAL JOIN is not supported; name the columns with ON")
        if isinstance(node, exp.Select) and not node.selects:
            raise QueryError("invalid ADQL: SELECT without columns")
        if isinstance(node, exp.Limit) and not isinstance(node.expression, exp.Literal):
            raise QueryError(f"ADQL: TOP takes a number of rows, not {abbreviate(node.sql())}")
        if isinstance(node, exp.With) and node.args.get("recursive"):
            raise QueryError("ADQL: WITH RECURSIVE is not supported")


def _check_function(node: exp.Anonymous) -> None:
    name = str(node.this).upper()
    if name not in _FUNCTIONS and name not in GEOMETRIES:
        known = ", ".join(sorted({*_FUNCTIONS, *_KNOWN, *GEOMETRIES}))
        raise QueryError(f"ADQL: there is no function {abbreviate(name)}; there are {known}")


def _named(node: exp.Expr) -> str:
    return f"{node.key.upper()} ({abbreviate(node.sql())})"


def _name_tables(query: exp.Query, tables: Mapping[str, TapTable]) -> None:
    """Give each table the name of its schema, in lower case."""
    for scope in traverse_scope(query):
        for source in scope.sources.values():
            if not isinstance(source, exp.Table):
                continue
            name = ".".join(part.name for part in source.parts).lower()
            fits = [full for full in tables if name in (full, full.partition(".")[2])]
            if not isinstance(source.this, exp.Identifier) or len(fits) != 1:
                raise QueryError(
                    f"there is no table {abbreviate(name)}; there are {', '.join(tables)}"
                )
            schema, _, table = fits[0].partition(".")
            source.set("catalog", None)
            source.set("db", exp.to_identifier(schema))
            source.set("this", exp.to_identifier(table))


def _schema(query: exp.Query, tables: Mapping[str, TapTable]) -> dict[str, object]:
    """Return the tables with the columns that the query names, with all of them for ``*``.

    sqlglot looks at each of the hundreds of columns, and refuses a table without any.
    """
    named = {column.name for column in query.find_all(exp.Column)}
    lower = {name.lower() for name in named}
    has_star = any(not isinstance(star.parent, exp.Count) for star in query.find_all(exp.Star))
    schema: dict[str, dict[str, object]] = {}
    for full, table in tables.items():
        columns = table.columns_of(named)
        needed = columns if has_star else lower & columns.keys() or islice(columns, 1)
        types = {name: _SQL_TYPES.get(columns[name].type, "varchar") for name in needed}
        db, _, name = full.partition(".")
        schema.setdefault(db, {})[name] = types
    return dict(schema)


def _translated(query: exp.Query, tables: Mapping[str, TapTable], limit: int) -> Translation:
    """Return the translation of a query whose names are resolved."""
    columns = _result_columns(query, tables)
    query, sky_sets = without_geometries(query)
    used: dict[str, set[str]] = {}
    for scope in traverse_scope(query):
        for source in scope.sources.values():
            if isinstance(source, exp.Table) and source.db:
                used.setdefault(f"{source.db}.{source.name}", set())
        for column, table in _of_tables(scope):
            used[table].add(column.name)
    names = {each.table for each in sky_sets}
    chosen = choices(query, tables, names)
    _rename(query)
    stated = query.args.get("limit")
    most = int(stated.expression.name) if stated is not None else limit
    query = query.limit(min(most, limit), copy=False)
    return Translation(
        query.sql("duckdb", comments=False),
        {name: frozenset(columns) for name, columns in used.items()},
        columns,
        sky_sets,
        chosen,
        sieve(query, tables, used, names),
    )


def _of_tables(scope: Scope) -> Iterator[tuple[exp.Column, str]]:
    """Yield the columns of a scope that are columns of tables, with the names of the tables."""
    for column in scope.columns:
        source = scope.sources.get(column.table)
        if isinstance(source, exp.Table) and source.db:
            yield column, f"{source.db}.{source.name}"


def _result_columns(query: exp.Query, tables: Mapping[str, TapTable]) -> tuple[ResultColumn, ...]:
    """Return what a query returns, and have DuckDB return the keys of what is computed late."""
    first = query
    while not isinstance(first, exp.Select):
        first = first.this
    (scope,) = [each for each in traverse_scope(first) if each.expression is first]
    of_tables = {id(column): table for column, table in _of_tables(scope)}
    is_plain = query is first and not any(first.args.get(k) for k in ("distinct", "group"))
    results = []
    for projection in first.selects:
        value = projection.unalias()
        table = of_tables.get(id(value))
        if table is None:
            results.append(ResultColumn(projection.alias_or_name))
            continue
        late = tables[table].late.get(value.name)
        column = tables[table].column(value.name)
        if late is None or not is_plain or _is_sorted_by(first, projection.alias_or_name):
            results.append(ResultColumn(projection.alias_or_name, column))
            continue
        results.append(ResultColumn(projection.alias_or_name, column, (table, value.name)))
        value.set("this", exp.to_identifier(late.key, quoted=True))
    return tuple(results)


def _is_sorted_by(query: exp.Select, alias: str) -> bool:
    order = query.args.get("order")
    return order is not None and any(column.name == alias for column in order.find_all(exp.Column))


def _rename(query: exp.Query) -> None:
    """Give tables and functions their names in DuckDB."""
    for table in query.find_all(exp.Table):
        if table.db:
            name = f"{table.db}.{table.name}"
            table.set("db", None)
            table.set("this", exp.to_identifier(name, quoted=True))
    for function in query.find_all(exp.Anonymous):
        name = str(function.this).upper()
        function.set("this", _FUNCTIONS.get(name, function.this))
