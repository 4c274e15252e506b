"""Sessions, in signed cookies that only this site receives, and over HTTPS if it has that."""

from datetime import timedelta

from flask import Flask, request, url_for
from flask.sessions import SecureCookieSessionInterface

from ..accounts.session_key import session_key
from ..config import Config

COOKIE = "acsql_session"
# The time after the log-in at which a session ends.
LIFETIME = timedelta(days=7)


class _Cookies(SecureCookieSessionInterface):
    """The cookies of a site whose scheme and prefix may come from its proxy."""

    def get_cookie_secure(self, _app: Flask) -> bool:
        """Return whether browsers send the cookie over HTTPS only."""
        return request.is_secure

    def get_cookie_path(self, _app: Flask) -> str:
        """Return the path below which browsers send the cookie."""
        return url_for("home.page")


def key_of(config: Config) -> str:
    """Return the key that signs the cookies of an archive.

    Parameters
    ----------
    config : Config
        The settings `session_key_file` and `data_dir`.

    Returns
    -------
    str
        The key, which is made if it is missing.

    Raises
    ------
    ConfigError
        If its file cannot be read or made.
    """
    return session_key(config.session_key_file or config.data_dir / "session.key")


def register(app: Flask, config: Config) -> None:
    """Give an application sessions.

    Parameters
    ----------
    app : Flask
        The application.
    config : Config
        As in `key_of`.
    """
    app.secret_key = key_of(config)
    app.session_interface = _Cookies()
    app.config.update(
        SESSION_COOKIE_NAME=COOKIE,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=LIFETIME,
        # Pictures and files, which caches may keep, have no cookie.
        SESSION_REFRESH_EACH_REQUEST=False,
    )
