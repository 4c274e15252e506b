"""A refresh makes all derived collections equal to what is computed live."""

from datetime import datetime

from acsql.query import And
from acsql.store import live_counts
from acsql.store.derived import counts, proposal_summaries, refresh, totals

EVERYTHING = And()


def test_stored_totals_and_summaries_equal_the_live_ones(sample_archive):
    store, specs = sample_archive.store, sample_archive.specs
    refresh.refresh_all(store, specs)
    counted, live = totals.stored(store), totals.live(store)
    assert isinstance(counted.pop("counted"), datetime)
    assert counted == live
    ahead = {row["_id"]: row for row in proposal_summaries.stored(store)}
    now = {row["_id"]: row for row in proposal_summaries.live(store, specs.thumbnail_filetypes)}
    assert list(ahead) == list(now)
    for proposid, row in now.items():
        for name in ("targets", "visits", "filters"):
            assert set(row.pop(name)) == set(ahead[proposid].pop(name))
        assert ahead[proposid] == row
    for name in {*specs.promoted, *specs.indexed}:
        numbers = counts.values(store, specs, name, EVERYTHING)
        assert numbers == live_counts.value_counts(store, name, EVERYTHING), name
