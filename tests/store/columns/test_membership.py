"""Rows of listed observations: the same as row by row, and found once for a list."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from acsql.query.conditions import Among, And, Equals, Not
from acsql.store.columns import membership
from acsql.store.columns.membership import members
from acsql.store.columns.parts import Part

names = st.lists(st.sampled_from([f"j8bt01a{letter}" for letter in "abcdefghij"]), unique=True)


def parts_of(rows: list[list[str]]) -> tuple[list[Part], list[pa.Array]]:
    """Return parts with some rootnames."""
    parts = [Part(f"{n}-{','.join(each)}", len(each), b"") for n, each in enumerate(rows)]
    return parts, [pa.array(each, pa.string()) for each in rows]


@given(st.lists(names, max_size=4), names)
def test_a_mask_has_the_rows_of_the_listed_observations(rows, listed) -> None:
    condition = And((Equals("detector", "WFC"), Not(Among("rootname", listed))))
    found = list(members(condition, *parts_of(rows)))
    assert [each[id(listed)].to_pylist() for each in found] == [
        [name in listed for name in of_part] for of_part in rows
    ]


def test_a_list_is_compared_once_with_the_same_parts(monkeypatch) -> None:
    parts, arrays = parts_of([["j8bt01aa"], ["j8bt01ab"]])
    listed = {"j8bt01ab": None}
    first = list(members(Among("rootname", listed), parts, arrays))
    monkeypatch.setattr(membership.pc, "is_in", None)
    again = list(members(Among("rootname", listed), parts, arrays))
    assert [each[id(listed)].to_pylist() for each in again] == [[False], [True]]
    assert first == again


def test_only_new_parts_are_compared_with_a_list(monkeypatch) -> None:
    parts, arrays = parts_of([["j8bt01aa"], ["j8bt01ab"], ["j8bt01ac", "j8bt01ab"]])
    listed = {"j8bt01ab": None}
    condition = Among("rootname", listed)
    list(members(condition, parts[:2], arrays[:2]))
    compared = []
    monkeypatch.setattr(
        membership,
        "_compared",
        lambda _, names: compared.append(names) or [pa.array([False, True])],
    )
    found = list(members(condition, parts[1:], arrays[1:]))
    assert [each[id(listed)].to_pylist() for each in found] == [[True], [False, True]]
    assert compared == [arrays[2:]]


def test_a_condition_without_lists_needs_no_masks() -> None:
    assert list(members(Equals("detector", "WFC"), *parts_of([["j8bt01aa"]]))) == [{}]
