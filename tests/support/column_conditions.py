"""Observations with values that are hard to compare, and conditions on them."""

import math
from datetime import datetime

import pyarrow as pa
from hypothesis import strategies as st

from acsql.query import And, AnyOf, Between, Equals, Exists, Like, Not, Or
from acsql.query.texts import Exact
from acsql.store.columns.encode import Column
from acsql.store.columns.parts import read, registry
from acsql.store.columns.parts import write as write_columns
from acsql.store.moment import new_token
from acsql.store.schema import CHANGED, COLUMNS

VALUES = {
    "targname": ["", "NGC104", "ngc104", "NGC-104", "N.C", "5", "5.0", 5, None],
    "exptime": [-1.5, 0.0, 60.0, math.nan, 2**60, None, "INDEF", "0"],
    "subarray": [True, False, None],
    "date_obs": [datetime(2002, 4, 13), datetime(1999, 12, 31, 23, 59, 59, 1000), None],
    "flt.1.goodmean": [-1, 0, 5, 5.5, None, [5, 5, 6], "text"],
    "flt.1.meandark": [-1, 0, 5.5, None, "", "text", math.nan, True, datetime(2002, 4, 13)],
}

HISTORIES = [["a"], ["a", "b", "a", ""], ["B"], [""], None, [], ["a", 5], ["5", "a"], [None], "a"]
# The values of keywords that are in each of the blocks of drizzled products.
IN_BLOCKS = {
    "drz.0.dnnndata": ["a", "b", "A", "", None],
    "drz.0.dnnndexp": [10.0, 5, 0.5, None, math.nan, 0.5, 0.0, -0.0, "10"],
}
ELEMENTS = {"flt.0.history": ["a", "b", "B", "", 5, "5"], **IN_BLOCKS}
EVERY = {**VALUES, **ELEMENTS}


@st.composite
def comparisons(draw):
    keyword = draw(st.sampled_from(sorted(EVERY)))
    known = [v for v in EVERY[keyword] if v is not None and not isinstance(v, list) and v == v]
    texts = [value for value in known if isinstance(value, str)]
    known += [*map(str.swapcase, texts), *map(Exact, texts)]
    values = st.sampled_from(known)
    kind = draw(st.sampled_from([Equals, AnyOf, Between, Exists, Like]))
    if kind is Like:
        return Like(
            keyword, draw(st.sampled_from(["N*", Exact("N*"), "*1?4", "", "*", "N.C", "b*"]))
        )
    if kind is AnyOf:
        return AnyOf(keyword, tuple(draw(st.lists(values, max_size=3))))
    if kind is Between:
        low = draw(values)
        return draw(
            st.sampled_from([Between(keyword, low, None, False), Between(keyword, None, low)])
        )
    return Exists(keyword) if kind is Exists else Equals(keyword, draw(values))


conditions = st.recursive(
    comparisons(),
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, max_size=3).map(tuple).map(And),
        st.lists(inner, max_size=3).map(tuple).map(Or),
    ),
    max_leaves=4,
)


def write(store, numbers, chance):
    """Write and mark observations of random values."""
    for number in numbers:
        chosen = {name: chance.choice(values) for name, values in VALUES.items()}
        header = {name: chosen.pop(f"flt.1.{name}") for name in ("goodmean", "meandark")}
        headers = {"flt": {"0": {"history": chance.choice(HISTORIES)}, "1": header}}
        if chance.random() < 0.8:
            headers["drz"] = {"0": {"dnnn": _blocks(chance)}}
        document = {"headers": headers}
        rootname = f"j8bt{number:04d}"
        mark = {"token": new_token()}
        store.database[CHANGED].replace_one({"_id": rootname}, mark, upsert=True)
        store.observations.replace_one({"_id": rootname}, document | chosen, upsert=True)
        store.headerless.replace_one({"_id": rootname}, chosen, upsert=True)


def _blocks(chance):
    """Return blocks, of which each has some of the keywords."""
    blocks = []
    for number in range(chance.randrange(4)):
        block = {"block": number + 1}
        for name, values in IN_BLOCKS.items():
            if chance.random() < 0.8:
                block[name.removeprefix("drz.0.dnnn")] = chance.choice(values)
        blocks.append(block)
    return blocks


def as_float(value):
    """Return a value, also of a list, with integers as floats, as columns may have them."""
    if isinstance(value, list):
        return list(map(as_float, value))
    return float(value) if type(value) is int else value


def as_older(store):
    """Make all columns what an older acsql stored: each list, and all blocks, are irregular."""
    columns, blocks = store.database[COLUMNS], r"^headers\.drz\.0\.dnnn\."
    for part in registry(store).parts:
        named = part.id, "_id"
        names = read(store, [named])[named].array.to_pylist()
        found = {each["_id"]: each["headers"] for each in store.observations.find()}
        headers = [found[name] for name in names]
        lists = {
            "headers.flt.0.history": [each["flt"]["0"]["history"] for each in headers],
            "headers.drz.0.dnnn": [
                each["drz"]["0"]["dnnn"] if "drz" in each else None for each in headers
            ],
        }
        columns.delete_many({"_id.part": part.id, "_id.path": {"$regex": blocks}})
        columns.delete_many({"_id": {"part": part.id, "path": "headers.flt.0.history"}})
        older = {
            path: Column(
                pa.nulls(part.rows),
                tuple(row for row, value in enumerate(values) if value is not None),
            )
            for path, values in lists.items()
        }
        write_columns(store, part.id, older.items())
