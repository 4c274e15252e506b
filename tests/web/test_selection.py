"""Selections of a proposal, and walks through a selection or a search."""

import pytest

import acsql
from acsql import keywords as keyword_specs
from acsql.errors import QueryError
from acsql.proposals import Proposal, in_proposal
from acsql.query import (
    And,
    AnyOf,
    Condition,
    Equals,
    Or,
    resolve,
)
from acsql.search.thumbnails import CAPTION_COLUMNS
from acsql.web.selection import FILTERS, SORTS, SelectionParameters, WalkParameters

SPECS = keyword_specs.load()


def test_filters_use_keywords_of_thumbnail_captions() -> None:
    keywords = [keyword for filter_ in FILTERS for keyword in filter_.keywords]
    assert set(keywords) <= set(CAPTION_COLUMNS)
    named = {filter_.of_proposal for filter_ in FILTERS}
    assert named <= set(Proposal.__dataclass_fields__)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, And()),
        ({"visit": ["01", "02"]}, And((Or((AnyOf("visit", ("01", "02")),)),))),
        (
            {"filter": ["F606W"], "target": ["M31"], "match": ["any"]},
            Or(
                (
                    Or((AnyOf("targname", ("M31",)),)),
                    Or((AnyOf("filter1", ("F606W",)), AnyOf("filter2", ("F606W",)))),
                )
            ),
        ),
        ({"match": ["any"]}, And()),
    ],
)
def test_filters_state_conditions(values: dict[str, list[str]], expected: Condition) -> None:
    assert SelectionParameters.parse(values).condition() == expected


@pytest.fixture(scope="module")
def observation(sample_archive: acsql.Archive) -> acsql.Observation:
    """Any observation."""
    return sample_archive.observation(sample_archive.where().thumbnails(1).rows[0]["rootname"])


def test_a_walk_through_a_search_has_its_conditions_and_order(
    sample_archive: acsql.Archive, observation: acsql.Observation
) -> None:
    walk = WalkParameters.parse({"q": ["detector=WFC"], "sort": ["-targname,exptime"]})
    search = walk.search(sample_archive, observation)
    assert search.condition == Equals("detector", "WFC")
    assert search.sorted_by == ["-targname", "exptime"]
    assert walk.arguments() == {"q": ["detector=WFC"], "sort": ["-targname,exptime"]}


def test_an_empty_query_walks_through_everything(
    sample_archive: acsql.Archive, observation: acsql.Observation
) -> None:
    walk = WalkParameters.parse({"q": [""], "after": ["cursor"]})
    assert walk.is_search
    assert walk.search(sample_archive, observation).condition == And()
    assert walk.arguments() == {"q": [""]}


def test_without_a_query_the_walk_stays_in_the_selection_of_the_proposal(
    sample_archive: acsql.Archive, observation: acsql.Observation
) -> None:
    walk = WalkParameters.parse({"visit": ["01"], "sort": ["-expstart"]})
    assert not walk.is_search
    search = walk.search(sample_archive, observation)
    selected = SelectionParameters.parse({"visit": ["01"]}).condition()
    proposal = in_proposal(observation["proposid"])
    assert search.condition == sample_archive.where(proposal, selected).condition
    assert search.sorted_by == ["-expstart"]
    assert WalkParameters.parse({}).search(sample_archive, observation).sorted_by == ["expstart"]


@pytest.mark.parametrize(
    ("values", "named"), [({"match": ["some"]}, "match"), ({"sort": ["targname"]}, "sort")]
)
def test_unknown_values_of_match_and_sort_are_errors(
    values: dict[str, list[str]], named: str
) -> None:
    with pytest.raises(QueryError, match=named):
        SelectionParameters.parse(values)
    with pytest.raises(QueryError, match=named):
        WalkParameters.parse(values)


def test_sorts_are_of_keywords() -> None:
    for key in SORTS:
        assert resolve(key.removeprefix("-"), SPECS)
