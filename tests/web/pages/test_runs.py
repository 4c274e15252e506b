"""The pages of the ingest runs: state, failures and log of every run."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from web_pages import words

import acsql
from acsql.store import runs
from acsql.web.app import create_app

STARTED = datetime(2026, 1, 1, 2)
FINISHED: dict[str, Any] = {
    "seconds": 125.0,
    "observations": {"new": 3, "failed": 1},
    "files": {"raw": 3},
    "previews": {"raw": 3},
    "bytes": 3_000_000,
    "ignored": 0,
    "known_failures": 2,
    "notes": ["Proposals: none"],
    "warnings": ["j8bt05nj: odd"],
    "waiting": ["j8bt06njq_raw.fits"],
    "vanished": [["j8bt05nj", "flt"]],
    "failures": [
        {"filename": "j8bt05njq_raw.fits", "rootname": "j8bt05nj", "stage": "headers",
         "reason": "j8bt05njq_raw.fits: <truncated>", "size": 1, "mtime": None},
    ],
    "keywords_not_in_specs": [
        {"detector": "WFC", "filetype": "raw", "extension": 0, "keyword": "NEWKEY", "type": "int",
         "filename": "j8bt05njq_raw.fits"}
    ],
    "type_mismatches": [{"header": "WFC raw 0", "keyword": "exptime", "values": 7}],
}  # fmt: skip


@pytest.fixture
def client(empty_archive: acsql.Archive) -> Iterator[FlaskClient]:
    """A client of the site of an archive without runs."""
    empty_archive.config.log_dir.mkdir()
    yield create_app(empty_archive).test_client()


def add(archive: acsql.Archive, state: str, **record: Any) -> int:
    """Insert a run record and return its number."""
    number = runs.start(archive.store, {"started": STARTED, "version": "1.0.0", "specs": "abc"})
    if state != runs.RUNNING:
        closed = {"finished": STARTED + timedelta(seconds=125), "state": state, **FINISHED}
        runs.finish(archive.store, number, closed | record)
    return number


def page(client: FlaskClient, address: str) -> BeautifulSoup:
    """Return a page."""
    response = client.get(address)
    assert response.status_code == 200, response.text
    return BeautifulSoup(response.text, "html.parser")


def test_without_runs_the_page_says_so(client: FlaskClient) -> None:
    found = words(page(client, "/ingest/").main)
    assert "overdue" in found
    assert "No ingest has been run yet" in found


@pytest.mark.parametrize(
    "state",
    [
        runs.SUCCEEDED,
        runs.NOTHING_NEW,
        runs.SUCCEEDED_WITH_FAILURES,
        runs.FAILED,
        runs.INTERRUPTED,
        runs.DIED,
    ],
)
def test_a_run_is_listed_with_its_state_counts_and_duration(
    client: FlaskClient, empty_archive: acsql.Archive, state: str
) -> None:
    number = add(empty_archive, state)
    row = page(client, "/ingest/").find("tbody").tr
    assert row.a["href"] == f"/ingest/{number}/"
    cells = [words(cell) for cell in row.find_all(["th", "td"])]
    assert cells[1:] == [
        "2026-01-01 02:00:00", state, "3", "0", "0", "1", "3", "3.0 MB", "1", "2 min 5 s",
    ]  # fmt: skip
    assert state in words(page(client, f"/ingest/{number}/").h1)


def test_an_open_run_without_a_process_has_died(
    client: FlaskClient, empty_archive: acsql.Archive
) -> None:
    number = add(empty_archive, runs.RUNNING)
    assert runs.DIED in words(page(client, f"/ingest/{number}/").h1)
    assert runs.DIED in words(page(client, "/ingest/").table)


def test_the_archive_is_overdue_if_the_last_success_is_too_long_ago(
    client: FlaskClient, empty_archive: acsql.Archive
) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    add(empty_archive, runs.SUCCEEDED, finished=now - timedelta(hours=37))
    add(empty_archive, runs.FAILED, finished=now)
    assert "overdue" in words(page(client, "/ingest/").main)
    add(empty_archive, runs.NOTHING_NEW, finished=now - timedelta(hours=1))
    assert "up to date" in words(page(client, "/ingest/").main)


def test_a_run_shows_its_whole_record(client: FlaskClient, empty_archive: acsql.Archive) -> None:
    number = add(empty_archive, runs.SUCCEEDED_WITH_FAILURES, reason="a reason")
    response = client.get(f"/ingest/{number}/")
    found = words(BeautifulSoup(response.text, "html.parser").main)
    for text in (
        "a reason", "j8bt05njq_raw.fits: <truncated>", "headers", "NEWKEY", "exptime",
        "j8bt06njq_raw.fits", "j8bt05nj flt", "j8bt05nj: odd", "Proposals: none", "3 new, 1 failed",
    ):  # fmt: skip
        assert text in found
    assert "<truncated>" not in response.text


def test_entries_that_only_the_log_has_are_counted(
    client: FlaskClient, empty_archive: acsql.Archive
) -> None:
    (failure,) = FINISHED["failures"]
    number = add(empty_archive, runs.SUCCEEDED_WITH_FAILURES, failures=[failure] * 100_000)
    shown = len(empty_archive.run(number)["failures"])
    found = words(page(client, f"/ingest/{number}/").main)
    assert f"{100_000 - min(shown, 500):,} more in the log." in found
    assert "100,000 failures" in words(page(client, "/").main)


def test_a_failure_leads_to_its_observation_if_there_is_one(
    client: FlaskClient, empty_archive: acsql.Archive
) -> None:
    number = add(empty_archive, runs.SUCCEEDED_WITH_FAILURES)
    address = "/archive/9019/j8bt05njq/"
    assert not page(client, f"/ingest/{number}/").find("a", href=address)
    empty_archive.store.observations.insert_one(
        {"_id": "j8bt05nj", "ipppssoot": "j8bt05njq", "proposid": 9019}
    )
    assert page(client, f"/ingest/{number}/").find("a", href=address)


def test_older_runs_are_on_further_pages(client: FlaskClient, empty_archive: acsql.Archive) -> None:
    for _ in range(103):
        add(empty_archive, runs.NOTHING_NEW)
    first = page(client, "/ingest/")
    assert len(first.find("tbody").find_all("tr")) == 100
    older = page(client, first.find("a", rel="next")["href"])
    assert [words(row.th) for row in older.find("tbody").find_all("tr")] == ["3", "2", "1"]
    assert not older.find("a", rel="next")
    assert client.get("/ingest/?before=x").status_code == 400


def test_the_end_of_the_log_is_shown_and_all_of_it_sent(
    client: FlaskClient, empty_archive: acsql.Archive
) -> None:
    path = empty_archive.config.log_dir / "ingest_2026-01-01-02-00.log"
    path.write_text("".join(f"line {n} <&>\n" for n in range(30_000)))
    number = add(empty_archive, runs.SUCCEEDED, log=str(path))
    shown = page(client, f"/ingest/{number}/").pre.get_text().splitlines()
    assert shown == [f"line {n} <&>" for n in range(29_800, 30_000)]
    with client.get(f"/ingest/{number}/log") as response:
        assert response.data == path.read_bytes()
        assert path.name in response.headers["Content-Disposition"]
        assert response.mimetype == "text/plain"


def test_no_file_but_a_log_is_sent(client: FlaskClient, empty_archive: acsql.Archive) -> None:
    logs = empty_archive.config.log_dir
    secret = logs.parent / "secret.txt"
    secret.write_text("a secret")
    (logs / "linked.log").symlink_to(secret)
    for named in (
        str(secret), "../secret.txt", f"{logs}/../secret.txt", str(logs / "linked.log"),
        str(logs), "..", ".", "/", str(logs / "gone.log"), None,
    ):  # fmt: skip
        number = add(empty_archive, runs.SUCCEEDED, log=named)
        response = client.get(f"/ingest/{number}/log")
        assert response.status_code == 404, named
        assert "a secret" not in response.text
        assert "a secret" not in client.get(f"/ingest/{number}/").text


@pytest.mark.parametrize("number", ["0", "7", "2147483648", "9" * 40, "-1", "x", "1.5"])
def test_an_unknown_run_is_not_found(client: FlaskClient, number: str) -> None:
    assert client.get(f"/ingest/{number}/").status_code == 404
    assert client.get(f"/ingest/{number}/log").status_code == 404


def test_files_that_could_not_be_ingested_are_shown_until_they_are(
    client: FlaskClient, empty_archive: acsql.Archive
) -> None:
    add(empty_archive, runs.SUCCEEDED_WITH_FAILURES, finished=datetime.now(UTC))
    entry = {"rootname": "j8bt05nj", "stage": "preview", "first": STARTED, "last": STARTED}
    empty_archive.store.failures.insert_many(
        [
            {"_id": "j8bt05njq_raw.fits", "owed": False, "reason": "truncated", **entry},
            {"_id": "j8bt05njq_flt.fits", "owed": True, "reason": "disk full", **entry},
        ]
    )
    found = words(page(client, "/ingest/").main)
    assert "incomplete" in found
    assert "Files that could not be ingested: 1 owed, 1 damaged" in found
    assert "j8bt05njq_flt.fits owed disk full" in found
    assert "j8bt05njq_raw.fits damaged truncated" in found
    home = words(page(client, "/").main)
    assert "incomplete" in home
    assert "1 owed, 1 damaged" in home
    answer = client.get("/api/failures").get_json()["failures"]
    assert [(row["filename"], row["owed"]) for row in answer] == [
        ("j8bt05njq_flt.fits", True),
        ("j8bt05njq_raw.fits", False),
    ]
    empty_archive.store.failures.delete_many({})
    assert "up to date" in words(page(client, "/ingest/").main)
