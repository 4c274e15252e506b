"""The API lists annotations, and writes them as the user of a token."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from web_pages import document

import acsql
from acsql.accounts.roles import Role
from acsql.store import observation_writes
from acsql.web.app import create_app

NAMES = ("j8bt05nj", "j8bt05nk", "j8bt05nl")
KEY = "a key of 16 or more"


@pytest.fixture
def archive(empty_archive: acsql.Archive) -> acsql.Archive:
    """An archive with three observations, and accounts of anna, bob and an administrator."""
    for name in NAMES:
        observation_writes.replace(empty_archive.store, document(name, detector="WFC"))
    for name, role in (("anna", Role.ANNOTATE), ("bob", Role.ANNOTATE), ("chief", Role.ADMINISTER)):
        empty_archive.accounts.add(name, role)
    return empty_archive


@pytest.fixture
def client(archive: acsql.Archive) -> FlaskClient:
    """A client of its site."""
    return create_app(archive).test_client()


@pytest.fixture
def tokens(archive: acsql.Archive) -> dict[str, str]:
    """The tokens of the users."""
    return {
        each.name: archive.accounts.add_token(each.name, "x") for each in archive.accounts.all()
    }


@pytest.fixture
def send(client: FlaskClient, tokens: dict[str, str]):
    """Send an object to an endpoint that writes, and return the answer."""

    def send(path: str, status: int = 200, by: str = "anna", **body: Any) -> Any:
        headers = {"Authorization": f"Bearer {tokens[by]}"}
        response = client.post(f"/api/annotations/{path}", json=body, headers=headers)
        assert response.status_code == status, response.text
        return response.json

    return send


def listed(client: FlaskClient, **query: Any) -> list[dict[str, Any]]:
    """Return the annotations that the API lists."""
    return client.get("/api/annotations", query_string=query).json["annotations"]


@pytest.mark.parametrize(
    "chosen", [{"rootnames": [*NAMES[:2]]}, {"q": "detector=WFC not rootname=j8bt05nl"}]
)
def test_a_flag_is_set_of_observations_and_undone(archive, client, send, chosen) -> None:
    answer = send("flag", flag="other", text="odd", **chosen)
    assert answer["new"] == 2
    assert [each["id"] for each in listed(client, flag="other")] == answer["annotations"]
    first = listed(client, rootname="j8bt05nj")[0]
    assert (first["by"], first["text"], first["action"]) == ("anna", "odd", "flag")
    assert archive.count("flag=other") == 2
    assert send("undo", written=answer["batch"])["new"] == 2
    assert archive.count("flag=other") == 0


def test_a_flag_of_a_region_is_cleared(archive, send) -> None:
    place = {"filetype": "flt", "extension": 1, "region": "circle(5, 6, 7)"}
    send("flag", flag="other", rootnames=["j8bt05nj"], **place)
    (placed,) = archive.annotation_state(rootname="j8bt05nj").flags
    assert placed.target.region == "circle(5, 6, 7)"
    send("flag", flag="other", rootnames=["j8bt05nj"], clear=True)
    assert archive.annotation_state(rootname="j8bt05nj").flags == ()


def test_observations_are_marked_as_viewed_by_the_user_of_the_token(archive, send) -> None:
    send("viewed", rootnames=["j8bt05nj"])
    assert archive.as_person("anna").count("viewed(me)") == 1
    send("viewed", rootnames=["j8bt05nj"], viewed=False)
    assert archive.as_person("anna").count("viewed(me)") == 0


def test_observations_become_examples_of_their_flags(archive, send) -> None:
    send("flag", rootnames=["j8bt05nj"], flag="other")
    send("example", rootnames=["j8bt05nj"], flag="other")
    assert archive.facets("examples") == {"other": 1}
    send("example", rootnames=["j8bt05nj"], flag="other", example=False)
    assert archive.count("exists(example)") == 0


@pytest.mark.parametrize(
    "subject", [{"proposid": 9019}, {"run": 3}, {"rootnames": ["j8bt05nj"]}, {"q": "rootname=*j"}]
)
def test_a_comment_is_edited_by_its_author_and_resolved_by_anyone(client, send, subject) -> None:
    (comment,) = send("comment", text="Guide star lost.", **subject)["annotations"]
    change = {"comment": comment}
    assert "anna" in send("comment/change", 403, by="bob", text="Fine.", **change)["message"]
    send("comment/change", by="chief", text="Guide star lost?", **change)
    send("comment/change", text="Guide star found.", **change)
    send("comment/change", by="bob", resolved=True, **change)
    actions = [(each["by"], each["action"]) for each in listed(client)]
    assert actions == [
        ("anna", "comment"),
        ("chief", "edit"),
        ("anna", "edit"),
        ("bob", "resolve"),
    ]


def test_a_repeated_request_writes_once_also_when_its_search_finds_less(send) -> None:
    request = {"q": "not flagged()", "flag": "other", "key": KEY, "expected": 3}
    first = send("flag", **request)
    second = send("flag", **request)
    assert (first["new"], second["new"]) == (3, 0)
    assert first["annotations"] == second["annotations"]
    # The same key of another user is another key.
    assert send("flag", by="bob", rootnames=["j8bt05nj"], flag="other", key=KEY)["new"] == 1


def test_a_search_with_another_number_of_results_than_expected_writes_nothing(client, send) -> None:
    answer = send("flag", 400, q="detector=WFC", flag="other", expected=2)
    assert answer["message"] == "the search has 3 results, not 2"
    assert listed(client) == []


@pytest.mark.parametrize(
    ("path", "body", "status", "message"),
    [
        ("flag", {"flag": "other"}, 400, "give either rootnames or q"),
        ("flag", {"flag": "other", "q": "x=1", "rootnames": ["j8bt05nj"]}, 400, "give either"),
        ("flag", {"flag": "nonsense", "rootnames": ["j8bt05nj"]}, 400, "no flag 'nonsense'"),
        ("flag", {"rootnames": ["j8bt05nj"]}, 400, "flag: Field required"),
        ("flag", {"flag": "other", "rootnames": ["j8zzzzzz"]}, 404, "j8zzzzzz"),
        ("flag", {"flag": "other", "rootnames": "j8bt05nj"}, 400, "rootnames"),
        ("flag", {"flag": "other", "rootnames": [{"$ne": 1}]}, 400, "rootnames.0"),
        ("flag", {"flag": "other", "q": "exptime>>1"}, 400, "exptime"),
        ("comment", {"text": "x", "run": 1, "proposid": 1}, 400, "comment on one of"),
        ("comment", {"text": "x", "run": 1, "rootnames": ["j8bt05nj"]}, 400, "comment on one of"),
        ("comment", {"text": "x", "run": 1, "filetype": "flt"}, 400, "a run has no filetype"),
        ("comment", {"text": "x"}, 400, "comment on one of"),
        ("comment", {"text": "", "run": 1}, 400, "text"),
        ("comment", {"text": "x" * 10_001, "run": 1}, 400, "text"),
        ("comment/change", {"comment": "x", "text": "y"}, 400, "no annotation 'x'"),
        ("viewed", {"rootnames": ["j8bt05nj"], "who": "bob"}, 400, "who"),
        ("undo", {"written": "x"}, 400, "nothing with the id"),
    ],
)
def test_a_wrong_request_says_what_is_wrong_and_writes_nothing(
    client, send, path, body, status, message
) -> None:
    assert message in send(path, status, **body)["message"]
    assert listed(client) == []


@pytest.mark.parametrize("data", ["", "{", "[]", "null", '{"written": "x"} '])
def test_what_is_not_a_json_object_is_refused(client, tokens, data) -> None:
    headers = {"Authorization": f"Bearer {tokens['anna']}"}
    for mimetype, status in (("application/json", 400), ("text/plain", 415)):
        response = client.post(
            "/api/annotations/undo", data=data, content_type=mimetype, headers=headers
        )
        assert response.status_code == status
        assert response.json["message"]


def test_pages_of_annotations_have_each_once(client, send) -> None:
    for text in "abcde":
        send("comment", text=text, run=1)
    texts, after = [], None
    for _ in range(3):
        query = {"size": 2} | ({"after": after} if after else {})
        answer = client.get("/api/annotations", query_string=query).json
        texts += [each["text"] for each in answer["annotations"]]
        after = answer["after"]
    assert "".join(texts) == "abcde"
    assert after is None


@pytest.mark.parametrize("format_", ["csv", "ecsv", "jsonl"])
def test_a_file_of_annotations_is_imported_again(archive, client, send, tmp_path, format_) -> None:
    send("flag", flag="other", text="odd, very", q="detector=WFC")
    send("comment", text="Seen.", run=1)
    file = tmp_path / f"annotations.{format_}"
    file.write_bytes(client.get(f"/api/annotations?format={format_}").data)
    assert archive.import_annotations(file) == 0
    for collection in ("annotations", "annotated_observations"):
        archive.store.database[collection].delete_many({})
    assert archive.import_annotations(file) == 4
