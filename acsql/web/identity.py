"""The user of a request: named by a token, by a proxy, by a session, or by the system on loopback.

A site identifies users in one of three ways, by its configuration: a proxy names them in a header
(`Config.user_header`); they log in to accounts; or, while there are no accounts and only programs
of this machine can reach the site, everyone is the user who serves it.  Tokens of accounts work in
each of them.  Pages that everyone may read do not ask for a user.
"""

import hmac
import ipaddress
from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app, g, request, session

from ..accounts import audit
from ..accounts.accounts import Account
from ..accounts.roles import Role, User, checked_name
from ..config import Config
from ..errors import AccountError, ArchiveError, LoginRequired, RightMissing
from ..permissions import user as system_user
from . import access_log
from .context import current_archive

# The key of `_Ways` in `Flask.extensions`.
_WAYS = "acsql.identity"
# The variable of WSGI in which a server itself names the user.
_REMOTE_USER = "REMOTE_USER"
# The keys of a session.
_NAME, _SESSION_ID = "name", "id"
# Headers by which a proxy can be recognised that the configuration does not know.
_PROXY_HEADERS = ("Forwarded", "Via", "X-Forwarded-For", "X-Real-IP")


@dataclass(frozen=True)
class _Ways:
    """The ways in which the site identifies its users.

    Attributes
    ----------
    variable : str, optional
        The variable of WSGI in which a proxy names the user.
    role : Role
        The role of a user whom the proxy names and who has no account.
    local_user : str, optional
        The user who serves the site, if only programs of this machine can reach it.
    """

    variable: str | None
    role: Role
    local_user: str | None


@dataclass(frozen=True)
class Visitor:
    """The user of a request, as the head of a page shows it.

    Attributes
    ----------
    name : str, optional
        The name of the user.
    may_log_in, may_log_out : bool
        Whether the site has accounts to log in to, and whether a session can end.
    """

    name: str | None = None
    may_log_in: bool = False
    may_log_out: bool = False


def register(app: Flask, config: Config, host: str) -> None:
    """Let an application know its users.

    Parameters
    ----------
    app : Flask
        The application.
    config : Config
        The settings `user_header`, `user_role`, `proxies`, `site_url` and `trusted_hosts`.
    host : str
        The name or address at which this machine serves the site.
    """
    is_public = config.proxies or config.site_url or config.trusted_hosts
    is_local = not is_public and _is_loopback(host)
    app.extensions[_WAYS] = _Ways(
        _variable(config.user_header),
        Role(config.user_role),
        system_user() if is_local else None,
    )


def current_user() -> User | None:
    """Return the user of the current request, None if nothing names one.

    Raises
    ------
    LoginRequired
        If a token is not valid.
    RightMissing
        If the proxy sends something that is not a name.
    DatabaseError
        If the database does not answer.
    """
    if "user" not in g:
        g.user = _identify()
    return cast("User | None", g.user)


def require(right: Role) -> User:
    """Return the user of the current request, who has a right.

    Parameters
    ----------
    right : Role
        The lowest role that has it.

    Returns
    -------
    User
        With this role or a higher one.

    Raises
    ------
    LoginRequired
        If nothing valid names the user.
    RightMissing
        If the user has a lower role.
    DatabaseError
        If the database does not answer.
    """
    user = current_user()
    if user is None:
        if _ways().variable:
            raise LoginRequired("The proxy in front of this site names no user for this request.")
        raise LoginRequired("Log in first, or send a token as: Authorization: Bearer acsql_...")
    if not user.role.includes(right):
        raise RightMissing(
            f"The role of {user.name} is {user.role}, and this needs the role {right}. "
            f"An administrator gives it: acsql users role {user.name} {right}"
        )
    return user


def visitor() -> Visitor:
    """Return what a page shows of its user; also an error page, which must not fail itself."""
    if not current_archive().answers:
        return Visitor()
    try:
        user = current_user()
        may_log_in = (
            user is None and _ways().variable is None and current_archive().accounts.exist()
        )
    except ArchiveError:
        # The page itself answers such an error, if it needs a user.
        return Visitor()
    has_session = user is not None and not user.by_token and _NAME in session
    return Visitor(user.name if user else None, may_log_in, has_session)


def log_in(account: Account) -> None:
    """Begin a session of an account."""
    # Nothing of a session that another person may have begun remains.
    session.clear()
    session.permanent = True
    session[_NAME], session[_SESSION_ID] = account.name, account.session_id
    g.user = User(account.name, account.role)


def log_out() -> None:
    """End the session of the browser."""
    session.clear()
    g.user = None


def record(action: str, by: str, **details: object) -> None:
    """Write an action of the current request to the audit log.

    Parameters
    ----------
    action : str
        As in `acsql.accounts.audit.record`.
    by : str
        The name of the user.
    **details
        Texts and numbers; the client and the id of the request are added.
    """
    where = {"client": request.remote_addr, "request_id": access_log.request_id()}
    audit.record(action, by, **details, **where)


def bearer_token() -> str | None:
    """Return the token that the request sends, None if it sends none."""
    authorization = request.authorization
    if authorization is None or authorization.type != "bearer":
        return None
    return authorization.token or ""


def _ways() -> _Ways:
    return cast(_Ways, current_app.extensions[_WAYS])


def _identify() -> User | None:
    """Find out who the user is; a token precedes what a browser sends with every request."""
    ways, accounts = _ways(), current_archive().accounts
    token = bearer_token()
    if token is not None:
        account = accounts.of_token(token)
        if account is None:
            raise LoginRequired("The token in the header Authorization is not valid.")
        return User(account.name, account.role, by_token=True)
    if ways.variable:
        return _named_by_proxy(ways.variable, ways.role)
    if _NAME in session:
        account = accounts.find(session[_NAME])
        if account and hmac.compare_digest(account.session_id, session[_SESSION_ID]):
            return User(account.name, account.role)
        return None
    if ways.local_user and not _is_forwarded() and not accounts.exist():
        return User(ways.local_user, Role.ADMINISTER)
    return None


def _named_by_proxy(variable: str, role: Role) -> User | None:
    """Return the user whom the proxy names; an account of this name has the role."""
    sent = request.environ.get(variable, "").strip()
    if not sent:
        return None
    try:
        name = checked_name(sent)
    except AccountError as error:
        raise RightMissing(
            f"The proxy in front of this site sends a wrong name: {error}"
        ) from error
    account = current_archive().accounts.find(name)
    return User(name, account.role if account else role)


def _variable(header: str | None) -> str | None:
    """Return the WSGI variable of a header (PEP 3333)."""
    if header is None or header == _REMOTE_USER:
        return header
    return f"HTTP_{header.upper().replace('-', '_')}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _is_forwarded() -> bool:
    """Return whether a proxy sends the request, so that its user may be on another machine."""
    return any(header in request.headers for header in _PROXY_HEADERS)
