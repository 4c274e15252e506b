"""The MongoDB shell finds the same as Python, and reads user input as literals only."""

import random
from datetime import datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from acsql import keywords as keyword_specs
from acsql.query import (
    And,
    AnyOf,
    Between,
    Condition,
    Covers,
    Equals,
    Exists,
    Like,
    Not,
    Or,
    Within,
    prepare,
)
from acsql.query.texts import Exact
from acsql.store import live_counts, queries
from acsql.store import mongosh as shell
from acsql.store.fields import field_path, value_at
from acsql.store.sorting import SortKey

SPECS = keyword_specs.load()

# Each example is one start of mongosh, into which many lines are typed: too slow to shrink, and
# a failure names its line.
few = settings(
    deadline=None,
    max_examples=3,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
LINES = 100

# What would end a text, a line, a pattern or a comment, or begin a template.
NASTY = [
    "",
    "NGC104",
    'N"GC',
    "N'GC",
    "N\\",
    "N\n",
    "*/",
    "//",
    "${1}",
    "`",
    "</script>",
    "\u2028",
    "\x01",
    "é",
    "😀",
    '"}).toArray(); db.dropDatabase(); ({"',
    "$where",
    "__proto__",
    "[a]",
    "(N",
]
POOL = {
    "targname": NASTY,
    "exptime": [-1.5, 0.0, 60.0, 1e-300, 1e300, 123456789.125],
    "proposid": [-1, 0, 9019, 2**31, 2**53 + 1, 2**63 - 1],
    "subarray": [True, False],
    "date_obs": [datetime(2002, 4, 13), datetime(1, 1, 1), datetime(1969, 12, 31)],
    "last_ingest_date": [datetime(2020, 1, 1, 12, 0, 0, 5000), datetime(1970, 1, 1)],
    "flt.1.goodmean": [-1.0, 0.0, 5.5],
    "drz.0.dnnndata": NASTY,
    "flt.0.history": NASTY,
}
TEXTS = ["targname", "drz.0.dnnndata", "flt.0.history"]
COLUMNS = ["rootname", "targname", "proposid", "flt.1.goodmean", "drz.0.dnnndata", "flt.0.history"]


@cache
def documents() -> list[dict[str, Any]]:
    chance = random.Random(1)
    found = []
    for number in range(150):
        document = {"_id": f"j{number:07d}", "expstart": chance.choice([None, 52000.5, 53000.0])}
        for keyword in (name for name in POOL if "." not in name):
            if chance.random() < 0.8:
                document[keyword] = chance.choice([None, *POOL[keyword]])
        header = {"goodmean": chance.choice([None, *POOL["flt.1.goodmean"]])}
        blocks = [{"block": n, "data": chance.choice(NASTY)} for n in range(chance.randrange(3))]
        primary = {"history": chance.sample(NASTY, 3)} if chance.random() < 0.8 else {}
        document["headers"] = {
            "flt": {"0": primary, "1": header},
            "drz": {"0": {"dnnn": blocks}},
        }
        place = [chance.uniform(-180, 180), chance.uniform(-90, 90)]
        document["position"] = document["footprint"] = {"type": "Point", "coordinates": place}
        found.append(document)
    return found


@st.composite
def leaves(draw) -> Condition:
    keyword = draw(st.sampled_from(list(POOL)))
    values = st.sampled_from(POOL[keyword])
    if keyword in TEXTS:
        values |= st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
        if draw(st.booleans()):
            return Like(keyword, draw(values) + draw(st.sampled_from(["*", "?", "*a?"])))
    kind = draw(st.sampled_from(["equals", "any", "between", "exists", "sky"]))
    if kind == "equals":
        return Equals(keyword, draw(values))
    if kind == "any":
        return AnyOf(keyword, tuple(draw(st.lists(values, max_size=3))))
    if kind == "between":
        ends, closed = st.none() | values, st.booleans()
        return Between(keyword, draw(ends), draw(ends), draw(closed), draw(closed))
    if kind == "exists":
        return Exists(keyword)
    place = draw(st.floats(0, 359)), draw(st.floats(-90, 90))
    return draw(st.sampled_from([Covers(*place), Within(*place, 30.0)]))


conditions = st.recursive(
    leaves(),
    lambda inner: (
        inner.map(Not)
        | st.lists(inner, max_size=3).map(lambda parts: And(tuple(parts)))
        | st.lists(inner, max_size=3).map(lambda parts: Or(tuple(parts)))
    ),
    max_leaves=5,
)
orders = st.lists(
    st.builds(SortKey, st.sampled_from(["exptime", "proposid", "flt.1.goodmean"]), st.booleans()),
    max_size=2,
)


@pytest.fixture
def filled(store):
    store.observations.insert_many(documents())
    return store


@few
@given(
    searches=st.lists(st.tuples(conditions, orders, st.none() | st.integers(1, 9)), min_size=LINES)
)
def test_the_shell_finds_what_python_finds(filled, mongosh, searches) -> None:
    prepared = [(prepare(condition, SPECS), order, limit) for condition, order, limit in searches]
    lines = [shell.find(condition, COLUMNS, order, limit) for condition, order, limit in prepared]
    answers = mongosh(_uri(filled), lines)
    for (condition, order, limit), line, answer in zip(prepared, lines, answers, strict=True):
        found = queries.find(filled, condition, COLUMNS, order, limit or 0)
        expected = [{name: row[name] for name in COLUMNS} for row in found]
        rows = [
            {name: value_at(row, field_path(name).split(".")) for name in COLUMNS} for row in answer
        ]
        assert rows == expected, line


@few
@given(searches=st.lists(conditions, min_size=LINES))
def test_the_shell_counts_what_python_counts(filled, mongosh, searches) -> None:
    prepared = [prepare(condition, SPECS) for condition in searches]
    answers = mongosh(_uri(filled), [shell.count(condition) for condition in prepared])
    assert answers == [live_counts.count(filled, condition) for condition in prepared]


def test_the_shell_counts_the_values_that_python_counts(filled, mongosh) -> None:
    conditions = [And(), Equals("subarray", True), Between("exptime", low=0)]
    facets = [(name, prepare(condition, SPECS)) for name in POOL for condition in conditions]
    answers = mongosh(_uri(filled), [shell.facets(*each) for each in facets])
    for each, answer in zip(facets, answers, strict=True):
        found = live_counts.value_counts(filled, *each)
        assert {row["_id"]: row["observations"] for row in answer} == found
        numbers = [row["observations"] for row in answer]
        assert numbers == sorted(found.values(), reverse=True)


def _uri(store) -> str:
    return store.connection_string


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    # What is larger is right in a query, but mongosh prints it as another integer.
    | st.floats(-(2**53), 2**53)
    | st.just(float("-inf"))
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.sampled_from(NASTY)
    | st.datetimes().map(
        lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.from_regex(r"[a-z$][a-z0-9.\"' -]{0,9}", fullmatch=True), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@few
@given(given_values=st.lists(values, min_size=LINES))
def test_a_literal_has_the_same_value_in_the_shell(database_uri, mongosh, given_values) -> None:
    lines = [f"({{value: {shell.literal(value)}}})" for value in given_values]
    answers = [answer["value"] for answer in mongosh(database_uri, lines)]
    assert answers == given_values


def test_nan_is_a_literal(database_uri, mongosh) -> None:
    (answer,) = mongosh(database_uri, [f"[{shell.literal(float('nan'))}]"])
    assert str(answer) == "[nan]"


def test_an_unsupported_type_is_refused() -> None:
    with pytest.raises(TypeError, match="object"):
        shell.literal({"$eq": object()})


@pytest.mark.parametrize(
    ("condition", "line"),
    [
        (Equals("detector", Exact("WFC")), '{detector: "WFC"}'),
        (
            And((Equals("detector", Exact("WFC")), Between("exptime", low=60))),
            '{detector: "WFC", exptime: {$gte: 60.0}}',
        ),
        (
            And((Between("exptime", low=60), Not(Equals("exptime", 70)))),
            "{$and: [{exptime: {$gte: 60.0}}, {exptime: {$ne: 70.0}}]}",
        ),
        (Equals("date_obs", "2002-04-13"), '{date_obs: ISODate("2002-04-13T00:00:00.000Z")}'),
        (Equals("flt.1.goodmean", 5), '{"headers.flt.1.goodmean": 5.0}'),
        (Equals("proposid", 2**31), '{proposid: NumberLong("2147483648")}'),
        (Like("targname", Exact("NGC?")), r'{targname: {$regex: "^NGC.$", $options: "s"}}'),
        (And(), "{}"),
    ],
)
def test_lines_are_readable(condition: Condition, line: str) -> None:
    assert shell.count(prepare(condition, SPECS)) == f"db.observations.countDocuments({line})"
