"""The worker of gunicorn in which the site runs: connections in greenlets, the site in threads.

A thread for each connection would let slow clients take all threads.  Here gevent reads requests
and sends responses, in one thread for all connections: a half-sent request or a slow download
holds a socket and a few kilobytes.  The site itself runs in a few threads of the system, so that
neither the driver of the database nor numpy has to cooperate, and gevent patches nothing.
"""

import io
import resource
import socket
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from concurrent.futures import Future
from contextlib import ExitStack
from itertools import islice
from random import randrange
from typing import Any, TypeVar

import gevent.socket
from gevent.threadpool import ThreadPool
from gunicorn.http.message import Request
from gunicorn.workers.ggevent import GeventWorker
from werkzeug.wsgi import FileWrapper

from .errors import MAX_BODY_LENGTH

# Threads for pages.
THREADS = 4
# Threads that read what downloads send, apart from pages: a slow disk does not delay pages.
DOWNLOAD_THREADS = 4
# Requests after which a worker is replaced, which frees memory that libraries do not release; up to
# a tenth more, so that workers are not replaced at the same time.
MAX_REQUESTS = 100_000
# Seconds after which the connection of a client that takes no bytes is closed.
SEND_TIMEOUT_S = 60
# Bytes of a file that are read at once, and held for each download.
PIECE_SIZE = 2**16

Value = TypeVar("Value")


class SiteWorker(GeventWorker):
    """A process that serves the site."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._last_request = MAX_REQUESTS + randrange(1 + MAX_REQUESTS // 10)

    def notify(self) -> None:
        """Report to the master process, each second; end after many requests.

        The limit of gunicorn would break downloads, which take longer than a shutdown waits.
        """
        super().notify()
        if self.nr >= self._last_request and not self._site.sending:
            self.alive = False

    def patch(self) -> None:
        """Let gevent wait for the sockets, without its patches of the standard library."""
        self.sockets = [
            gevent.socket.socket(each.family, each.type, fileno=each.detach())
            for each in self.sockets
        ]
        for each in self.sockets:
            # Connections inherit it.
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1000 * SEND_TIMEOUT_S)

    def init_process(self) -> None:
        """Run, with as many open connections and files as the system allows."""
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        super().init_process()

    def load_wsgi(self) -> None:
        """Load the site, to be run in threads."""
        super().load_wsgi()
        self.wsgi = self._site = InThreads(self.wsgi)

    def handle_request(self, listener_name: Any, req: Request, sock: Any, addr: Any) -> bool:
        """Answer a request; close the connection of a client that takes no bytes."""
        try:
            return super().handle_request(listener_name, req, sock, addr)
        except TimeoutError as error:
            # How gunicorn closes a connection without a traceback in the log.
            raise StopIteration from error


class InThreads:
    """A WSGI application that runs in threads.

    Parameters
    ----------
    application : callable
        A WSGI application; it gets request bodies of up to `MAX_BODY_LENGTH` bytes.
    """

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application
        self._pages = ThreadPool(THREADS)
        self._downloads = ThreadPool(DOWNLOAD_THREADS)
        self._sent: set[_Remaining] = set()

    @property
    def sending(self) -> bool:
        """Whether a body is being sent that is larger than a page."""
        return bool(self._sent)

    def close(self) -> None:
        """Wait for the threads and end them, in the thread that made them, as gevent asks.

        For a process that goes on without the site: one that serves it ends with its threads.
        """
        self._pages.kill()
        self._downloads.kill()

    def __call__(
        self, environ: MutableMapping[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer a request, as PEP 3333 describes.

        Parameters
        ----------
        environ : dict
            The request.
        start_response : callable
            Takes the status and the headers.

        Returns
        -------
        iterable of bytes
            The body.  From its third piece on, each is read when the one before has been sent.
        """
        # The socket belongs to the thread of gevent: a slow body holds no thread of the site.
        length = int(environ.get("CONTENT_LENGTH") or 0)
        received = environ["wsgi.input"].read(length) if 0 < length <= MAX_BODY_LENGTH else b""
        return _run(self._pages, self._begin, environ, received, start_response)

    def _begin(
        self,
        environ: MutableMapping[str, Any],
        received: bytes,
        start_response: Callable[..., Any],
    ) -> Iterable[bytes]:
        """Return the body: whole if it has one piece, as pages have, else with two read."""
        changes = {"wsgi.input": io.BytesIO(received), "wsgi.file_wrapper": _in_pieces}
        with ExitStack() as closing:
            body = self._application({**environ, **changes}, start_response)
            closing.callback(getattr(body, "close", int))
            pieces = iter(body)
            begin = list(islice(pieces, 2))
            if len(begin) < 2:
                return begin
            closing = closing.pop_all()
            remaining = _Remaining(begin, pieces, closing.close, self._downloads)
            self._sent.add(remaining)
            closing.callback(self._sent.discard, remaining)
            return remaining


class _Remaining:
    """A body of which the first pieces are read, and the others in threads."""

    def __init__(
        self,
        begin: list[bytes],
        pieces: Iterator[bytes],
        close: Callable[[], None],
        threads: ThreadPool,
    ) -> None:
        self._begin = begin
        self._pieces = pieces
        self._close = close
        self._threads = threads

    def __iter__(self) -> Iterator[bytes]:
        while self._begin:
            yield self._begin.pop(0)
        while (piece := _run(self._threads, next, self._pieces, None)) is not None:
            yield piece

    def close(self) -> None:
        """Release what the body holds: files, or the cursor of a query."""
        _run(self._threads, self._close)


def _in_pieces(file: Any, _size: int) -> FileWrapper:
    return FileWrapper(file, PIECE_SIZE)


def _run(threads: ThreadPool, function: Callable[..., Value], *arguments: Any) -> Value:
    """Run a function in a thread, and return its result or raise its error."""
    # A future, because gevent prints the exceptions of its threads.
    future: Future[Value] = Future()

    def run() -> None:
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)

    threads.apply(run)
    return future.result()
