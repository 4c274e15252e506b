"""The site runs in threads: its answers are whole, and their pieces are read when they are sent."""

import io
from collections.abc import Callable, Iterable, Iterator
from threading import get_ident
from typing import Any

import gevent
import pytest
from werkzeug.test import create_environ
from werkzeug.wsgi import wrap_file

from acsql.web.errors import MAX_BODY_LENGTH
from acsql.web.worker import PIECE_SIZE, InThreads

Threads = Callable[[Callable[..., Iterable[bytes]]], InThreads]
Answer = Callable[[Callable[..., Iterable[bytes]]], Any]


class Body:
    """A body that notes what is read of it, where, and whether it is closed."""

    def __init__(self, pieces: list[bytes], error: Exception | None = None) -> None:
        self.pieces = pieces
        self.error = error
        self.read = 0
        self.threads: set[int] = set()
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            self.read += 1
            self.threads.add(get_ident())
            yield piece
        if self.error:
            raise self.error

    def close(self) -> None:
        self.closed += 1


@pytest.fixture(scope="module", autouse=True)
def hub() -> Iterator[None]:
    """End gevent in the thread that began it, so that later tests of the process run without it."""
    yield
    gevent.get_hub().destroy(destroy_loop=True)


@pytest.fixture
def in_threads() -> Iterator[Threads]:
    """Run applications in threads, which end with the test."""
    made = []

    def make(application: Callable[..., Iterable[bytes]]) -> InThreads:
        made.append(InThreads(application))
        return made[-1]

    yield make
    for site in made:
        site.close()


@pytest.fixture
def respond(in_threads: Threads) -> Answer:
    """Return the body that an application answers in threads."""
    return lambda application: in_threads(application)(create_environ(), lambda *_: None)


def finish(body: Any) -> bytes:
    """Send a body as a server does."""
    try:
        return b"".join(body)
    finally:
        if hasattr(body, "close"):
            body.close()


@pytest.mark.parametrize("number", [0, 1, 2, 3, 10])
def test_a_body_is_whole_closed_once_and_read_in_other_threads(
    respond: Answer, number: int
) -> None:
    pieces = [bytes([65 + each]) for each in range(number)]
    body = Body(pieces)
    assert finish(respond(lambda _environ, _start: body)) == b"".join(pieces)
    assert body.closed == 1
    assert get_ident() not in body.threads


@pytest.mark.parametrize(("size", "passed"), [(0, 0), (7, 7), (MAX_BODY_LENGTH + 1, 0)])
def test_a_request_body_reaches_the_site_unless_it_is_too_large(
    in_threads: Threads, size: int, passed: int
) -> None:
    received = []

    def application(environ: dict[str, Any], _start: object) -> list[bytes]:
        received.append(environ["wsgi.input"].read())
        return [b""]

    environ = create_environ(method="POST", data=b"x" * size)
    finish(in_threads(application)(environ, lambda _status, _headers: None))
    assert received == [b"x" * passed]


def test_a_piece_is_read_when_the_one_before_is_sent(respond: Answer) -> None:
    body = Body([b"x"] * 10)
    response = respond(lambda _environ, _start: body)
    assert body.read == 2
    sending = iter(response)
    for sent in range(1, 11):
        next(sending)
        assert body.read == max(2, sent)


@pytest.mark.parametrize("number", [0, 1, 2, 10])
def test_an_error_reaches_the_server_and_closes_the_body(
    respond: Answer, number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    body = Body([b"x"] * number, ValueError("broken"))
    with pytest.raises(ValueError, match="broken"):
        finish(respond(lambda _environ, _start: body))
    assert body.closed == 1
    # Gevent prints exceptions of threads; the server logs them.
    assert capsys.readouterr().err == ""


def test_a_body_that_is_not_wanted_any_more_is_closed(respond: Answer) -> None:
    body = Body([b"x"] * 10)
    response = respond(lambda _environ, _start: body)
    response.close()
    assert (body.read, body.closed) == (2, 1)


def test_only_a_body_larger_than_a_page_counts_as_sending_until_it_is_closed(
    in_threads: Threads,
) -> None:
    bodies = {b"page": Body([b"x"]), b"download": Body([b"x"] * 3)}
    site = in_threads(lambda environ, _start: bodies[environ["QUERY_STRING"].encode()])
    page = site(create_environ(query_string="page"), None)
    assert not site.sending
    assert finish(page) == b"x"
    download = site(create_environ(query_string="download"), None)
    assert site.sending
    finish(download)
    assert not site.sending


def test_files_are_read_in_pieces_and_request_bodies_never(respond: Answer) -> None:
    content = b"f" * (2 * PIECE_SIZE + 1)

    def application(environ: dict[str, Any], _start: Any) -> Iterable[bytes]:
        assert environ["wsgi.input"].read() == b""
        return wrap_file(environ, io.BytesIO(content))

    assert [len(piece) for piece in respond(application)] == [PIECE_SIZE, PIECE_SIZE, 1]
