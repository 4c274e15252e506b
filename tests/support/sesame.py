"""A local name resolver that speaks Sesame's protocol."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from urllib.parse import unquote

# Right ascension and declination of the object that it knows.
M87 = (187.70593077, 12.39112325)


class Sesame(ThreadingHTTPServer):
    """Knows M87 alone, and answers while it is released."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requested: list[str] = []
        self.released = Event()
        self.released.set()
        self.url = f"http://127.0.0.1:{self.server_port}/sesame/"


class _Handler(BaseHTTPRequestHandler):
    server: Sesame

    def do_GET(self) -> None:
        """Answer as https://cds.unistra.fr/cgi-bin/nph-sesame/SNV?M87 does."""
        name = unquote(self.path.partition("?")[2])
        self.server.requested.append(name)
        self.server.released.wait()
        ra, dec = M87
        body = f"# {name}\n#=S=Simbad\n%J {ra} +{dec} = 12:30:49.42 +12:23:28.0\n"
        if name != "M87":
            body = f"# {name}\n#!Sesame: Nothing found\n"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_arguments: object) -> None:
        """Log nothing."""


@contextmanager
def serving() -> Iterator[Sesame]:
    """Serve until the end of the block."""
    with Sesame() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.released.set()
            server.shutdown()
            thread.join()
