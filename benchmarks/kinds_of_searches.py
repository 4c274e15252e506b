"""The kinds of searches that `bench_query` measures, made by chance from the values of a database.

The values in conditions are taken from random observations (so that frequent ones are frequent) and
from all values of a keyword (so that rare ones occur, too).
"""

import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from acsql.keywords import KeywordSpecs
from acsql.query import (
    And,
    AnyOf,
    Between,
    Condition,
    Covers,
    Equals,
    Like,
    Not,
    Or,
    Within,
)
from acsql.store import sorting
from acsql.store.client import Store
from acsql.store.sorting import SortKey

ORDERED_TYPES = ("int", "float", "date", "datetime")


class Search(NamedTuple):
    """A page of a search."""

    condition: Condition
    order: tuple[SortKey, ...]
    after: list[Any] | None = None


class Shape(NamedTuple):
    """A kind of search: its name, what makes one by chance, and whether in the usual order."""

    name: str
    make: Callable[[random.Random], Search]
    usual: bool = True


class Values:
    """The values that keywords have in a database, to ask for."""

    def __init__(self, store: Store, specs: KeywordSpecs) -> None:
        names = ("rootname", "ra_targ", "dec_targ", "time_obs", *specs.indexed)
        rows = store.observations.aggregate(
            [
                {"$sample": {"size": 2000}},
                {"$project": dict.fromkeys(names, 1) | {"position": 1}},
            ]
        )
        self.rows = [row | {"rootname": row["_id"]} for row in rows]
        self.pointed = [row for row in self.rows if row.get("position")]
        self.distinct = {
            name: sorted({row[name] for row in self.rows if row[name] is not None})
            for name in specs.indexed
        }

    def row(self, chance: random.Random) -> dict[str, Any]:
        """Return an observation."""
        return chance.choice(self.rows)

    def value(self, name: str, chance: random.Random) -> Any:
        """Return a value that a keyword has: a frequent one or a rare one."""
        if chance.random() < 0.5:
            return chance.choice(self.distinct[name])
        value = self.row(chance)[name]
        return chance.choice(self.distinct[name]) if value is None else value

    def range(self, name: str, chance: random.Random) -> Between:
        """Return a range of a keyword: of any width, closed or open at an end."""
        values = self.distinct[name]
        first = chance.randrange(len(values))
        width = int(len(values) ** chance.random())
        low, high = values[first], values[min(first + width, len(values) - 1)]
        ends = chance.choice(((low, high), (low, high), (low, None), (None, high)))
        return Between(name, *ends)


def by_time(chance: random.Random) -> tuple[SortKey, ...]:
    """Return the order of the exposures, forwards or backwards."""
    return (SortKey("expstart", chance.random() < 0.5),)


def shapes(values: Values, specs: KeywordSpecs) -> Iterator[Shape]:
    """Yield the kinds of searches."""
    yield from shapes_of_indexed(values, specs)
    yield from shapes_of_lists(values)
    yield from shapes_of_texts(values)
    yield from shapes_in_columns(values, specs)


def shapes_of_lists(values: Values) -> Iterator[Shape]:
    """Yield the kinds of searches for one of five values."""

    def listed(name: str, chance: random.Random) -> AnyOf:
        return AnyOf(name, tuple(dict.fromkeys(values.value(name, chance) for _ in range(5))))

    def later(name: str, chance: random.Random) -> Search:
        order = by_time(chance)
        after = sorting.cursor_values(values.row(chance), order)
        return Search(listed(name, chance), order, after)

    for name in ("proposid", "targname", "filter1", "visit"):
        yield Shape(f"{name} in a list", lambda c, n=name: Search(listed(n, c), by_time(c)))
        yield Shape(f"{name} in a list, later page", lambda c, n=name: later(n, c))


def shapes_of_texts(values: Values) -> Iterator[Shape]:
    """Yield the kinds of searches for three characters anywhere in a text."""

    def containing(name: str, chance: random.Random) -> Search:
        text = values.row(chance)[name] or "A"
        start = chance.randrange(len(text))
        return Search(Like(name, f"*{text[start : start + 3]}*"), by_time(chance))

    for name in ("targname", "pr_inv_l", "time_obs"):
        yield Shape(f"{name} contains", lambda c, n=name: containing(n, c), usual=False)


def shapes_in_columns(values: Values, specs: KeywordSpecs) -> Iterator[Shape]:
    """Yield the kinds of searches with an order or a condition that no index serves."""
    ordered = [name for name in specs.indexed if specs.top_level[name].type in ORDERED_TYPES]

    def two(chance: random.Random) -> tuple[Condition, ...]:
        names = chance.sample(specs.indexed, 2)
        return tuple(Equals(name, values.value(name, chance)) for name in names)

    def by_two(chance: random.Random) -> tuple[SortKey, ...]:
        return tuple(SortKey(name, chance.random() < 0.5) for name in chance.sample(ordered, 2))

    ways: dict[str, Callable[[random.Random], Search]] = {
        "all, by two keywords": lambda c: Search(And(), by_two(c)),
        "two =, by two keywords": lambda c: Search(And(two(c)), by_two(c)),
        "not two =": lambda c: Search(Not(And(two(c))), by_time(c)),
        "one of two =": lambda c: Search(Or(two(c)), by_time(c)),
    }
    for name, make in ways.items():
        yield Shape(name, make, usual=False)


def shapes_of_indexed(values: Values, specs: KeywordSpecs) -> Iterator[Shape]:
    """Yield the kinds of searches on indexed keywords."""

    def by(name: str, chance: random.Random) -> tuple[SortKey, ...]:
        return (SortKey(name, chance.random() < 0.5),)

    def behind(order: tuple[SortKey, ...], chance: random.Random, **fixed: Any) -> list[Any]:
        return sorting.cursor_values(values.row(chance) | fixed, order)

    def equal(name: str, chance: random.Random) -> Equals:
        return Equals(name, values.value(name, chance))

    def two(chance: random.Random) -> Condition:
        row, other = values.row(chance), values.row(chance)
        names = chance.sample(specs.indexed, 2)
        # What goes together in an observation, and what may not go together at all.
        parts = zip(names, (row, chance.choice((row, other))), strict=True)
        return And(tuple(Equals(name, row[name]) for name, row in parts if row[name]))

    def place(chance: random.Random) -> tuple[float, float]:
        row = chance.choice(values.pointed)
        return row["ra_targ"], row["dec_targ"]

    ordered = [name for name in specs.indexed if specs.top_level[name].type in ORDERED_TYPES]
    for name in specs.indexed:
        yield Shape(f"{name} =", lambda c, n=name: Search(equal(n, c), by_time(c)))
    for name in ordered:
        yield Shape(f"{name} range", lambda c, n=name: Search(values.range(n, c), by(n, c)))
    yield Shape("two =", lambda c: Search(two(c), by_time(c)))

    def equal_and_range(name: str, chance: random.Random) -> Condition:
        return And((equal(chance.choice(specs.indexed), chance), values.range(name, chance)))

    for name in ordered:
        yield Shape(
            f"any = and {name} range", lambda c, n=name: Search(equal_and_range(n, c), by(n, c))
        )
    for name in ordered:
        yield Shape(
            f"{name} range, by expstart",
            lambda c, n=name: Search(values.range(n, c), by_time(c)),
            usual=False,
        )
        yield Shape(
            f"any = and {name} range, by expstart",
            lambda c, n=name: Search(equal_and_range(n, c), by_time(c)),
            usual=False,
        )
    yield Shape("two =, by exptime", lambda c: Search(two(c), by("exptime", c)), usual=False)
    for name in specs.indexed:
        yield Shape(f"all, by {name}", lambda c, n=name: Search(And(), by(n, c)))
    for name in specs.indexed:

        def later(chance: random.Random, name: str = name) -> Search:
            order = by(name, chance)
            return Search(And(), order, behind(order, chance))

        yield Shape(f"all, by {name}, later page", later)
    for name in specs.indexed:

        def later_of(chance: random.Random, name: str = name) -> Search:
            condition, order = equal(name, chance), by_time(chance)
            return Search(condition, order, behind(order, chance))

        yield Shape(f"{name} =, later page", later_of)
    for name in ("targname", "pr_inv_l", "rootname", "aperture"):

        def beginning(chance: random.Random, name: str = name) -> Search:
            text = values.row(chance)[name]
            pattern = text[: chance.randint(min(2, len(text)), len(text))] + "*"
            return Search(Like(name, pattern), by(name, chance))

        yield Shape(f"{name} begins with", beginning)
    yield Shape(
        "within",
        lambda c: Search(Within(*place(c), 10 ** c.uniform(-4.5, 0)), by_time(c)),
    )
    yield Shape("covers", lambda c: Search(Covers(*place(c)), by_time(c)))
