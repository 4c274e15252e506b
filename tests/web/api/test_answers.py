"""The types of the responses have the fields and values of what they describe."""

from typing import Any, get_args, get_type_hints

import pytest

from acsql.keywords import TYPES
from acsql.proposals import PicturedFilter, Proposal
from acsql.statistics import ArchiveSummary
from acsql.store import runs
from acsql.web.api.answers import (
    KeywordEntry,
    PicturedFilterRecord,
    ProposalRecord,
    RunAnswer,
    SummaryAnswer,
)

STATES = {
    runs.RUNNING,
    runs.SUCCEEDED,
    runs.NOTHING_NEW,
    runs.SUCCEEDED_WITH_FAILURES,
    runs.FAILED,
    runs.INTERRUPTED,
    runs.DIED,
}


@pytest.mark.parametrize(
    ("answer", "field", "values"),
    [(KeywordEntry, "type", set(TYPES)), (RunAnswer, "state", STATES)],
)
def test_a_field_has_the_values_that_occur(answer: Any, field: str, values: set[str]) -> None:
    assert set(get_args(get_type_hints(answer)[field])) == values


@pytest.mark.parametrize(
    ("answer", "described", "more"),
    [
        (ProposalRecord, Proposal, set()),
        (PicturedFilterRecord, PicturedFilter, set()),
        (SummaryAnswer, ArchiveSummary, {"overdue"}),
    ],
)
def test_an_answer_has_the_fields_of_its_class(
    answer: Any, described: type, more: set[str]
) -> None:
    assert set(get_type_hints(answer)) == set(get_type_hints(described)) | more
