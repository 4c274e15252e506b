"""Summaries add up the observations of each proposal, whatever was written and folded before."""

import expected_summaries as expected
import pytest
from changing_observations import steps, take
from hypothesis import HealthCheck, given, settings

from acsql.proposals import in_proposal
from acsql.store.filters import to_filter
from acsql.store.summaries.proposal_summaries import (
    investigators,
    proposal_summaries,
    proposal_summary,
    without_proposal,
)

FILETYPES = ("flt", "raw")


def test_an_empty_archive_has_no_summaries(store):
    assert proposal_summaries(store, FILETYPES)() == []
    assert investigators(store)() == {}


@given(taken=steps)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_summaries_are_those_of_the_documents(emptied, taken):
    store = emptied()
    current, without = proposal_summaries(store, FILETYPES), without_proposal(store)
    names = investigators(store)
    for step in taken:
        take(store, step)
        assert without() == store.observations.count_documents(to_filter(in_proposal(None)))
        # Sums of the parts that have not changed are kept.
        assert current() == proposal_summaries(store, FILETYPES)()
        assert names() == {each["_id"]: (each["pr_inv_l"], each["pr_inv_f"]) for each in current()}
    summaries = current()
    wanted = expected.proposals(list(store.observations.find()), FILETYPES)
    for found, summary in zip(summaries, wanted, strict=True):
        assert found.pop("exptime") == pytest.approx(summary.pop("exptime"))
        assert found == summary


def test_the_summary_of_one_proposal_equals_the_one_among_all(sample_archive):
    store = sample_archive.store
    for summary in proposal_summaries(store, FILETYPES)():
        assert proposal_summary(store, FILETYPES, summary["_id"]) == summary
    assert proposal_summary(store, FILETYPES, 1) is None


def test_without_filetypes_of_thumbnails_no_proposal_has_one(sample_archive):
    summaries = proposal_summaries(sample_archive.store, ())()
    assert summaries
    assert not any(summary["thumbnails"] for summary in summaries)
