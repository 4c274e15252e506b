"""Looking up proposals in the background of an ingest."""

import json
import logging
import socket
import threading
from concurrent.futures import CancelledError
from dataclasses import replace
from datetime import datetime

import pytest
import yaml

from acsql.errors import ProviderUnavailable
from acsql.ingest.proposal_providers import Answer, FileProvider, MastProvider
from acsql.ingest.proposals import LookupResult, in_background
from acsql.store import proposals

ENTRIES = ("type", "title", "cycle", "pi")
NOTHING = dict.fromkeys(ENTRIES)
FACTS = {"type": "CAL/ACS", "title": "A title", "cycle": 11, "pi": "Bohlin, Ralph"}
EVENING = datetime(2026, 3, 1, 20, 30)
LATER = datetime(2026, 3, 1, 23, 59, 59)
NEXT_NIGHT = datetime(2026, 3, 2, 2, 0)


def look_up(store, provider, now=None) -> LookupResult:
    """Look proposals up beside an ingest that does nothing."""
    with in_background(store, provider, now=now) as lookup:
        pass
    return lookup.result()


class RemoteProvider:
    """A provider with given answers, which records its queries."""

    def __init__(self, proposids=(), batch_size=100, fails_at=None, error=None):
        self.facts = {key: NOTHING | {"type": "GO"} for key in proposids}
        self.batch_size = batch_size
        self.fails_at = fails_at
        self.error = error or ProviderUnavailable("it is down")
        self.queries = []
        self.queried = threading.Event()

    def __call__(self, proposids):
        self.queries.append(list(proposids))
        self.queried.set()
        if self.fails_at == len(self.queries):
            raise self.error
        return Answer({key: self.facts[key] for key in proposids if key in self.facts})

    @property
    def looked_up(self) -> list[int]:
        return [proposid for batch in self.queries for proposid in batch]


class SlowProvider(RemoteProvider):
    """A provider whose second answer waits for `go_on`."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.reached, self.go_on = threading.Event(), threading.Event()

    def __call__(self, proposids):
        if self.queries:
            self.reached.set()
            self.go_on.wait(60)
        return super().__call__(proposids)


def observe(store, *proposids: int | None, type_: str | None = None) -> None:
    """Put an observation of each proposal into the archive."""
    number = store.observations.count_documents({})
    store.observations.insert_many(
        [
            {"_id": f"j{number + n:07d}", "proposid": proposid, "proposal_type": type_}
            for n, proposid in enumerate(proposids)
        ]
    )


def types(store) -> dict[int, str | None]:
    """Return the proposal type that the observations of each proposal have."""
    return {d["proposid"]: d["proposal_type"] for d in store.observations.find()}


@pytest.fixture(params=["refused", "silent"])
def no_network(request, monkeypatch):
    """Let every connection be refused, or accepted and never answered."""
    pytest.importorskip("astroquery")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        if request.param == "refused":
            listening.close()
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        yield


@pytest.mark.usefixtures("no_network")
def test_without_a_network_proposals_stay_unknown_and_nothing_fails(store):
    with in_background(store, MastProvider(0.5)) as lookup:
        observe(store, 9019, 9020)
    result = lookup.result()
    assert result.note.startswith("MAST ")
    assert replace(result, note=None) == LookupResult(known=0, looked_up=2, found=0)
    assert proposals.by_id(store) == {9019: NOTHING, 9020: NOTHING}
    assert types(store) == {9019: None, 9020: None}


@pytest.fixture
def written(tmp_path):
    """Write a file of proposals and return its path."""

    def write(content: str, name: str = "proposals.csv"):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return path

    return write


def test_only_unknown_proposals_with_observations_are_looked_up(store):
    observe(store, 9019, 9019, 9020, 9021, 9022, None)
    proposals.save(store, {9019: FACTS, 9020: NOTHING, 9022: NOTHING | {"pi": "Ford"}, 1: NOTHING})
    provider = RemoteProvider([9021])
    assert look_up(store, provider) == LookupResult(known=3, looked_up=2, found=1)
    assert provider.queries == [[9020, 9021]]
    assert proposals.by_id(store) == {
        1: NOTHING,
        9019: FACTS,
        9020: NOTHING,
        9021: NOTHING | {"type": "GO"},
        9022: NOTHING | {"pi": "Ford"},
    }
    assert types(store)[9021] == "GO"


def test_an_archive_without_observations_makes_no_query(store):
    provider = RemoteProvider([9019])
    assert look_up(store, provider) == LookupResult()
    assert provider.queries == []


def test_proposals_not_found_are_looked_up_again_on_a_later_day(store):
    observe(store, 9019, 9020)
    provider = RemoteProvider([9020])
    assert look_up(store, provider, now=EVENING) == LookupResult(known=1, looked_up=2, found=1)
    assert look_up(store, provider, now=LATER) == LookupResult(known=1)
    observe(store, 9021)
    look_up(store, provider, now=LATER)
    assert provider.queries == [[9019, 9020], [9021]]
    provider.facts[9019] = FACTS
    assert look_up(store, provider, now=NEXT_NIGHT) == LookupResult(known=2, looked_up=2, found=1)
    assert provider.queries[2:] == [[9019, 9021]]
    assert types(store) == {9019: "CAL/ACS", 9020: "GO", 9021: None}
    assert store.proposals.find_one(9019) == {"_id": 9019} | FACTS
    assert store.proposals.find_one(9021)["tried"] == NEXT_NIGHT


def test_an_unavailable_provider_is_not_queried_again_that_day(store):
    observe(store, *range(9000, 9030))
    provider = RemoteProvider(range(9000, 9030), batch_size=10, fails_at=2)
    result = look_up(store, provider, now=EVENING)
    assert result == LookupResult(known=10, looked_up=30, found=10, note="it is down")
    assert look_up(store, provider, now=LATER).looked_up == 0
    assert len(provider.queries) == 2
    assert look_up(store, provider, now=NEXT_NIGHT) == LookupResult(
        known=30, looked_up=20, found=20
    )
    assert set(types(store).values()) == {"GO"}


def test_many_proposals_take_few_queries_and_each_is_looked_up_once(store):
    everything = range(9000, 13000)
    # Of all indexes, this alone is used here.
    store.observations.create_index("proposid")
    observe(store, *everything)
    provider = RemoteProvider(everything[::10], batch_size=100)
    assert look_up(store, provider, now=EVENING) == LookupResult(400, 4000, 400)
    assert len(provider.queries) == 40
    assert sorted(provider.looked_up) == list(everything)
    assert look_up(store, provider, now=LATER) == LookupResult(known=400)
    assert len(provider.queries) == 40


def test_a_correction_in_a_file_counts_from_the_next_lookup(store, written):
    observe(store, 9019, 9020)
    provider = FileProvider(written("proposid,type\n9019,GO\n9030,SNAP\n"))
    assert look_up(store, provider, now=EVENING) == LookupResult(known=1, looked_up=2, found=1)
    written("proposid,type\n9019,CAL/ACS\n9020,GO\n")
    assert look_up(store, provider, now=EVENING) == LookupResult(known=2, looked_up=2, found=2)
    assert types(store) == {9019: "CAL/ACS", 9020: "GO"}


def test_proposals_missing_in_a_file_can_be_looked_up_elsewhere_on_the_same_day(store, written):
    observe(store, 9019)
    look_up(store, FileProvider(written("proposid,type\n")), now=EVENING)
    assert look_up(store, RemoteProvider([9019]), now=EVENING).found == 1


def test_a_result_is_one_line():
    assert str(LookupResult(3, 2, 1)) == "3 known, 2 looked up, 1 found"
    assert str(LookupResult(note="no reason")) == "0 known, 0 looked up, 0 found; no reason"


def test_facts_in_a_file_are_known_while_observations_are_written(store, written):
    provider = FileProvider(written("proposid,type\n9019,CAL/ACS\n9020,GO\n"))
    with in_background(store, provider) as lookup:
        assert proposals.type_of(store, 9019) == "CAL/ACS"
        observe(store, 9019, type_="CAL/ACS")
        observe(store, 9021)
    assert lookup.result() == LookupResult(known=1, looked_up=2, found=1)
    assert types(store) == {9019: "CAL/ACS", 9021: None}


def test_proposals_of_new_observations_are_looked_up_at_the_end(store):
    observe(store, 9019, 9020)
    provider = RemoteProvider([9019, 9021])
    with in_background(store, provider) as lookup:
        observe(store, 9021, 9022)
    assert lookup.result() == LookupResult(known=2, looked_up=4, found=2)
    assert sorted(provider.looked_up) == [9019, 9020, 9021, 9022]
    assert types(store) == {9019: "GO", 9020: None, 9021: "GO", 9022: None}


def test_observations_written_after_the_answer_get_their_type(store):
    observe(store, 9019)
    provider = RemoteProvider([9019])
    with in_background(store, provider) as lookup:
        before = proposals.type_of(store, 9019)
        assert provider.queried.wait(60)
        observe(store, 9019, type_=before)
    assert lookup.result().found == 1
    stored = store.observations.distinct("proposal_type")
    assert stored == ["GO"]


def test_a_late_answer_is_not_awaited(store):
    observe(store, *range(9000, 9030))
    provider = SlowProvider(range(9000, 9030), batch_size=10)
    with in_background(store, provider, seconds=0.05, now=EVENING) as lookup:
        assert provider.reached.wait(60)
    result = lookup.result()
    assert "0.05 s" in result.note
    assert replace(result, note=None) == LookupResult(known=10, looked_up=10, found=10)
    provider.go_on.set()
    # Proposals without an answer do not count as looked up.
    again = RemoteProvider(range(9000, 9030))
    assert look_up(store, again, now=LATER).looked_up == 20
    assert set(types(store).values()) == {"GO"}


def test_an_unavailable_provider_is_not_queried_again_at_the_end(store):
    observe(store, 9019)
    provider = RemoteProvider([9019, 9020], fails_at=1)
    with in_background(store, provider) as lookup:
        assert provider.queried.wait(60)
        observe(store, 9020)
    assert lookup.result() == LookupResult(looked_up=1, note="it is down")
    assert provider.queries == [[9019]]


def test_a_wrong_row_of_a_file_is_a_problem_and_the_others_count(store, written, caplog):
    path = written("proposid,type,cycle\n9019,GO,eleven\n9020,SNAP,12\n")
    observe(store, 9019, 9020)
    with in_background(store, FileProvider(path)) as lookup:
        pass
    (problem,) = lookup.result().problems
    assert problem.startswith(f"{path}, line 2: proposal 9019: cycle 'eleven'")
    assert lookup.result().note is None
    assert caplog.messages == [problem]
    assert types(store) == {9019: None, 9020: "SNAP"}


def test_a_refused_file_is_a_problem(store, written):
    path = written("proposal,type\n9019,GO\n")
    with in_background(store, FileProvider(path)) as lookup:
        observe(store, 9019)
    (problem,) = lookup.result().problems
    assert str(path) in problem
    assert types(store) == {9019: None}


def test_a_missing_file_is_a_note(store, tmp_path):
    with in_background(store, FileProvider(tmp_path / "none.yaml")) as lookup:
        observe(store, 9019)
    assert "none.yaml" in lookup.result().note


def test_an_unexpected_error_is_a_note_and_its_traceback_is_logged(store, caplog):
    observe(store, *range(9000, 9030))
    provider = RemoteProvider(
        range(9000, 9030), batch_size=10, fails_at=3, error=KeyError("proposal_type")
    )
    with caplog.at_level(logging.ERROR), in_background(store, provider, now=EVENING) as lookup:
        pass
    assert lookup.result().note == "KeyError: 'proposal_type'"
    assert lookup.result().found == 20
    assert "Traceback" in caplog.text
    assert look_up(store, provider, now=LATER).found == 10


def test_a_refusing_database_is_a_note(store):
    store.database.create_collection(store.proposals.name, validator={"title": "never"})
    observe(store, 9019)
    with in_background(store, RemoteProvider([9019])) as lookup:
        pass
    assert lookup.result().note.startswith("the database ")


def test_a_failing_run_raises_its_own_error_and_stores_no_facts(store):
    observe(store, 9019)
    provider = RemoteProvider([9019])
    with (
        pytest.raises(ZeroDivisionError),
        in_background(store, provider) as lookup,
    ):
        raise ZeroDivisionError
    with pytest.raises(CancelledError):
        lookup.result()
    assert proposals.by_id(store) == {}
    assert types(store) == {9019: None}


def test_an_ingest_gives_every_observation_the_type_of_its_proposal(sample_archive):
    listed = yaml.safe_load(sample_archive.config.proposals_file.read_text())
    rows = list(sample_archive.where().columns("proposid", "proposal_type").rows())
    assert len({row["proposid"] for row in rows}) > 1
    for row in rows:
        assert row["proposal_type"] == listed.get(row["proposid"], NOTHING)["type"]


def test_observed_proposals_are_found_by_an_index(store):
    store.make_indexes()
    observe(store, 9019, 9020, None)
    assert proposals.observed_proposids(store) == {9019, 9020}
    explain = {"distinct": store.observations.name, "key": "proposid"}
    plan = store.database.command("explain", explain)["queryPlanner"]["winningPlan"]
    assert "DISTINCT_SCAN" in json.dumps(plan)
