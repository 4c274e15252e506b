"""Providers of facts about proposals: the proposals file, and MAST on a local server."""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from astropy.table import MaskedColumn, Table

from acsql.errors import ConfigError, ProviderUnavailable
from acsql.ingest.proposal_providers import (
    FileProvider,
    MastProvider,
    facts_from_mast,
    provider_for,
)

ENTRIES = ("type", "title", "cycle", "pi")
NOTHING = dict.fromkeys(ENTRIES)
FACTS = {"type": "CAL/ACS", "title": "A title", "cycle": 11, "pi": "Bohlin, Ralph"}
# The proposal types of all ACS observations.
TYPES = ["CAL/ACS", "CAL/OTA", "CAL/STIS", "CAL/WFC3", "ENG/ACS", "GO", "GO/DD", "GO/PAR"]
TYPES += ["GTO/ACS", "GTO/COS", "NASA", "SM3/ACS", "SM3/ERO", "SM4/ACS", "SM4/COS", "SM4/ERO"]
TYPES += ["SNAP"]


def test_a_missing_file_is_an_unavailable_provider(tmp_path):
    with pytest.raises(ProviderUnavailable, match=r"none\.yaml"):
        FileProvider(tmp_path / "none.yaml")([9019])


def test_the_proposals_file_is_the_default_provider(config):
    provider = provider_for(config)
    assert isinstance(provider, FileProvider)
    assert provider.path == config.proposals_file


def test_mast_requires_an_extra(config, monkeypatch):
    monkeypatch.setitem(sys.modules, "astroquery", None)
    with pytest.raises(ConfigError, match=r"acsql\[mast\]"):
        provider_for(replace(config, proposals_from="mast"))


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
def test_facts_come_from_rows_of_observations(type_):
    row = ("9019", type_, "A title", "Bohlin, Ralph")
    expected = {"type": type_, "title": "A title", "cycle": None, "pi": "Bohlin, Ralph"}
    facts = facts_from_mast(mast_rows(row, row, ("8992", "GO", "Another", None)))
    assert facts == {9019: expected, 8992: NOTHING | {"type": "GO", "title": "Another"}}
    assert list(facts[9019]) == list(ENTRIES)


def test_the_majority_of_rows_decides_and_unknown_values_do_not_count():
    facts = facts_from_mast(
        mast_rows(
            ("9019", None, None, "BOHLIN"),
            ("9019", "GO ", None, "Bohlin, Ralph"),
            ("9019", None, "", "Bohlin, Ralph"),
            ("9020", None, None, None),
            ("sm3", "GO", "No number", "N. N."),
            (None, "GO", "No number", "N. N."),
        )
    )
    assert facts == {9019: NOTHING | {"type": "GO", "pi": "Bohlin, Ralph"}}


@pytest.mark.parametrize("rows", [Table(), mast_rows()], ids=["no columns", "no rows"])
def test_no_rows_give_no_facts(rows):
    assert facts_from_mast(rows) == {}


@contextmanager
def mast_answering(monkeypatch, answer) -> Iterator[list[dict]]:
    """Let astroquery query a server on this machine, and yield the requests that it receives."""
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


def test_mast_is_queried_for_many_proposals_at_once(monkeypatch):
    known = {"proposal_id": "9019", "proposal_type": "CAL/ACS", "obs_title": "A title"}
    rows = [known | {"proposal_pi": "Bohlin, Ralph"}, known | {"proposal_pi": None}]
    with mast_answering(monkeypatch, lambda _: complete(*rows)) as requests:
        facts, _ = MastProvider(30)([9019, 9020])
    assert facts == {9019: FACTS | {"cycle": None}}
    (request,) = requests
    assert request["service"] == "Mast.Caom.Filtered"
    columns = request["params"]["columns"].split(", ")
    assert columns == ["proposal_id", "proposal_type", "obs_title", "proposal_pi"]
    filters = {f["paramName"]: f["values"] for f in request["params"]["filters"]}
    assert filters == {"obs_collection": ["HST"], "proposal_id": ["9019", "9020"]}


def test_mast_may_know_no_proposal(monkeypatch):
    with mast_answering(monkeypatch, lambda _: complete()):
        assert MastProvider(30)([1, 2]).facts == {}


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ({"status": "ERROR", "msg": "we are moving house"}, "moving house"),
        ({"status": "EXECUTING"}, r"no answer within 0\.5 s"),
    ],
    ids=["an error", "never done"],
)
def test_mast_without_an_answer_is_unavailable(monkeypatch, answer, word):
    with (
        mast_answering(monkeypatch, lambda _: answer),
        pytest.raises(ProviderUnavailable, match=word),
    ):
        MastProvider(0.5)([9019])
