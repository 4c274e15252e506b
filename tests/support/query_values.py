"""Values and conditions that the tests of queries share."""

from datetime import datetime

from hypothesis import settings
from hypothesis import strategies as st

from acsql import keywords as keyword_specs
from acsql import query
from acsql.keywords import TYPES
from acsql.query import And, AnyOf, Between, Equals, Like, Not, Or

SPECS = keyword_specs.load()

untimed = settings(deadline=None)

# One promoted keyword, or one of acsql's own, of each type.
OF_TYPE = {
    "int": "proposid",
    "float": "exptime",
    "str": "targname",
    "bool": "subarray",
    "date": "date_obs",
    "time": "time_obs",
    "datetime": "last_ingest_date",
}

words = st.text(st.characters(codec="utf-8", exclude_characters="\0"))

VALUES = {
    "int": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "str": words,
    "bool": st.booleans(),
    "date": st.dates(),
    "time": st.times(),
    "datetime": st.datetimes(),
}


def column(type_: str) -> query.Column:
    """Return a column of a type."""
    return query.resolve(OF_TYPE[type_], SPECS)


def is_stored(value: object, type_: str) -> bool:
    """Return whether a value has the type of stored values."""
    stored = {"bool": bool, "int": int, "float": float}
    return type(value) is stored.get(type_, datetime if "date" in type_ else str)


@st.composite
def conditions(draw, depth: int = 2):
    """Draw a condition as a program may make it: unresolved, with values of many kinds."""
    if depth and draw(st.booleans()):
        inner = conditions(depth - 1)
        some = st.lists(inner, max_size=3).map(tuple)
        return draw(st.one_of(inner.map(Not), some.map(And), some.map(Or)))
    type_ = draw(st.sampled_from(TYPES))
    keyword = draw(st.sampled_from([OF_TYPE[type_], OF_TYPE[type_].upper().replace("_", "-")]))
    values = VALUES[type_]
    kinds = [
        values.map(lambda value: Equals(keyword, value)),
        st.lists(values, max_size=3).map(lambda found: AnyOf(keyword, tuple(found))),
        st.builds(
            Between,
            st.just(keyword),
            st.none() | values,
            st.none() | values,
            st.booleans(),
            st.booleans(),
        ),
    ]
    if type_ in ("str", "time"):
        kinds.append(st.builds("{}*{}".format, words, words).map(lambda text: Like(keyword, text)))
    return draw(st.one_of(kinds))
