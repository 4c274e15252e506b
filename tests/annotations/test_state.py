"""What holds is what a plain model says after any interleaving of entries of several users."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from acsql.annotations import Action, Annotation, AnnotationTarget, is_undone, state

WHEN = datetime(2026, 11, 28)
PLACES = [
    AnnotationTarget("j8bt05nj"),
    AnnotationTarget("j8bt05nj", "flt"),
    AnnotationTarget("j8bt05nj", "flt", 1, "circle(1, 2, 3)"),
    AnnotationTarget("j8bt05nj", "raw"),
]
USERS = ["ann", "bob", "monitor"]


def written(*actions):
    """Return entries with their places in the order as ids."""
    return [
        Annotation(str(number), action, target, by, WHEN + timedelta(minutes=number), **fields)
        for number, (action, target, by, fields) in enumerate(actions)
    ]


@st.composite
def histories(draw):
    """Set, clear and undo, by three users, in any order."""
    actions = []
    for number in range(draw(st.integers(0, 12))):
        target, by = draw(st.sampled_from(PLACES)), draw(st.sampled_from(USERS))
        action = draw(st.sampled_from([Action.FLAG, Action.CLEAR, Action.UNDO]))
        if action is Action.UNDO:
            fields = {"of": str(draw(st.integers(0, max(0, number - 1))))}
        else:
            fields = {"flag": draw(st.sampled_from(["other", "herringbone"]))}
        actions.append((action, target, by, fields))
    return written(*actions)


def undone_in_the_end(entries, number):
    """Return whether an entry is undone by a later one that is not itself undone."""
    return any(
        later.action is Action.UNDO
        and later.of == entries[number].id
        and not undone_in_the_end(entries, position)
        for position, later in enumerate(entries)
        if position > number
    )


def model(entries):
    """Return the flags and places that hold: each by the last entry that says something of it."""
    holding = set()
    for flag in ("other", "herringbone"):
        for place in PLACES:
            last = None
            for number, entry in enumerate(entries):
                sets = entry.action is Action.FLAG and entry.target == place
                clears = entry.action is Action.CLEAR and entry.target.includes(place)
                if entry.flag == flag and (sets or clears):
                    last = last if undone_in_the_end(entries, number) else entry
            if last is not None and last.action is Action.FLAG:
                holding.add((flag, place))
    return holding


@given(histories())
def test_any_interleaving_of_set_clear_and_undo_is_what_a_plain_model_says(entries):
    assert {(placed.flag, placed.target) for placed in state(entries).flags} == model(entries)


@given(histories())
def test_each_entry_is_undone_or_in_effect(entries):
    for number, entry in enumerate(entries):
        assert is_undone(entry.id, entries) == undone_in_the_end(entries, number)
    assert not is_undone("nothing", entries)


def test_an_undo_can_be_undone():
    entries = written(
        (Action.FLAG, PLACES[0], "ann", {"flag": "other"}),
        (Action.UNDO, PLACES[0], "bob", {"of": "0"}),
        (Action.UNDO, PLACES[0], "ann", {"of": "1"}),
    )
    assert [len(state(entries[:number]).flags) for number in range(4)] == [0, 1, 0, 1]


def test_a_flag_that_two_have_set_holds_when_one_undoes_it():
    entries = written(
        (Action.FLAG, PLACES[0], "ann", {"flag": "other", "text": "odd"}),
        (Action.FLAG, PLACES[0], "bob", {"flag": "other"}),
        (Action.UNDO, PLACES[0], "bob", {"of": "1"}),
    )
    (placed,) = state(entries).flags
    assert (placed.by, placed.why, placed.when) == ("ann", "odd", WHEN)


def test_a_comment_keeps_its_history_and_is_resolved_and_reopened():
    entries = written(
        (Action.COMMENT, PLACES[0], "ann", {"text": "guide star lost"}),
        (Action.EDIT, PLACES[0], "bob", {"text": "guide star lost twice", "of": "0"}),
        (Action.RESOLVE, PLACES[0], "bob", {"of": "0"}),
        (Action.REOPEN, PLACES[0], "ann", {"of": "0"}),
    )
    (resolved,) = state(entries[:3]).comments
    (comment,) = state(entries).comments
    assert (comment.text, comment.history) == ("guide star lost twice", ("guide star lost",))
    assert (comment.by, resolved.resolved, comment.resolved) == ("ann", True, False)


def test_an_edit_of_a_comment_that_is_undone_says_nothing():
    entries = written(
        (Action.COMMENT, PLACES[0], "ann", {"text": "odd"}),
        (Action.UNDO, PLACES[0], "ann", {"of": "0"}),
        (Action.EDIT, PLACES[0], "bob", {"text": "very odd", "of": "0"}),
    )
    assert state(entries).comments == ()


def test_each_person_has_one_viewed_mark():
    entries = written(
        (Action.VIEW, PLACES[0], "ann", {}),
        (Action.VIEW, PLACES[0], "ann", {}),
        (Action.VIEW, PLACES[0], "bob", {}),
        (Action.UNVIEW, PLACES[0], "bob", {}),
    )
    assert state(entries).viewed == {"ann": WHEN + timedelta(minutes=1)}


def test_an_observation_is_an_example_of_the_flags_that_it_has():
    entries = written(
        (Action.EXAMPLE, PLACES[0], "ann", {"flag": "other"}),
        (Action.FLAG, PLACES[2], "ann", {"flag": "other"}),
        (Action.UNEXAMPLE, PLACES[0], "bob", {"flag": "other"}),
        (Action.UNDO, PLACES[0], "ann", {"of": "2"}),
        (Action.CLEAR, PLACES[0], "ann", {"flag": "other"}),
    )
    after = [state(entries[:number]).examples for number in range(6)]
    assert after == [(), (), ("other",), (), ("other",), ()]


def test_the_names_of_flags_come_once():
    entries = written(
        (Action.FLAG, PLACES[1], "ann", {"flag": "other"}),
        (Action.FLAG, PLACES[2], "ann", {"flag": "other"}),
        (Action.FLAG, PLACES[0], "bob", {"flag": "herringbone"}),
    )
    assert state(entries).flag_names == ["herringbone", "other"]
