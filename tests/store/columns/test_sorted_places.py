"""Places of rows in an order are those of a sort by Python."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acsql.store.columns import sorted_places
from acsql.store.sorting import SortKey, order_position

NAMES = ("exptime", "detector", "rootname")
rows = st.lists(
    st.tuples(st.none() | st.sampled_from(range(9)), st.sampled_from([None, "", "WFC", "HRC"])),
    max_size=30,
)
orders = st.tuples(*(st.builds(SortKey, st.just(name), st.booleans()) for name in NAMES))


def as_columns(every):
    """Return rows as columns, with their numbers as rootnames."""
    exptimes, detectors = zip(*every, strict=True) if every else ((), ())
    return {
        "exptime": pa.array(exptimes, pa.float64()),
        "detector": pa.array(detectors, pa.dictionary(pa.int32(), pa.string())),
        "rootname": pa.array([f"{number:02}" for number in range(len(every))], pa.string()),
    }


def places_by_python(columns, order):
    """Return the places of all rows in an order."""
    keys = [columns[key.address].to_pylist() for key in order]
    positions = [order_position(values, order) for values in zip(*keys, strict=True)]
    return sorted(range(len(positions)), key=positions.__getitem__)


@given(every=rows, order=orders)
def test_all_places_are_sorted(every, order):
    columns = as_columns(every)
    found = sorted_places.sorted_places(columns, order)
    assert found.tolist() == places_by_python(columns, order)


@pytest.mark.parametrize(("few", "sample"), [(0, 5000), (0, 3), (200, 5000)])
@given(every=rows, order=orders, limit=st.integers(1, 20))
def test_the_first_places_are_found(few, sample, every, order, limit):
    columns = as_columns(every)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sorted_places, "_FEW", few)
        patched.setattr(sorted_places, "_SAMPLE", sample)
        found = sorted_places.first_places(columns, order, limit).tolist()
    assert set(found) >= set(places_by_python(columns, order)[:limit])
    assert len(found) == len(set(found))
    # Without rows that are tied by all keys, these are no more.
    assert few or len(found) == min(limit, len(every))


def test_a_sample_with_fewer_values_than_are_wanted_excludes_none(monkeypatch):
    monkeypatch.setattr(sorted_places, "_FEW", 0)
    monkeypatch.setattr(sorted_places, "_SAMPLE", 3)
    # The sample has the lowest values.
    columns = as_columns([(0 if place % 10 == 0 else place, None) for place in range(30)])
    order = [SortKey(name) for name in NAMES]
    found = sorted_places.first_places(columns, order, 20)
    assert set(places_by_python(columns, order)[:20]) <= set(found.tolist())
