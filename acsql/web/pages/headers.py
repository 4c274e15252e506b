"""The headers of an observation: listed, shown with links to searches and plots, and as files."""

import json
from collections.abc import Mapping
from typing import Annotated

from flask import Blueprint, Response, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from ...errors import DatasetNotFound
from ...export import header_lines, header_record
from ...observation import Observation
from ...stored_header import Header
from ..context import current_archive, observation_url, parameters, requested_observation
from ..header_view import view_header
from ..params import OneOf, Parameters

MEDIA_TYPES = {"txt": "text/plain", "json": "application/json"}

blueprint = Blueprint("headers", __name__)


class HeaderParameters(Parameters):
    """Words that the shown keywords contain, and the file format."""

    q: str = ""
    format: Annotated[str, OneOf(("html", *MEDIA_TYPES))] = "html"

    def matches(self, *texts: str | None) -> bool:
        """Return whether the texts together contain every word of ``q``."""
        joined = " ".join(text for text in texts if text).lower()
        return all(word in joined for word in self.q.lower().split())


@blueprint.get("/archive/<proposal:proposid>/<name>/headers/")
def of_observation(proposid: int | None, name: str) -> str:
    """List the headers of an observation."""
    parameters(Parameters)
    observation = requested_observation(proposid, name)
    return render_template(
        "headers.html", api=url_for("api.headers", rootname=name), observation=observation
    )


@blueprint.get("/archive/<proposal:proposid>/<name>/headers/<filetype>/")
def of_file(proposid: int | None, name: str, filetype: str) -> BaseResponse:
    """Send all headers of a file, or redirect to the page of its first header."""
    query = parameters(HeaderParameters)
    observation = requested_observation(proposid, name)
    headers = observation.filetype_headers(filetype)
    if query.format != "html":
        return _file(observation, filetype, headers, query.format)
    first = next(iter(headers), 0)
    values = {"filetype": filetype, "extension": first, **query.arguments()}
    return redirect(observation_url("headers.header", observation, **values))


@blueprint.get("/archive/<proposal:proposid>/<name>/headers/<filetype>/<int:extension>/")
def header(proposid: int | None, name: str, filetype: str, extension: int) -> BaseResponse:
    """Show a header, or send it as a file."""
    query = parameters(HeaderParameters)
    observation = requested_observation(proposid, name)
    headers = observation.filetype_headers(filetype)
    if extension not in headers:
        raise DatasetNotFound(f"{observation.datasets[filetype]} has no extension {extension}")
    if query.format != "html":
        return _file(observation, filetype, {extension: headers[extension]}, query.format)
    shown = view_header(
        observation, headers[extension], filetype, extension, current_archive().specs
    )
    page = render_template(
        "header.html",
        api=url_for("api.header", rootname=name, filetype=filetype, extension=extension),
        observation=observation,
        filetype=filetype,
        extension=extension,
        extensions=headers,
        parameters=query,
        shown=shown,
    )
    return Response(page)


def _file(
    observation: Observation, filetype: str, headers: Mapping[int, Header], format_: str
) -> Response:
    """Return headers as a file that is named after their file and extension."""
    filename = observation.datasets[filetype]
    content = _json(headers) if format_ == "json" else _text(observation, filetype, headers)
    number = f"_{next(iter(headers))}" if len(headers) == 1 else ""
    name = f"{filename.removesuffix('.fits')}{number}_header.{format_}"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(f"{content}\n", mimetype=MEDIA_TYPES[format_], headers=disposition)


def _json(headers: Mapping[int, Header]) -> str:
    specs = current_archive().specs
    records = {number: header_record(each.stored, specs) for number, each in headers.items()}
    return json.dumps(records, indent=1, allow_nan=False)


def _text(observation: Observation, filetype: str, headers: Mapping[int, Header]) -> str:
    filename, in_file = observation.datasets[filetype], observation.file_headers(filetype)
    return "\n\n".join(
        "\n".join(
            (
                f"# {filename}[{number}] {each.extension_name}".rstrip(),
                *header_lines(in_file[number]),
            )
        )
        for number, each in headers.items()
    )
