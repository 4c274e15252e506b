"""Statistics are those of the documents, whatever was written and folded before."""

import expected_summaries as expected
import pytest
from changing_observations import steps, take
from hypothesis import HealthCheck, given, settings

from acsql import keywords
from acsql.store import observation_writes
from acsql.store.summaries.statistics import statistics

SPECS = keywords.load()


def keyed(rows: list[dict], *keys: str) -> dict:
    """Return the other values of rows by those of some columns, which identify a row."""
    found = {
        tuple(row[key] for key in keys): tuple(v for k, v in row.items() if k not in keys)
        for row in rows
    }
    assert len(found) == len(rows)
    return found


@given(taken=steps)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_statistics_are_those_of_the_documents(emptied, taken):
    store = emptied()
    current = statistics(store, SPECS)
    for step in taken:
        take(store, step)
        # Sums of the parts that have not changed are kept.
        assert current() == statistics(store, SPECS)()
    documents = list(store.observations.find())
    tables = current()
    months = keyed(tables["observations"], "month", "detector")
    wanted = expected.observations_over_time(documents)
    assert months.keys() == wanted.keys()
    for key, numbers in months.items():
        assert numbers == pytest.approx(wanted[key])
    for name, field in (("size_observed", "date_obs"), ("size_ingested", "first_ingest_date")):
        found = {key[0]: value[:2] for key, value in keyed(tables[name], "month").items()}
        assert found == expected.growth(documents, field)
    found = {key: value[0] for key, value in keyed(tables["filters"], "filter", "detector").items()}
    assert found == expected.filters(documents)
    by_header = keyed(tables["headers"], "detector", "filetype", "extension")
    assert {key: value[0] for key, value in by_header.items()} == expected.headers(documents)


def test_sizes_add_up_and_filetypes_are_in_the_order_of_the_specs(sample_archive):
    tables = statistics(sample_archive.store, sample_archive.specs)()
    total = sum(row["bytes"] for row in tables["filetypes"])
    for name in ("size_observed", "size_ingested"):
        assert tables[name][-1]["total"] == total
        growth = [row["total"] for row in tables[name]]
        assert growth == sorted(growth)
    names = [row["filetype"] for row in tables["filetypes"]]
    assert names == [name for name in sample_archive.specs.filetypes if name in names]


@pytest.mark.parametrize(
    ("exptime", "low"), [(0.0, 0.0), (-1.0, 0.0), (1000, 1000.0), (1778.2, 1000.0), (0.5, 0.3162)]
)
def test_an_exposure_time_is_in_the_step_that_begins_at_or_below_it(store, specs, exptime, low):
    document = {"_id": "j8bt0001", "detector": "WFC", "exptime": exptime}
    observation_writes.replace(store, document)
    (row,) = statistics(store, specs)()["exptimes"]
    assert row == {"detector": "WFC", "low": low, "observations": 1}


@pytest.mark.parametrize("exptime", [None, "long", float("nan"), float("inf")])
def test_an_exposure_time_that_is_not_finite_is_in_no_step(store, specs, exptime):
    observation_writes.replace(store, {"_id": "j8bt0001", "exptime": exptime})
    assert statistics(store, specs)()["exptimes"] == []
