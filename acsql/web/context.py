"""Request helpers: the archive, validated parameters, and the observation named in the URL."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from flask import abort, current_app, g, redirect, request, url_for

from ..archive import Archive
from ..errors import QueryError
from ..images.disk_cache import DiskCache
from ..observation import Observation
from ..paths import proposal_name
from .params import Parameters

# The key of the archive in `Flask.extensions`.
ARCHIVE = "acsql"
# That of the cache of pictures.
PICTURE_CACHE = "acsql_pictures"

# Characters of a path to return to after the log-in; a URL has room for it.
_MAX_BACK = 2000
# A page of this site, whatever browsers make of further slashes and backslashes.
_LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x20]*")

Model = TypeVar("Model", bound=Parameters)


def current_archive() -> Archive:
    """Return the archive that the site shows."""
    return cast(Archive, current_app.extensions[ARCHIVE])


def picture_cache() -> DiskCache:
    """Return the cache of the pictures that are made on demand."""
    return cast(DiskCache, current_app.extensions[PICTURE_CACHE])


def parameters(model: type[Model]) -> Model:
    """Return the checked parameters of the request.

    Parameters
    ----------
    model : type
        A subclass of `Parameters`, or `Parameters` itself for a page without any.

    Returns
    -------
    Parameters
        An instance of the model.

    Raises
    ------
    QueryError
        If a parameter is unknown, repeated, or has a value that it cannot have.
    """
    return model.parse(request.args.to_dict(flat=False))


def address_of(path: str) -> str:
    """Return the URL of a page to which a form returns.

    Parameters
    ----------
    path : str
        The path and the parameters of a page, as a request has them.

    Returns
    -------
    str
        Without the host.

    Raises
    ------
    QueryError
        If it can lead to another site.
    """
    if not _LOCAL.fullmatch(path):
        raise QueryError("back must be the path of a page of this site")
    return request.script_root + path


def log_in_url() -> str:
    """Return the URL of the log-in that returns to the page of this request, if it can."""
    back = request.full_path.removesuffix("?")
    is_other = request.method == "GET" and request.endpoint != "login.page"
    can_return = is_other and len(back) <= _MAX_BACK and _LOCAL.fullmatch(back)
    return url_for("login.page", back=back if can_return else None)


def requested_observation(proposid: int | None, name: str) -> Observation:
    """Return the observation named in the URL, or redirect to its canonical URL.

    Parameters
    ----------
    proposid : int or None
        The proposal in the URL.
    name : str
        The rootname or ipppssoot in the URL, in any case.

    Returns
    -------
    Observation
        The observation, if the URL has its proposal and its ipppssoot.

    Raises
    ------
    InvalidName
        If the name cannot be a rootname.
    ObservationNotFound
        If there is no such observation.
    """
    observation = current_archive().observation(name)
    if (observation["proposid"], observation.ipppssoot) != (proposid, name):
        values: dict[str, Any] = {**request.args.to_dict(flat=False), **(request.view_args or {})}
        abort(redirect(observation_url(str(request.endpoint), observation, **values)))
    return observation


def observation_url(endpoint: str, item: Observation | Mapping[str, Any], **values: Any) -> str:
    """Return the URL of a page of an observation.

    Parameters
    ----------
    endpoint : str
        The page, such as ``observation.page`` or ``headers.header``.
    item : Observation or mapping
        The observation, or a row with its ``ipppssoot`` and ``proposid``.
    **values
        Other parts and parameters of the URL.

    Returns
    -------
    str
        Without the host.
    """
    ipppssoot = item.ipppssoot if isinstance(item, Observation) else item["ipppssoot"]
    names = {"proposid": proposal_name(item["proposid"]), "name": ipppssoot}
    return url_for(endpoint, **values | names)


def results_url(arguments: Mapping[str, str | Iterable[str]]) -> str:
    """Return the URL of the page of results.

    Parameters
    ----------
    arguments : mapping
        The values of each parameter, as `ResultsParameters.arguments` returns them.

    Returns
    -------
    str
        As ``url_for`` returns it, which takes twice the time; a page has a hundred.
    """
    if "results_url" not in g:
        g.results_url = url_for("results.page")
    values = {
        name: [value] if isinstance(value, str) else [*value] for name, value in arguments.items()
    }
    # The characters that werkzeug leaves as they are.
    query = urlencode(values, doseq=True, safe="!$'()*,/:;?@")
    return f"{g.results_url}?{query}" if query else str(g.results_url)


def filters_label(item: Observation | Mapping[str, Any]) -> str:
    """Return the filters of an observation as one text."""
    return " · ".join(name for name in (item["filter1"], item["filter2"]) if name)
