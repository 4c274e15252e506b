"""Do conditions combine with &, | and ~ as their names say?"""

import operator
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st
from query_conditions import conditions
from query_values import SPECS

from acsql import query
from acsql.query import (
    And,
    AnyOf,
    Between,
    Condition,
    Covers,
    Equals,
    Exists,
    KeywordCondition,
    Like,
    Not,
    Or,
    Overlaps,
    SkyCondition,
    Within,
)

# Conditions without values, so that whether they hold is a matter of a set of keywords.
flags = st.recursive(
    st.sampled_from("abcd").map(Exists),
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, max_size=3).map(tuple).map(And),
        st.lists(inner, max_size=3).map(tuple).map(Or),
    ),
    max_leaves=8,
)
known = st.sets(st.sampled_from("abcd"))


def holds(condition: Condition, keywords: set[str]) -> bool:
    """Return whether a condition of `flags` holds for an observation with these keywords."""
    match condition:
        case Exists(keyword):
            return keyword in keywords
        case Not(inner):
            return not holds(inner, keywords)
        case And(parts):
            return all(holds(part, keywords) for part in parts)
        case Or(parts):
            return any(holds(part, keywords) for part in parts)
    raise AssertionError(condition)


@given(flags, flags, known)
def test_operators_have_the_meaning_of_their_names(one, other, keywords):
    first, second = holds(one, keywords), holds(other, keywords)
    assert holds(one & other, keywords) == (first and second)
    assert holds(one | other, keywords) == (first or second)
    assert holds(~one, keywords) == (not first)


@given(st.lists(st.sampled_from("abcd").map(Exists), min_size=2, max_size=5), st.integers(1, 4))
def test_chains_of_operators_are_flat_however_they_are_grouped(parts, split):
    for kind, combine in ((And, operator.and_), (Or, operator.or_)):
        assert reduce(combine, parts) == kind(tuple(parts))
        if split < len(parts):
            first, second = reduce(combine, parts[:split]), reduce(combine, parts[split:])
            assert combine(first, second) == kind(tuple(parts))


@given(conditions)
def test_a_double_negation_is_the_condition_itself(condition):
    if not isinstance(condition, Not):
        assert ~condition == Not(condition)
        assert ~~condition == condition


@given(conditions, conditions)
def test_operators_and_classes_prepare_to_the_same(one, other):
    assert query.prepare(one & other, SPECS) == query.prepare(And((one, other)), SPECS)
    assert query.prepare(one | other, SPECS) == query.prepare(Or((one, other)), SPECS)


@pytest.mark.parametrize("other", [None, True, "exptime>5", 5, Equals])
@pytest.mark.parametrize("combine", [operator.and_, operator.or_])
def test_only_conditions_combine(combine, other):
    with pytest.raises(TypeError, match="unsupported operand"):
        combine(Exists("exptime"), other)
    with pytest.raises(TypeError, match="unsupported operand"):
        combine(other, Exists("exptime"))


def test_every_condition_has_its_base_class():
    for kind in (Equals, AnyOf, Between, Like, Exists):
        assert issubclass(kind, KeywordCondition)
    for kind in (Within, Covers, Overlaps):
        assert issubclass(kind, SkyCondition)
    for kind in (KeywordCondition, SkyCondition, And, Or, Not):
        assert issubclass(kind, Condition)


@given(conditions)
def test_leaves_contain_no_other_conditions(condition):
    for leaf, depth in query.leaves(condition):
        assert depth >= 1
        assert isinstance(leaf, KeywordCondition | SkyCondition) or leaf in (And(), Or(()))


@given(conditions)
def test_a_condition_with_its_own_leaves_is_the_same(condition):
    assert query.with_leaves(condition, lambda leaf: leaf) == condition


@given(conditions)
def test_leaves_are_replaced_wherever_they_are(condition):
    other = Exists("exptime")
    replaced = query.with_leaves(condition, lambda _: other)
    before, after = query.leaves(condition), query.leaves(replaced)
    for (leaf, depth), (new, new_depth) in zip(before, after, strict=True):
        assert new == (leaf if leaf in (And(), Or(())) else other)
        assert new_depth == depth


@given(conditions)
def test_conjuncts_joined_are_the_condition(condition):
    parts = query.conjuncts(condition)
    assert (And(parts) if isinstance(condition, And) else parts[0]) == condition
