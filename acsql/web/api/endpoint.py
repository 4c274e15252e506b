"""API endpoints: functions whose signature is both the request handling and the documentation.

An endpoint takes the parts of its path, as ``query`` a model of its parameters, and as ``body`` a
model of the JSON object that it reads; it returns what becomes the JSON response.
`acsql.web.api.openapi` generates the OpenAPI document from the same annotations.  (spectree does
this for Flask as well, but it checks parameters after Flask has dropped repeated ones, and
documents no response but JSON.)
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Annotated, Any, Literal, Self, get_type_hints

from flask import Blueprint, Response, abort, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...errors import QueryError
from ..context import parameters
from ..json_response import json_response
from ..params import Parameters

# The largest integer in a path; MongoDB stores run numbers and proposids as 32-bit integers.
MAX_INTEGER = 2**31 - 1
# The same as a converter of Flask.
INTEGER = f"int(max={MAX_INTEGER})"

Number = Annotated[int, Field(ge=0, le=MAX_INTEGER)]
Rootname = Annotated[
    str,
    Field(
        pattern="^[A-Za-z][A-Za-z0-9]{7,8}$",
        description="Eight or nine letters and digits, the first a letter, in any case.",
    ),
]
Name = Annotated[str, Field(min_length=1)]
View = Callable[..., Any]

blueprint = Blueprint("api", __name__)


class ApiParameters(Parameters):
    """The parameters of an endpoint: unlike on pages, a parameter without a value is an error."""

    refuse_empty = True


class Body(BaseModel):
    """The JSON object of a request; a field that the model does not have is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @classmethod
    def read(cls) -> Self:
        """Return the checked object of the request.

        Returns
        -------
        Body
            An instance of this class.

        Raises
        ------
        QueryError
            If it is not JSON, or a field is missing, unknown or has a value that it cannot have.
        """
        if not request.is_json:
            abort(415, "Send a JSON object, with the header Content-Type: application/json.")
        try:
            return cls.model_validate_json(request.get_data())
        except ValidationError as error:
            messages = [
                ": ".join(filter(None, (".".join(map(str, each["loc"])), each["msg"])))
                for each in error.errors(include_url=False, include_input=False)
            ]
            raise QueryError("; ".join(messages)) from error


@dataclass(frozen=True)
class Endpoint:
    """An endpoint of the API.

    Parameters
    ----------
    rule : str
        The URL rule of Flask.
    view : callable
        The function.
    file_types : tuple of str
        The media types of files that it can return instead of JSON.
    method : str
        The method of HTTP: GET reads, POST writes.
    """

    rule: str
    view: View
    file_types: tuple[str, ...]
    method: Literal["GET", "POST"]

    @property
    def model(self) -> type[Parameters]:
        """The model of the query parameters."""
        model: type[Parameters] = get_type_hints(self.view).get("query", ApiParameters)
        return model

    @property
    def body(self) -> type[Body] | None:
        """The model of the JSON object that it reads, None if it reads none."""
        return get_type_hints(self.view).get("body")


ENDPOINTS: list[Endpoint] = []


def endpoint(
    rule: str, file_types: tuple[str, ...] = (), method: Literal["GET", "POST"] = "GET"
) -> Callable[[View], View]:
    """Make a function an endpoint.

    Parameters
    ----------
    rule : str
        The URL rule of Flask.
    file_types : tuple of str
        The media types of files that the function can return as a ``Response``.
    method : str
        The method of HTTP: GET reads, POST writes.

    Returns
    -------
    callable
        The decorator.
    """

    def register(view: View) -> View:
        """Add the endpoint, and return the view that handles its requests."""
        added = Endpoint(rule, view, file_types, method)
        takes_query = "query" in get_type_hints(view)

        @wraps(view)
        def respond(**parts: Any) -> Response:
            """Validate the input, call the view and return its result as JSON."""
            query = parameters(added.model)
            if takes_query:
                parts["query"] = query
            if added.body:
                parts["body"] = added.body.read()
            value = view(**parts)
            return value if isinstance(value, Response) else json_response(value)

        ENDPOINTS.append(added)
        blueprint.add_url_rule(rule, view.__name__, respond, methods=[method])
        return view

    return register
