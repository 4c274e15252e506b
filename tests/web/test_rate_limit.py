"""Log-ins that fail are limited by client and by account, and writes by user."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from copy import copy
from dataclasses import replace
from threading import Barrier, BrokenBarrierError, Timer

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

import acsql
from acsql.accounts.roles import Role
from acsql.web import rate_limit
from acsql.web.app import create_app

PASSWORD = "correct horse battery"


@pytest.fixture
def client(empty_archive: acsql.Archive) -> FlaskClient:
    """A client of a site with an account, in one of two processes."""
    empty_archive.accounts.add("anna", Role.READ, PASSWORD)
    archive = copy(empty_archive)
    archive.config = replace(archive.config, rate_limit=10**9)
    return create_app(archive, workers=2, host="0.0.0.0").test_client()


def statuses(client: FlaskClient, passwords: list[str], address: str = "127.0.0.1") -> list[int]:
    """Return the statuses of log-ins from an address."""
    found = []
    for password in passwords:
        page = BeautifulSoup(client.get("/login").text, "html.parser")
        field = page.find("input", attrs={"name": "csrf_token"})
        data = {"name": "anna", "password": password, "csrf_token": field["value"]}
        sent = client.post("/login", data=data, environ_base={"REMOTE_ADDR": address})
        found.append(sent.status_code)
        if sent.status_code == 303:
            client.delete_cookie("acsql_session")
    return found


def test_failures_of_a_client_are_limited(client: FlaskClient) -> None:
    share = rate_limit.PER_MINUTE // 2
    assert statuses(client, ["wrong"] * (share + 1)) == [403] * share + [429]
    # The right password is refused as well, so that guessing learns nothing.
    assert statuses(client, [PASSWORD]) == [429]
    assert statuses(client, [PASSWORD], "203.0.113.7") == [303]


def test_log_ins_that_succeed_are_not_limited(client: FlaskClient) -> None:
    number = rate_limit.PER_MINUTE + 1
    assert statuses(client, [PASSWORD] * number) == [303] * number


def test_failures_of_an_account_are_limited_for_all_clients(client: FlaskClient) -> None:
    share = rate_limit.PER_HOUR // 2
    addresses = [f"203.0.113.{number}" for number in range(share + 1)]
    found = [status for each in addresses for status in statuses(client, ["wrong"], each)]
    assert found == [403] * share + [429]


def test_the_refusal_says_when_to_try_again(client: FlaskClient) -> None:
    statuses(client, ["wrong"] * rate_limit.PER_MINUTE)
    page = BeautifulSoup(client.get("/login").text, "html.parser")
    field = page.find("input", attrs={"name": "csrf_token"})
    data = {"name": "anna", "password": "wrong", "csrf_token": field["value"]}
    response = client.post("/login", data=data)
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0
    assert "too many log-ins failed" in response.text


def test_writes_of_a_user_are_limited_over_all_routes(
    empty_archive: acsql.Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limit, "WRITES_PER_MINUTE", 4)
    for name in ("anna", "bob"):
        empty_archive.accounts.add(name, Role.ANNOTATE)
    client = create_app(empty_archive, workers=2).test_client()

    def written(name: str) -> list[int]:
        token = empty_archive.accounts.add_token(name, "script")
        headers = {"Authorization": f"Bearer {token}"}
        bodies = {"comment": {"text": "Seen.", "run": 1}, "undo": {"written": "x"}}
        found = [
            client.post(f"/api/annotations/{path}", json=body, headers=headers).status_code
            for path, body in (*bodies.items(), *bodies.items())
        ]
        assert client.get("/api/user", headers=headers).status_code == 200
        return found

    for name in ("anna", "bob"):
        assert written(name) == [200, 400, 429, 429]


def test_threads_count_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = rate_limit.LockedMemory()
    counts.timer.join()
    both_have_a_timer = Barrier(2, timeout=0.5)

    def set_timer(counts: rate_limit.LockedMemory, timer: Timer) -> None:
        """Wait between making and starting a timer until the other thread has made one, too."""
        vars(counts)["timer"] = timer
        with suppress(BrokenBarrierError):
            both_have_a_timer.wait()

    timer = property(lambda counts: vars(counts)["timer"], set_timer)
    monkeypatch.setattr(rate_limit.LockedMemory, "timer", timer, raising=False)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: counts.incr("requests", 60), range(2)))
    assert sorted(found) == [1, 2]
