"""A database of which some observations are in columns, and conditions on what it holds."""

import math
import random
from datetime import datetime

from hypothesis import strategies as st

from acsql.query import And, AnyOf, Between, Equals, Exists, Like, Not, Or
from acsql.store import observation_writes
from acsql.store.client import Store
from acsql.store.columns.fold import fold

VALUES = {
    "targname": ["", "NGC104", "NGC-104", "M31", None],
    "detector": ["WFC", "WFC", "HRC", None],
    "exptime": [-1.5, 0.0, 60.0, 60.0, None],
    "expstart": [52377.5, 52378.25, 52379.0, None],
    "subarray": [True, False, None],
    "date_obs": [datetime(2002, 4, 13), datetime(2002, 5, 1), datetime(1999, 12, 31), None],
    "flt.1.goodmean": [-1, 0, 5, 5.5, 7.0, math.inf, None, "N/A", 2**60],
    "flt.1.meandark": [3.0, [1, 2], None],
    "flt.0.biasfile": ["a_bia.fits", "b_bia.fits", "", None],
    "datasets.flc": ["a_flc.fits", "b_flc.fits", None],
}

_NOT_IN_CONDITIONS = (None, "", 2**60, [1, 2], math.inf)


def fill(store: Store) -> None:
    """Write observations: some are in columns, some have changed since, some have come since."""
    chance = random.Random(1)
    for numbers in (range(120), range(100, 140)):
        _write(store, numbers, chance)
        fold(store)
    _write(store, range(130, 150), chance)


def _write(store: Store, numbers: range, chance: random.Random) -> None:
    for number in numbers:
        datasets: dict[str, object] = {}
        document: dict[str, object] = {"_id": f"j8bt{number:04d}", "datasets": datasets}
        header: dict[str, dict[str, object]] = {}
        for address, values in VALUES.items():
            value = chance.choice(values)
            if "." not in address:
                document[address] = value
            elif address.startswith("datasets."):
                if value is not None:
                    datasets[address.partition(".")[2]] = value
            elif chance.random() < 0.9:
                _, extension, name = address.split(".")
                header.setdefault(extension, {})[name] = value
        observation_writes.replace(store, document | {"headers": {"flt": header}})


@st.composite
def _comparisons(draw):
    keyword = draw(st.sampled_from(sorted(VALUES)))
    values = st.sampled_from(
        [v for v in VALUES[keyword] if v not in (None, "", 2**60, [1, 2], math.inf)]
    )
    kind = draw(st.sampled_from([Equals, AnyOf, Between, Exists, Like]))
    match kind:
        case _ if kind is Like:
            return Like("targname", draw(st.sampled_from(["N*", "*1?4", "*", "M31"])))
        case _ if kind is AnyOf:
            return AnyOf(keyword, tuple(draw(st.lists(values, max_size=3))))
        case _ if kind is Between:
            return Between(keyword, draw(values), None, draw(st.booleans()))
    return Exists(keyword) if kind is Exists else Equals(keyword, draw(values))


conditions = st.recursive(
    _comparisons(),
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, max_size=3).map(tuple).map(And),
        st.lists(inner, max_size=3).map(tuple).map(Or),
    ),
    max_leaves=3,
)
