"""The endpoint that says who the user of a request is, by which a script can check its token."""

from .. import identity
from ..json_response import PREFIX
from .answers import UserAnswer
from .endpoint import endpoint


@endpoint(f"{PREFIX}user")
def user() -> UserAnswer:
    """Return the user of the request and the role."""
    found = identity.current_user()
    if found is None:
        return {"name": None, "role": None}
    return {"name": found.name, "role": found.role.value}
