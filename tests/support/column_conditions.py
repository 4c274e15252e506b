"""Observations with values that are hard to compare, and conditions on them."""

import math
from datetime import datetime

from hypothesis import strategies as st

from acsql.query import And, AnyOf, Between, Equals, Exists, Like, Not, Or
from acsql.query.texts import Exact
from acsql.store.moment import new_token
from acsql.store.schema import CHANGED

VALUES = {
    "targname": ["", "NGC104", "ngc104", "NGC-104", "N.C", "5", "5.0", 5, None],
    "exptime": [-1.5, 0.0, 60.0, math.nan, 2**60, None, "INDEF", "0"],
    "subarray": [True, False, None],
    "date_obs": [datetime(2002, 4, 13), datetime(1999, 12, 31, 23, 59, 59, 1000), None],
    "flt.1.goodmean": [-1, 0, 5, 5.5, None, [5, 5, 6], "text"],
    "flt.1.meandark": [-1, 0, 5.5, None, "", "text", math.nan, True, datetime(2002, 4, 13)],
}


@st.composite
def comparisons(draw):
    keyword = draw(st.sampled_from(sorted(VALUES)))
    known = [v for v in VALUES[keyword] if v is not None and not isinstance(v, list) and v == v]
    texts = [value for value in known if isinstance(value, str)]
    known += [*map(str.swapcase, texts), *map(Exact, texts)]
    values = st.sampled_from(known)
    kind = draw(st.sampled_from([Equals, AnyOf, Between, Exists, Like]))
    if kind is Like:
        return Like(keyword, draw(st.sampled_from(["N*", Exact("N*"), "*1?4", "", "*", "N.C"])))
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
        document = {"headers": {"flt": {"1": header}}}
        rootname = f"j8bt{number:04d}"
        mark = {"token": new_token()}
        store.database[CHANGED].replace_one({"_id": rootname}, mark, upsert=True)
        store.observations.replace_one({"_id": rootname}, document | chosen, upsert=True)
        store.headerless.replace_one({"_id": rootname}, chosen, upsert=True)
