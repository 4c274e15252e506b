"""Do conditions that mean the same have one form, and are sizes limited?"""

from itertools import count

import pytest
from hypothesis import given
from query_values import SPECS, conditions, is_stored, untimed

from acsql import query
from acsql.errors import QueryError
from acsql.query import And, AnyOf, Between, Equals, Exists, Like, Not, Or
from acsql.query.texts import Exact


@untimed
@given(conditions())
def test_preparing_twice_is_preparing_once(condition):
    prepared = query.prepare(condition, SPECS)
    assert query.prepare(prepared, SPECS) == prepared


@untimed
@given(conditions())
def test_preparing_resolves_and_types_everything(condition):
    for leaf, _ in query.leaves(query.prepare(condition, SPECS)):
        if isinstance(leaf, And | Or | Exists):
            continue
        type_ = SPECS.top_level[leaf.keyword].type
        match leaf:
            case Equals(_, value):
                values = [value]
            case AnyOf(_, values):
                pass
            case Between():
                values = [value for value in (leaf.low, leaf.high) if value is not None]
            case Like(_, pattern):
                values, type_ = [pattern], "str"
        assert all(is_stored(value, type_) for value in values)


@pytest.mark.parametrize("inner", ["exptime=1", None, 5, {"$where": "1"}, And])
@pytest.mark.parametrize("outer", [lambda c: c, Not, lambda c: And((c,)), lambda c: Or((c,))])
def test_anything_but_a_condition_is_refused(outer, inner):
    with pytest.raises(QueryError, match="is not a condition"):
        query.prepare(outer(inner), SPECS)


@pytest.mark.parametrize("pattern", [None, 5, {"$regex": "."}, b"N*", ["N*"]])
def test_a_pattern_that_is_no_text_is_refused(pattern):
    with pytest.raises(QueryError, match="targname: expected a pattern"):
        query.prepare(Like("targname", pattern), SPECS)


def test_a_pattern_without_wildcards_is_equality():
    assert query.prepare(Like("targname", "NGC104"), SPECS) == Equals("targname", "NGC104")


def test_a_run_of_stars_is_one():
    assert query.prepare(Like("targname", "N***G"), SPECS) == Like("targname", "N*G")


a, b, c = (Equals("exptime", value) for value in (1.0, 2.0, 3.0))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (And((a,)), a),
        (Or((a,)), a),
        (And((a, And((b, c)))), And((a, b, c))),
        (Or((a, Or((b, c)))), Or((a, b, c))),
        (And((a, Or((b, c)))), And((a, Or((b, c))))),
        (And((a, And(()))), a),
        (And(()), And(())),
        (AnyOf("exptime", ()), Or(())),
        (AnyOf("exptime", (1, 1.0)), a),
        (AnyOf("exptime", [1, 2]), AnyOf("exptime", (1.0, 2.0))),
        (AnyOf("exptime", {1}), a),
        (Between("EXPTIME"), Exists("exptime")),
        (Between("exptime", high=1, low_inclusive=False), Between("exptime", high=1.0)),
    ],
)
def test_conditions_with_the_same_meaning_have_one_form(condition, expected):
    assert query.prepare(condition, SPECS) == expected


@pytest.mark.parametrize("values", ["F606W", b"F606W", {"F606W": 1}, 5, None])
def test_values_that_are_not_a_list_are_refused(values):
    with pytest.raises(QueryError, match="filter1: expected a list of values"):
        query.prepare(AnyOf("filter1", values), SPECS)


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        (AnyOf("exptime", range(10_001)), "at most 10000 values"),
        (And((a,) * 201), "more than 200 conditions"),
        (Or(tuple(Like("targname", f"{n}*") for n in range(201))), "more than 200 conditions"),
        (AnyOf("date_obs", [str(year) for year in range(1000, 1300)]), "more than 200 conditions"),
        (Like("targname", "a" * 1000 + "*"), "at most 1000 characters"),
        (Equals("proposid", 2**63), "expected a whole number"),
    ],
)
def test_the_size_of_conditions_is_limited(condition, reason):
    with pytest.raises(QueryError, match=reason):
        query.prepare(condition, SPECS)


def test_two_conditions_are_joined_flat_and_keep_their_spellings():
    spelled = Equals("detector", "wfc", spellings=("WFC",))
    joined = query.both(And((spelled, a)), And())
    assert joined == query.prepare(And((And((spelled, a)), And())), SPECS)
    assert joined.conditions[0].spellings == ("WFC",)
    assert query.both(And(), spelled) is spelled


def test_two_conditions_have_a_limit_together():
    with pytest.raises(QueryError, match="more than 200 conditions"):
        query.both(And((a,) * 150), And((a,) * 51))


def nested(depth):
    condition = a
    for _ in range(depth):
        condition = Not(condition)
    return condition


@pytest.mark.parametrize("depth", [20, 100_000])
def test_the_depth_of_conditions_is_limited(depth):
    with pytest.raises(QueryError, match="nested more than 20 deep"):
        query.prepare(nested(depth), SPECS)


def test_an_infinite_list_is_refused():
    with pytest.raises(QueryError, match="at most 10000 values"):
        query.prepare(query.from_keywords({"exptime": count()})[0], SPECS)


def test_ten_thousand_rootnames_are_accepted():
    rootnames = [f"j{number:07d}q" for number in range(10_000)]
    found = query.parse(f"rootname={','.join(rootnames)}", SPECS)
    assert len(found.values) == 10_000
    assert query.prepare(query.one_of("rootname", rootnames), SPECS) == found


def test_a_whole_number_beyond_64_bits_is_the_text_that_a_header_stores():
    expected = Equals("raw.0.proposid", Exact("99999999999999999999"))
    for value in ("99999999999999999999", 99999999999999999999, "+099999999999999999999"):
        assert query.prepare(Equals("raw.0.proposid", value), SPECS) == expected
    with pytest.raises(QueryError, match="beyond 64 bits"):
        query.prepare(Between("raw.0.proposid", 1, 2**70), SPECS)
