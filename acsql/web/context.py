"""What every route needs: the archive, the parameters, and the observation of an address.

The pages are spread over several modules, and this is what those have in common.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from flask import abort, current_app, redirect, request, url_for

from ..archive import Archive
from ..observation import Observation
from ..paths import NO_PROPOSAL
from .params import Address

# The name under which the application keeps its archive.
ARCHIVE = "acsql"

Asked = TypeVar("Asked", bound=Address)


def the_archive() -> Archive:
    """Return the archive that the site shows."""
    return current_app.extensions[ARCHIVE]


def parameters(kind: type[Asked]) -> Asked:
    """Return the parameters of the request, checked.

    Raises
    ------
    QueryError
        If one is unknown, or given more often than it may be.
    """
    asked = kind(request.args.to_dict(flat=False))
    asked.check()
    return asked


def named_observation(proposid: int | None, name: str) -> Observation:
    """Return an observation; under another name than its own the browser is sent to that.

    Raises
    ------
    InvalidName, ObservationNotFound
        If there is none of that name.
    """
    found = the_archive().observation(name)
    if (found["proposid"], found.ipppssoot) != (proposid, name):
        given = {**request.args.to_dict(flat=False), **(request.view_args or {})}
        given |= {"proposid": proposal_name(found["proposid"]), "name": found.ipppssoot}
        abort(redirect(url_for(request.endpoint, **given)))
    return found


def proposal_name(proposid: int | None) -> str:
    """Return how addresses call a proposal."""
    return NO_PROPOSAL if proposid is None else str(proposid)


def in_archive(endpoint: str, item: Observation | Mapping[str, Any], **values: Any) -> str:
    """Return the address of a page of an observation, given as such or as a row.

    Parameters
    ----------
    endpoint : str
        The page: ``observation``, or with the module that has it, ``headers.header``.
    """
    ipppssoot = item.ipppssoot if isinstance(item, Observation) else item["ipppssoot"]
    proposid = proposal_name(item["proposid"])
    return url_for(endpoint, proposid=proposid, name=ipppssoot, **values)


def summary_of_filters(item: Observation | Mapping[str, Any]) -> str:
    """Return the filters of an observation as one text."""
    return " · ".join(name for name in (item["filter1"], item["filter2"]) if name)
