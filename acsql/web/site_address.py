"""The address of the site: its trusted hosts, and the beginning of its absolute URLs.

A client can send any ``Host``, and absolute URLs end up in scripts that people run and in caches.
So the settings decide: absolute URLs begin with `Config.site_url` whatever a request says, and a
request to a host that is not trusted is refused.  The application refuses it, because an error page
needs an address to link to; until then it counts as a request to this machine.
"""

import re
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import psutil
from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from ..config import Config
from . import errors

# Programs on this machine, such as health checks, may always call the site by these names.
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
# A host as in RFC 3986, section 3.2.2, and a port; registered names are ASCII in a request.
_HOST = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?", re.ASCII)
# Unreserved characters of RFC 3986: no prefix begins with two slashes, which would be another host.
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)*", re.ASCII)
# Why a request is refused, in its WSGI environment.
_REFUSED = "acsql.refused"


def register(app: Flask, config: Config, host: str) -> None:
    """Let an application answer at the trusted hosts only, under its prefix.

    Parameters
    ----------
    app : Flask
        The application; hooks that it registers before come first.
    config : Config
        The settings `site_url`, `trusted_hosts` and `proxies`.
    host : str
        The name or address at which this machine serves the site.
    """
    application: SiteAddress | ProxyFix = SiteAddress(app.wsgi_app, config, host)
    if number := config.proxies:
        application = ProxyFix(application, number, number, number, x_prefix=number)
    app.wsgi_app = application  # type: ignore[method-assign]  # as the documentation of Flask does

    @app.before_request
    def refuse() -> Response | None:
        """Refuse a request that `SiteAddress` does not trust."""
        reason = request.environ.get(_REFUSED)
        return errors.error_response(400, "Unknown address", reason) if reason else None


class SiteAddress:
    """WSGI middleware that sets the scheme, the host and the prefix of a request.

    Parameters
    ----------
    application : callable
        The WSGI application.
    config : Config
        The settings `site_url` and `trusted_hosts`.
    host : str
        As in `register`.
    """

    def __init__(self, application: WSGIApplication, config: Config, host: str) -> None:
        self._application = application
        self._site = urlsplit(config.site_url or "")
        self._prefix = self._site.path.rstrip("/")
        set_hosts = (*config.trusted_hosts, self._site.hostname or "")
        hosts = (*LOOPBACK, *(set_hosts if any(set_hosts) else _hosts_of_this_machine(host)))
        self._hosts = {_in_brackets(name.lower()) for name in hosts}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        if reason := self._reason_to_refuse(environ):
            environ |= {_REFUSED: reason, "HTTP_HOST": LOOPBACK[0], "SCRIPT_NAME": ""}
        if self._site.netloc:
            environ |= {"wsgi.url_scheme": self._site.scheme, "HTTP_HOST": self._site.netloc}
        if self._prefix:
            path = environ["PATH_INFO"]
            # A proxy that removes the prefix may say so, and then the path is without it.
            if not environ["SCRIPT_NAME"] and path.startswith(f"{self._prefix}/"):
                environ["PATH_INFO"] = path.removeprefix(self._prefix)
            environ["SCRIPT_NAME"] = self._prefix
        return self._application(environ, start_response)

    def _reason_to_refuse(self, environ: WSGIEnvironment) -> str | None:
        """Return why a request is refused, and complete one without a host."""
        host = environ.setdefault("HTTP_HOST", LOOPBACK[0])
        match = _HOST.fullmatch(host)
        if match is None or match[1].lower() not in self._hosts:
            return (
                f"This site does not answer at the host {host!r:.100}. "
                "Its operator can add a host to the setting trusted_hosts."
            )
        if environ["wsgi.url_scheme"] not in ("http", "https"):
            return "The X-Forwarded-Proto of a proxy must be http or https."
        environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "").rstrip("/")
        if not _PREFIX.fullmatch(environ["SCRIPT_NAME"]):
            return "The X-Forwarded-Prefix of a proxy must be a path such as /acsql."
        return None


def _hosts_of_this_machine(host: str) -> Iterable[str]:
    """Yield the names and addresses at which a site without settings answers."""
    yield from (host, socket.gethostname())
    for addresses in psutil.net_if_addrs().values():
        for address in addresses:
            if address.family in (socket.AF_INET, socket.AF_INET6):
                # Without the interface, as in fe80::1%eth0.
                yield address.address.partition("%")[0]


def _in_brackets(host: str) -> str:
    """Return a host as it stands in a URL: an IPv6 address in brackets."""
    return f"[{host.strip('[]')}]" if ":" in host else host
