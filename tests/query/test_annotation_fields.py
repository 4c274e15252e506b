"""Conditions on annotations are read and written like those on keywords."""

from datetime import datetime

import pytest

from acsql.errors import QueryError
from acsql.query import (
    Among,
    And,
    AnyOf,
    Between,
    Equals,
    Exists,
    Like,
    Not,
    Or,
    for_person,
    format_condition,
    has_annotations,
    narrowed,
    parse,
    parse_comparison,
    resolve,
    with_observations,
)

CONDITIONS = {
    "flag=satellite_trail": Equals("flags", "satellite_trail"),
    "flag=other,herringbone": AnyOf("flags", ("other", "herringbone")),
    "flag=*trail*": Like("flags", "*trail*"),
    "example=other": Equals("examples", "other"),
    "flag!=other": Not(Equals("flags", "other")),
    "flagged()": Exists("flags"),
    "not flagged()": Not(Exists("flags")),
    "flagged_after>=2026-01-01": Between("flag_date", datetime(2026, 1, 1)),
    "comment=*'guide star'*": Like("comments", "*guide star*"),
    "comment=*guide star*": Like("comments", "*guide star*"),
    "viewed()": Exists("viewed_by"),
    "viewed(ann)": Equals("viewed_by", "ann"),
}


@pytest.mark.parametrize(("text", "condition"), CONDITIONS.items())
def test_a_condition_on_annotations_is_read_and_written_in_the_query_language(
    text, condition, specs
):
    assert parse(text, specs) == condition
    assert parse(format_condition(condition, specs), specs) == condition
    assert has_annotations(parse(f"detector=WFC or {text}", specs))


def test_a_form_field_takes_blanks_in_a_pattern_of_comments(specs):
    condition = parse_comparison("comment", "=", "*guide star*", specs)
    assert condition == Like("comments", "*guide star*")


def test_no_search_can_be_sorted_by_annotations(specs):
    assert not any(resolve(name, specs).can_be_sorted for name in ("flags", "flag_date"))


def test_a_date_of_flags_that_is_none_is_refused(specs):
    with pytest.raises(QueryError, match="flag_date: expected a date"):
        parse("flagged_after>=yesterday", specs)


def test_me_is_the_person_who_searches():
    condition = And((Not(Equals("viewed_by", "me")), Equals("targname", "me")))
    expected = And((Not(Equals("viewed_by", "ann")), Equals("targname", "me")))
    assert for_person(condition, lambda: "ann") == expected


def test_without_me_nobody_is_asked_for(specs):
    condition = parse("viewed(bob)", specs)
    assert for_person(condition, pytest.fail) == condition


def test_conditions_on_annotations_become_lists_of_observations():
    wfc = Equals("detector", "WFC")
    condition = And((wfc, Not(Exists("flags"))))
    assert not has_annotations(wfc)
    replaced = with_observations(condition, lambda leaf: [leaf.keyword])
    assert replaced == And((wfc, Not(Among("rootname", ["flags"]))))


def test_a_condition_is_narrowed_to_some_observations():
    condition = Or((Not(Among("rootname", ["a", "b"])), And((Among("rootname", ["c"]),))))
    expected = Or((Not(Among("rootname", ["b"])), And((Among("rootname", []),))))
    assert narrowed(condition, ["b", "d"]) == expected
