"""Entries are checked before they are stored, and have one spelling."""

from datetime import datetime

import pytest

from acsql.annotations import Action, Annotation, AnnotationTarget, undone
from acsql.annotations.entries import MAX_NAME, MAX_TEXT, new_id
from acsql.errors import AnnotationError

WHEN = datetime(2026, 11, 28)
OBSERVATION = AnnotationTarget("j8bt05nj")


def entry(action=Action.FLAG, target=OBSERVATION, **fields):
    """Return an entry; by default one that sets a flag."""
    given = {"id": "1", "by": "ann", "when": WHEN}
    if action in (Action.FLAG, Action.CLEAR):
        given["flag"] = "other"
    return Annotation(action=action, target=target, **given | fields)


@pytest.mark.parametrize(
    ("target", "stored"),
    [
        (AnnotationTarget("J8BT05NJQ"), OBSERVATION),
        (AnnotationTarget(proposid=9019), AnnotationTarget(proposid=9019)),
        (
            AnnotationTarget("j8bt05nj", "flt", 1, "Circle(512.50,300,20)"),
            AnnotationTarget("j8bt05nj", "flt", 1, "circle(512.5, 300, 20)"),
        ),
        (
            AnnotationTarget("j8bt05nj", "flt", 1, " box(1, 2,3 ,4.0)"),
            AnnotationTarget("j8bt05nj", "flt", 1, "box(1, 2, 3, 4)"),
        ),
        (
            AnnotationTarget("j8bt05nj", "flt", 1, "box(1e-05, -.00002, 1234.5678, 1e2)"),
            AnnotationTarget("j8bt05nj", "flt", 1, "box(0, 0, 1234.568, 100)"),
        ),
        (
            AnnotationTarget("j8bt05nj", "flt", 1, "circle(999999, 654321.123, 100000)"),
            AnnotationTarget("j8bt05nj", "flt", 1, "circle(999999, 654321.123, 100000)"),
        ),
    ],
)
def test_a_target_is_stored_in_one_spelling(target, stored, specs):
    assert entry(target=target).checked(specs).target == stored
    assert stored.checked(specs) == stored


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (AnnotationTarget(), "one of an observation"),
        (AnnotationTarget("j8bt05nj", proposid=9019), "one of an observation"),
        (AnnotationTarget("x"), "rootname"),
        (AnnotationTarget("j8bt05nj", "xyz"), "unknown filetype 'xyz'"),
        (AnnotationTarget("j8bt05nj", extension=1), "needs a filetype"),
        (AnnotationTarget("j8bt05nj", "flt", -1), "no extension -1"),
        (AnnotationTarget("j8bt05nj", "flt", 1, "circle(1, 2)"), "not a region"),
        (AnnotationTarget("j8bt05nj", "flt", 1, "circle(1, 2, $where)"), "not a region"),
        (AnnotationTarget("j8bt05nj", "flt", 1, "circle(1, 2, -3)"), "has no area"),
        (AnnotationTarget("j8bt05nj", "flt", 1, "box(1, 2, 3, 0.0001)"), "has no area"),
        (AnnotationTarget("j8bt05nj", "flt", 1, f"circle({'9' * 400}, 2, 3)"), "far outside"),
        (AnnotationTarget(run=1, filetype="flt"), "a run has no filetype"),
    ],
)
def test_a_target_that_is_none_is_refused_with_the_reason(target, reason, specs):
    with pytest.raises(AnnotationError, match=reason):
        entry(target=target).checked(specs)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (entry(by=" "), "by: expected a name"),
        (entry(by="x" * (MAX_NAME + 1)), "by: expected a name"),
        (entry(id=""), "an id of"),
        (entry(text="x" * (MAX_TEXT + 1)), "at most"),
        (entry(flag="comet"), "no flag 'comet': .* use another; the flags are satellite_trail"),
        (entry(of="2"), "name the entry"),
        (entry(Action.UNDO), "name the entry"),
        (entry(Action.COMMENT), "needs a text"),
        (entry(Action.COMMENT, text="seen", flag="other"), "name a flag"),
    ],
)
def test_an_entry_with_a_wrong_part_is_refused_with_the_reason(wrong, reason, specs):
    with pytest.raises(AnnotationError, match=reason):
        wrong.checked(specs)


def test_a_whole_observation_includes_its_files_and_regions():
    file = AnnotationTarget("j8bt05nj", "flt")
    region = AnnotationTarget("j8bt05nj", "flt", 1, "circle(1, 2, 3)")
    assert OBSERVATION.includes(region) and file.includes(region) and region.includes(region)
    assert not region.includes(file)
    assert not AnnotationTarget("j8bt05nk").includes(region)


def test_a_repeated_undo_has_the_same_ids():
    first, again = (undone([entry()], "bob", WHEN, "batch") for _ in range(2))
    assert first == again
    assert undone([entry()], "bob", WHEN, "other") != first


def test_an_id_is_random_unless_it_has_parts():
    assert new_id() != new_id()
    assert new_id("a", 1) == new_id("a", 1) != new_id("a1")
