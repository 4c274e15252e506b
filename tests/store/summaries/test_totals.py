"""Totals are those of the documents, whatever was written and folded before."""

import expected_summaries as expected
from changing_observations import steps, take
from hypothesis import HealthCheck, given, settings

from acsql import keywords
from acsql.store.summaries.totals import Totals, totals

SPECS = keywords.load()


def test_the_totals_of_an_empty_archive_are_zero(store):
    assert totals(store, SPECS)() == Totals(0, 0, {}, {})


@given(taken=steps)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_totals_are_those_of_the_documents(emptied, taken):
    store = emptied()
    current = totals(store, SPECS)
    for step in taken:
        take(store, step)
        documents = list(store.observations.find())
        assert current() == expected.totals(documents, SPECS.detectors, SPECS.filetypes)
