"""Are proposals asked for once, in the background, and does nothing that fails fail the run?"""

import csv
import json
import logging
import socket
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
import yaml
from astropy.table import MaskedColumn, Table
from hypothesis import given
from hypothesis import strategies as st

from acsql.errors import ConfigError, ProviderUnavailable
from acsql.ingest.proposals import (
    FileProvider,
    MastProvider,
    Refreshed,
    facts_from_mast,
    in_background,
    provider_for,
    refresh,
)
from acsql.store import proposals

ENTRIES = ("type", "title", "cycle", "pi")
NOTHING = dict.fromkeys(ENTRIES)
FACTS = {"type": "CAL/ACS", "title": "A title", "cycle": 11, "pi": "Bohlin, Ralph"}
# All the types that observations of ACS were seen to have.
TYPES = ["CAL/ACS", "CAL/OTA", "CAL/STIS", "CAL/WFC3", "ENG/ACS", "GO", "GO/DD", "GO/PAR"]
TYPES += ["GTO/ACS", "GTO/COS", "NASA", "SM3/ACS", "SM3/ERO", "SM4/ACS", "SM4/COS", "SM4/ERO"]
TYPES += ["SNAP"]
EVENING = datetime(2026, 3, 1, 20, 30)
LATER = datetime(2026, 3, 1, 23, 59, 59)
NEXT_NIGHT = datetime(2026, 3, 2, 2, 0)


class Teller:
    """A provider that is not at hand, tells what it was given, and remembers its questions."""

    def __init__(self, knows=(), at_once=100, fails_at=None, error=None):
        self.knows = {key: NOTHING | {"type": "GO"} for key in knows}
        self.at_once = at_once
        self.fails_at = fails_at
        self.error = error or ProviderUnavailable("it is out for lunch")
        self.questions = []
        self.spoken = threading.Event()

    def __call__(self, proposids):
        self.questions.append(list(proposids))
        self.spoken.set()
        if self.fails_at == len(self.questions):
            raise self.error
        return {key: self.knows[key] for key in proposids if key in self.knows}

    @property
    def asked(self) -> list[int]:
        return [proposid for question in self.questions for proposid in question]


class Waiting(Teller):
    """A provider whose second answer comes when it is told to go on."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.reached, self.go_on = threading.Event(), threading.Event()

    def __call__(self, proposids):
        if self.questions:
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


# Files.


@pytest.fixture
def written(tmp_path):
    """Write a file of proposals and return its path."""

    def write(content: str, name: str = "proposals.csv"):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    "content",
    [
        'proposid,type,title,cycle,pi\n9019,CAL/ACS,A title,11,"Bohlin, Ralph"\n9020,GO,,,\n',
        "\ufeffproposid,type,title,cycle,pi\r\n"
        '9019,CAL/ACS,A title,11,"Bohlin, Ralph"\r\n9020,GO\r\n',
        'pi,cycle,title,type,proposid\n"Bohlin, Ralph", 11 ,A title,CAL/ACS, 9019\n\n,,,GO,9020\n',
    ],
    ids=["as documented", "from a spreadsheet", "in another order"],
)
def test_a_table_of_proposals_is_read(written, content):
    for name in ("proposals.csv", "PROPOSALS.CSV"):
        told = FileProvider(written(content, name))([9019])
        assert told == {9019: FACTS, 9020: NOTHING | {"type": "GO"}}


def test_fewer_entries_will_do(written):
    assert FileProvider(written("proposid,type\n9019,GO\n"))([]) == {9019: NOTHING | {"type": "GO"}}
    assert FileProvider(written("proposid,type\n"))([]) == {}


texts = st.one_of(st.none(), st.text(st.characters(codec="utf-8", exclude_categories=["C"])))
contents = st.dictionaries(
    st.integers(1, 10**18 - 1),
    st.fixed_dictionaries(
        {
            "type": st.one_of(st.none(), st.sampled_from(TYPES)),
            "title": texts.map(lambda text: (text or "").strip() or None),
            "cycle": st.one_of(st.none(), st.integers(0, 10**18 - 1)),
            "pi": texts.map(lambda text: (text or "").strip() or None),
        }
    ),
)


@given(content=contents)
def test_yaml_and_csv_say_the_same(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("files")
    (folder / "p.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with (folder / "p.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["proposid", *ENTRIES])
        writer.writeheader()
        writer.writerows({"proposid": key} | facts for key, facts in content.items())
    assert FileProvider(folder / "p.yaml")([]) == content
    assert FileProvider(folder / "p.csv")([]) == content


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("", ["proposid,type,title,cycle,pi"]),
        ("9019,GO,A title,11,Bohlin\n", ["proposid,type,title,cycle,pi"]),
        ("proposid,type\n,GO\n", ["None is no proposal number"]),
        ("proposid,type\nabc,GO\n", ["'abc' is no proposal number"]),
        ("proposid,type\n-9019,GO\n", ["'-9019' is no proposal number"]),
        ("proposid,type\n0,GO\n", ["0 is no proposal number"]),
        (f"proposid,type\n{'9' * 5000},GO\n", ["is no proposal number"]),
        ("proposid,typ\n9019,GO\n", ["proposal 9019", "'typ'"]),
        ("proposid,cycle\n9019,eleven\n", ["proposal 9019", "cycle", "'eleven'"]),
        ("proposid,cycle\n9019,11.5\n", ["proposal 9019", "cycle", "'11.5'"]),
        ("proposid,type\n9019,GO,more\n", ["proposal 9019", "more values"]),
        ("proposid,type\n9019,GO\n9019,SNAP\n", ["proposal 9019", "twice"]),
        ('proposid,title\n9019,"no end\n', []),
    ],
)
def test_what_is_wrong_with_a_table_is_named(written, content, named):
    path = written(content)
    with pytest.raises(ConfigError) as caught:
        FileProvider(path)([9019])
    for text in [str(path), *named]:
        assert text in str(caught.value)


def test_a_table_in_another_encoding_is_named(tmp_path):
    (tmp_path / "latin.csv").write_bytes(b"proposid,title\n9019,Stra\xdfe\n")
    with pytest.raises(ConfigError, match=r"latin\.csv"):
        FileProvider(tmp_path / "latin.csv")([9019])


def test_no_file_is_an_unavailable_provider(tmp_path):
    with pytest.raises(ProviderUnavailable, match=r"none\.yaml"):
        FileProvider(tmp_path / "none.yaml")([9019])


def test_a_configuration_names_its_provider(config):
    provider = provider_for(config)
    assert isinstance(provider, FileProvider)
    assert provider.path == config.proposals_file


def test_mast_takes_an_extra(config, monkeypatch):
    monkeypatch.setitem(sys.modules, "astroquery", None)
    with pytest.raises(ConfigError, match=r"acsql\[mast\]"):
        provider_for(replace(config, proposals_from="mast"))


# MAST.


def mast_rows(*rows: tuple) -> Table:
    """Return rows as astroquery does: text, masked where MAST has none."""
    names = ("proposal_id", "proposal_type", "obs_title", "proposal_pi")
    return Table(
        {
            name: MaskedColumn(
                [row[place] or "" for row in rows],
                mask=[row[place] is None for row in rows],
                dtype=str,
            )
            for place, name in enumerate(names)
        },
        masked=True,
    )


@pytest.mark.parametrize("type_", TYPES)
def test_facts_are_taken_from_rows_of_observations(type_):
    row = ("9019", type_, "A title", "Bohlin, Ralph")
    expected = {"type": type_, "title": "A title", "cycle": None, "pi": "Bohlin, Ralph"}
    told = facts_from_mast(mast_rows(row, row, ("8992", "GO", "Another", None)))
    assert told == {9019: expected, 8992: NOTHING | {"type": "GO", "title": "Another"}}
    assert list(told[9019]) == list(ENTRIES)


def test_most_rows_decide_and_unknown_values_do_not_count():
    told = facts_from_mast(
        mast_rows(
            ("9019", None, None, "BOHLIN"),
            ("9019", "GO ", None, "Bohlin, Ralph"),
            ("9019", None, "", "Bohlin, Ralph"),
            ("9020", None, None, None),
            ("sm3", "GO", "No number", "Nobody"),
            (None, "GO", "No number", "Nobody"),
        )
    )
    assert told == {9019: NOTHING | {"type": "GO", "pi": "Bohlin, Ralph"}}


@pytest.mark.parametrize("rows", [Table(), mast_rows()], ids=["no columns", "no rows"])
def test_no_rows_tell_nothing(rows):
    assert facts_from_mast(rows) == {}


@contextmanager
def mast_that_answers(monkeypatch, answer) -> Iterator[list[dict]]:
    """Let astroquery ask a server on this machine, and yield the requests that it gets."""
    portal = pytest.importorskip("astroquery.mast.discovery_portal")
    requests = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            content = {}
            if self.path == "/invoke":
                requests.append(json.loads(parse_qs(body)["request"][0]))
                content = answer(requests[-1])
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        address = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setattr(portal.PortalAPI, "MAST_REQUEST_URL", f"{address}/invoke")
        monkeypatch.setattr(portal.PortalAPI, "COLUMNS_CONFIG_URL", f"{address}/columns")
        monkeypatch.setenv("NO_PROXY", "*")
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield requests
        finally:
            server.shutdown()
            serving.join()


def complete(*rows: dict) -> dict:
    """Return an answer of MAST's portal."""
    names = ["proposal_id", "proposal_type", "obs_title", "proposal_pi"]
    fields = [{"name": name, "type": "string"} for name in names]
    return {"status": "COMPLETE", "msg": "", "data": list(rows), "fields": fields, "paging": None}


def test_mast_is_asked_for_many_proposals_at_once(monkeypatch):
    known = {"proposal_id": "9019", "proposal_type": "CAL/ACS", "obs_title": "A title"}
    rows = [known | {"proposal_pi": "Bohlin, Ralph"}, known | {"proposal_pi": None}]
    with mast_that_answers(monkeypatch, lambda _: complete(*rows)) as requests:
        told = MastProvider(30)([9019, 9020])
    assert told == {9019: FACTS | {"cycle": None}}
    (request,) = requests
    assert request["service"] == "Mast.Caom.Filtered"
    columns = request["params"]["columns"].split(", ")
    assert columns == ["proposal_id", "proposal_type", "obs_title", "proposal_pi"]
    filters = {f["paramName"]: f["values"] for f in request["params"]["filters"]}
    assert filters == {"obs_collection": ["HST"], "proposal_id": ["9019", "9020"]}


def test_mast_may_know_none_of_them(monkeypatch):
    with mast_that_answers(monkeypatch, lambda _: complete()):
        assert MastProvider(30)([1, 2]) == {}


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ({"status": "ERROR", "msg": "we are moving house"}, "moving house"),
        ({"status": "EXECUTING"}, r"no answer within 0\.5 s"),
    ],
    ids=["an error", "never done"],
)
def test_mast_that_gives_no_answer_is_unavailable(monkeypatch, answer, word):
    with (
        mast_that_answers(monkeypatch, lambda _: answer),
        pytest.raises(ProviderUnavailable, match=word),
    ):
        MastProvider(0.5)([9019])


@pytest.fixture(params=["refused", "silent"])
def no_network(request, monkeypatch):
    """Cut this process off: whoever it turns to refuses, or takes the call and says nothing."""
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
    with in_background(store, MastProvider(0.5)) as outcome:
        observe(store, 9019, 9020)
    refreshed = outcome.result()
    assert refreshed.note.startswith("MAST ")
    assert replace(refreshed, note=None) == Refreshed(known=0, asked=2, found=0)
    assert proposals.by_id(store) == {9019: NOTHING, 9020: NOTHING}
    assert types(store) == {9019: None, 9020: None}


# What is asked, and when.


def test_only_unknown_proposals_with_observations_are_asked_for(store):
    observe(store, 9019, 9019, 9020, 9021, 9022, None)
    proposals.save(store, {9019: FACTS, 9020: NOTHING, 9022: NOTHING | {"pi": "Ford"}, 1: NOTHING})
    teller = Teller([9021])
    assert refresh(store, teller) == Refreshed(known=3, asked=2, found=1)
    assert teller.questions == [[9020, 9021]]
    assert proposals.by_id(store) == {
        1: NOTHING,
        9019: FACTS,
        9020: NOTHING,
        9021: NOTHING | {"type": "GO"},
        9022: NOTHING | {"pi": "Ford"},
    }
    assert types(store)[9021] == "GO"


def test_only_the_proposals_named_are_asked_for(store, written):
    observe(store, 9019, 9020, 9021)
    teller = Teller([9019, 9020])
    assert refresh(store, teller, [9020, 9021]).asked == 2
    assert teller.questions == [[9020, 9021]]
    file = FileProvider(written("proposid,type\n9019,GO\n9021,SNAP\n"))
    assert refresh(store, file, [9021]).found == 1
    assert proposals.proposids_with_facts(store, [9019, 9020, 9021]) == {9020, 9021}


def test_an_archive_without_observations_asks_nothing(store):
    teller = Teller([9019])
    assert refresh(store, teller) == Refreshed()
    assert teller.questions == []


def test_what_is_not_found_is_tried_again_on_a_later_day(store):
    observe(store, 9019, 9020)
    teller = Teller([9020])
    assert refresh(store, teller, now=EVENING) == Refreshed(known=1, asked=2, found=1)
    assert refresh(store, teller, now=LATER) == Refreshed(known=1)
    observe(store, 9021)
    refresh(store, teller, now=LATER)
    assert teller.questions == [[9019, 9020], [9021]]
    teller.knows[9019] = FACTS
    assert refresh(store, teller, now=NEXT_NIGHT) == Refreshed(known=2, asked=2, found=1)
    assert teller.questions[2:] == [[9019, 9021]]
    assert types(store) == {9019: "CAL/ACS", 9020: "GO", 9021: None}
    assert store.proposals.find_one(9019) == {"_id": 9019} | FACTS
    assert store.proposals.find_one(9021)["tried"] == NEXT_NIGHT


def test_a_provider_that_is_unavailable_is_asked_no_further_that_day(store):
    observe(store, *range(9000, 9030))
    teller = Teller(range(9000, 9030), at_once=10, fails_at=2)
    refreshed = refresh(store, teller, now=EVENING)
    assert refreshed == Refreshed(known=10, asked=30, found=10, note="it is out for lunch")
    assert refresh(store, teller, now=LATER).asked == 0
    assert len(teller.questions) == 2
    assert refresh(store, teller, now=NEXT_NIGHT) == Refreshed(known=30, asked=20, found=20)
    assert set(types(store).values()) == {"GO"}


def test_many_proposals_are_few_questions_and_each_is_asked_once(store):
    everything = range(9000, 13000)
    store.make_indexes()
    observe(store, *everything)
    teller = Teller(everything[::10], at_once=100)
    assert refresh(store, teller, now=EVENING) == Refreshed(400, 4000, 400)
    assert len(teller.questions) == 40
    assert sorted(teller.asked) == list(everything)
    assert refresh(store, teller, now=LATER) == Refreshed(known=400)
    assert len(teller.questions) == 40


def test_a_correction_in_a_file_counts_at_once(store, written):
    observe(store, 9019, 9020)
    provider = FileProvider(written("proposid,type\n9019,GO\n9030,SNAP\n"))
    assert refresh(store, provider, now=EVENING) == Refreshed(known=1, asked=2, found=1)
    written("proposid,type\n9019,CAL/ACS\n9020,GO\n")
    assert refresh(store, provider, now=EVENING) == Refreshed(known=2, asked=2, found=2)
    assert types(store) == {9019: "CAL/ACS", 9020: "GO"}


def test_what_a_file_does_not_have_can_be_asked_of_another_on_the_same_day(store, written):
    observe(store, 9019)
    refresh(store, FileProvider(written("proposid,type\n")), now=EVENING)
    assert refresh(store, Teller([9019]), now=EVENING).found == 1


def test_an_outcome_is_told_in_words():
    assert str(Refreshed(3, 2, 1)) == "3 known, 2 asked for, 1 found"
    assert str(Refreshed(note="no reason")) == "0 known, 0 asked for, 0 found; no reason"


# In the background of an ingest.


def test_what_is_in_the_file_is_known_while_observations_are_written(store, written):
    provider = FileProvider(written("proposid,type\n9019,CAL/ACS\n9020,GO\n"))
    with in_background(store, provider) as outcome:
        assert proposals.type_of(store, 9019) == "CAL/ACS"
        observe(store, 9019, type_="CAL/ACS")
        observe(store, 9021)
    assert outcome.result() == Refreshed(known=1, asked=2, found=1)
    assert types(store) == {9019: "CAL/ACS", 9021: None}


def test_what_the_block_brings_in_is_asked_for_at_its_end(store):
    observe(store, 9019, 9020)
    teller = Teller([9019, 9021])
    with in_background(store, teller) as outcome:
        observe(store, 9021, 9022)
    assert outcome.result() == Refreshed(known=2, asked=4, found=2)
    assert sorted(teller.asked) == [9019, 9020, 9021, 9022]
    assert types(store) == {9019: "GO", 9020: None, 9021: "GO", 9022: None}


def test_observations_written_after_the_answer_have_their_type(store):
    observe(store, 9019)
    teller = Teller([9019])
    with in_background(store, teller) as outcome:
        before = proposals.type_of(store, 9019)
        assert teller.spoken.wait(60)
        observe(store, 9019, type_=before)
    assert outcome.result().found == 1
    written = store.observations.distinct("proposal_type")
    assert written == ["GO"]


def test_an_answer_that_is_late_is_not_waited_for(store):
    observe(store, *range(9000, 9030))
    teller = Waiting(range(9000, 9030), at_once=10)
    with in_background(store, teller, seconds=0.05, now=EVENING) as outcome:
        assert teller.reached.wait(60)
    refreshed = outcome.result()
    assert "0.05 s" in refreshed.note
    assert replace(refreshed, note=None) == Refreshed(known=10, asked=10, found=10)
    teller.go_on.set()
    # What was not answered was not tried: the next run asks for it.
    again = Teller(range(9000, 9030))
    assert refresh(store, again, now=LATER).asked == 20
    assert set(types(store).values()) == {"GO"}


def test_an_unavailable_provider_is_not_asked_again_at_the_end(store):
    observe(store, 9019)
    teller = Teller([9019, 9020], fails_at=1)
    with in_background(store, teller) as outcome:
        assert teller.spoken.wait(60)
        observe(store, 9020)
    assert outcome.result() == Refreshed(asked=1, note="it is out for lunch")
    assert teller.questions == [[9019]]


def test_a_wrong_file_is_a_note_that_names_it(store, written):
    path = written("proposid,type,cycle\n9019,GO,eleven\n")
    with in_background(store, FileProvider(path)) as outcome:
        observe(store, 9019)
    note = outcome.result().note
    assert str(path) in note
    assert "proposal 9019: cycle 'eleven'" in note
    assert types(store) == {9019: None}


def test_no_file_is_a_note(store, tmp_path):
    with in_background(store, FileProvider(tmp_path / "none.yaml")) as outcome:
        observe(store, 9019)
    assert "none.yaml" in outcome.result().note


def test_an_error_in_the_program_is_a_note_and_all_of_it_is_logged(store, caplog):
    observe(store, *range(9000, 9030))
    teller = Teller(range(9000, 9030), at_once=10, fails_at=3, error=KeyError("proposal_type"))
    with caplog.at_level(logging.ERROR), in_background(store, teller, now=EVENING) as outcome:
        pass
    assert outcome.result().note == "KeyError: 'proposal_type'"
    assert outcome.result().found == 20
    assert "Traceback" in caplog.text
    assert refresh(store, teller, now=LATER).found == 10


def test_a_database_that_refuses_is_a_note(store):
    store.database.create_collection(store.proposals.name, validator={"title": "never"})
    observe(store, 9019)
    with in_background(store, Teller([9019])) as outcome:
        pass
    assert outcome.result().note.startswith("the database ")


def test_a_run_that_fails_fails_as_it_would_and_keeps_nothing(store):
    observe(store, 9019)
    teller = Teller([9019])
    with (
        pytest.raises(ZeroDivisionError),
        in_background(store, teller) as outcome,
    ):
        raise ZeroDivisionError
    with pytest.raises(CancelledError):
        outcome.result()
    assert proposals.by_id(store) == {}
    assert types(store) == {9019: None}


def test_after_an_ingest_every_observation_has_its_proposal_s_type(sample_archive):
    listed = yaml.safe_load(sample_archive.config.proposals_file.read_text())
    rows = list(sample_archive.iter(columns=["proposid", "proposal_type"]))
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
