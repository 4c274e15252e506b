"""The archive for programs: the searches and records of the site as JSON, and its health.

``openapi.yaml`` says what there is; every page of the site names its own address here.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from flask import Blueprint, Response, request, url_for

from .. import __version__
from ..errors import DatabaseError, DatabaseUnavailable, QueryError
from ..export import FORMATS, header_record, plain
from ..query import Column, keyword_row, search_keywords
from ..runs import OVERDUE_HOURS, is_overdue
from ..search.criteria import DEFAULT_COLUMNS
from ..stored_observation import Header
from . import access_log
from .context import parameters, the_archive
from .downloads import download
from .params import Address, split

HEALTH = "/health"
PREFIX = "/api/"
# Where the script of the viewer gets what it shows.
PIXELS = "/pixels/"
USUAL_SIZE = 50
MOST_AT_ONCE = 1000
# Seconds after which an estimate of a count will do.
COUNTING_S = 2
_NUMBER = "int(max=2147483647)"
# The format of a table for people is none for programs.
FILES = [name for name in FORMATS if name not in ("json", "table")]

api = Blueprint("api", __name__)


class Strict(Address):
    """Parameters as programs give them: what is empty is an error and not left out."""

    def check(self) -> None:
        """Raise QueryError if a parameter is unknown, empty, or given more often than it may be."""
        super().check()
        for name in self.names:
            if not self.all(name):
                raise QueryError(f"{name} is empty: leave it out")


class Numbered(Strict):
    """Parameters of which some are numbers."""

    def number(self, name: str, default: int | None, most: int) -> int | None:
        """Return a number from 1.

        Raises
        ------
        QueryError
            If it is none, or too large.
        """
        text = self.first(name)
        if not text:
            return default
        if not (text.isascii() and text.isdigit() and len(text) < 12 and 1 <= int(text) <= most):
            raise QueryError(f"{name} has to be a whole number from 1 to {most}, not {text!r}")
        return int(text)


class Question(Numbered):
    """What is asked for, in the query language."""

    single = ("q",)

    @property
    def conditions(self) -> list[str]:
        """The condition, if there is one."""
        return self.all("q")


class Search(Question):
    """A search: what to find, what to show of it, and how."""

    single = ("q", "columns", "sort", "size", "after", "format")

    @property
    def columns(self) -> list[str]:
        """The keywords to show."""
        return split(self.first("columns")) or list(DEFAULT_COLUMNS)

    @property
    def sort(self) -> list[str] | None:
        """The keywords to sort by, None for the usual order."""
        return split(self.first("sort")) or None

    @property
    def format(self) -> str:
        """``json`` for a page, or one of `FILES` for everything."""
        return self.chosen("format", ["json", *FILES], "json")


class Facet(Question):
    """The most frequent values of a keyword."""

    single = ("q", "limit")


class Words(Strict):
    """A part of a keyword's name or description."""

    single = ("q",)


class Runs(Numbered):
    """Some ingests."""

    single = ("limit", "before")


@api.get(PREFIX)
def index() -> Response:
    """Say what there is."""
    parameters(Address)
    here = request.path
    paths = [path for path in document()["paths"] if path.startswith(PREFIX) and path != here]
    return _json({"version": __version__, "document": url_for(".openapi"), "paths": paths})


@api.get(f"{PREFIX}openapi.json")
def openapi() -> Response:
    """Send the OpenAPI document."""
    parameters(Address)
    return _json(document())


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document of what stands here."""
    text = Path(__file__).with_name("openapi.yaml").read_text(encoding="utf-8")
    found = yaml.safe_load(text)
    found["info"]["version"] = __version__
    return found


@api.get(f"{PREFIX}observations")
def observations() -> Response:
    """Search."""
    asked = parameters(Search)
    archive = the_archive()
    columns = archive.columns(asked.columns)
    shown = {"columns": [column.address for column in columns], "sort": asked.sort}
    if asked.format != "json":
        for name in ("size", "after"):
            if asked.all(name):
                raise QueryError(f"{name} goes only with format=json: a file has all results")
        return download(archive.iter(*asked.conditions, **shown), columns, asked.format, "acsql")
    size = asked.number("size", USUAL_SIZE, MOST_AT_ONCE)
    after = asked.first("after") or None
    page = archive.page(*asked.conditions, **shown, size=size, after=after)
    following = page.next and url_for(".observations", **asked.arguments(after=page.next))
    rows = [_record(row, columns) for row in page.rows]
    return _json({"observations": rows, "after": page.next, "next": following})


@api.get(f"{PREFIX}count")
def count() -> Response:
    """Count."""
    asked = parameters(Question)
    found = the_archive().count(*asked.conditions, budget=COUNTING_S)
    return _json({"observations": int(found), "exact": found.exact})


@api.get(f"{PREFIX}facets/<keyword>")
def facets(keyword: str) -> Response:
    """Tell the values of a keyword and how often they occur."""
    asked = parameters(Facet)
    limit = asked.number("limit", USUAL_SIZE, MOST_AT_ONCE)
    archive = the_archive()
    (column,) = archive.columns([keyword])
    found = archive.facets(keyword, *asked.conditions, limit=limit)
    values = [{"value": plain(v, column), "observations": n} for v, n in found.items()]
    return _json({"keyword": column.address, "values": values})


@api.get(f"{PREFIX}observations/<rootname>")
def observation(rootname: str) -> Response:
    """Send what is known of an observation."""
    parameters(Address)
    archive = the_archive()
    found = archive.observation(rootname)
    metadata = _record(found.metadata, archive.columns(list(found.metadata)))
    rest = {"datasets": found.datasets, "files": found.files, "previews": found.previews}
    return _json(metadata | plain(rest))


@api.get(f"{PREFIX}observations/<rootname>/headers")
def headers(rootname: str) -> Response:
    """Send all headers of an observation."""
    parameters(Address)
    found = the_archive().observation(rootname).headers
    return _json({filetype: _headers(extensions) for filetype, extensions in found.items()})


@api.get(f"{PREFIX}observations/<rootname>/headers/<filetype>")
def filetype_headers(rootname: str, filetype: str) -> Response:
    """Send the headers of a file."""
    parameters(Address)
    return _json(_headers(the_archive().observation(rootname).filetype_headers(filetype)))


@api.get(f"{PREFIX}observations/<rootname>/headers/<filetype>/<{_NUMBER}:extension>")
def header(rootname: str, filetype: str, extension: int) -> Response:
    """Send a header."""
    parameters(Address)
    found = the_archive().observation(rootname).stored_header(filetype, extension)
    return _json(header_record(found.stored, the_archive().specs))


def _headers(extensions: Mapping[int, Header]) -> dict[str, Any]:
    specs = the_archive().specs
    return {str(number): header_record(found.stored, specs) for number, found in extensions.items()}


@api.get(f"{PREFIX}proposals")
def proposals() -> Response:
    """Send every proposal."""
    parameters(Address)
    return _json({"proposals": [asdict(found) for found in the_archive().proposals()]})


@api.get(f"{PREFIX}proposals/<{_NUMBER}:proposid>")
def proposal(proposid: int) -> Response:
    """Send a proposal."""
    parameters(Address)
    return _json(asdict(the_archive().proposal(proposid)))


@api.get(f"{PREFIX}keywords")
def keywords() -> Response:
    """Find keywords by a part of their name or description."""
    asked = parameters(Words)
    columns = search_keywords(asked.first("q"), the_archive().specs)
    return _json({"keywords": [keyword_row(column) for column in columns]})


@api.get(f"{PREFIX}summary")
def summary() -> Response:
    """Send what is in the archive."""
    parameters(Address)
    archive = the_archive()
    found = asdict(archive.summary())
    last = found.pop("last_run")
    age = archive.hours_since_success()
    return _json(
        found
        | {
            "last_run": None if last is None else _run(last),
            "hours_since_good_run": age,
            "overdue": is_overdue(age),
        }
    )


@api.get(f"{PREFIX}statistics")
def statistics() -> Response:
    """Send all that was counted after the last ingest."""
    parameters(Address)
    found = the_archive().statistics().values()
    names = ("name", "title", "counted", "rows")
    listed = [{name: getattr(statistic, name) for name in names} for statistic in found]
    return _json({"statistics": listed})


@api.get(f"{PREFIX}runs")
def runs() -> Response:
    """Send the newest ingests, or those before one of them."""
    asked = parameters(Runs)
    limit = asked.number("limit", USUAL_SIZE, MOST_AT_ONCE)
    before = asked.number("before", None, 2**31 - 1)
    return _json({"runs": [_run(record) for record in the_archive().runs(limit, before)]})


@api.get(f"{PREFIX}runs/<{_NUMBER}:number>")
def run(number: int) -> Response:
    """Send an ingest."""
    parameters(Address)
    return _json(_run(the_archive().run(number)))


def _run(record: Mapping[str, Any]) -> dict[str, Any]:
    told = {"number" if name == "_id" else name: value for name, value in record.items()}
    # Where it lies on the server's disk is nobody's business.
    return told | ({"log": url_for("runs.log", number=record["_id"])} if told.get("log") else {})


@api.get(HEALTH)
def health() -> Response:
    """Say whether the site can do its work, and whether ingests come to their end."""
    parameters(Address)
    archive = the_archive()
    told: dict[str, Any] = {"database": True, "schema": True, "message": None}
    told |= {"hours_since_good_run": None, "overdue": None, "overdue_hours": OVERDUE_HOURS}
    try:
        age = archive.hours_since_success()
        told |= {"hours_since_good_run": age, "overdue": is_overdue(age)}
        archive.check()
    except DatabaseUnavailable as error:
        told |= {"database": False, "schema": None, "message": str(error)}
    except DatabaseError as error:
        told |= {"schema": False, "message": str(error)}
    fine = told["database"] and told["schema"]
    response = _json({"status": "ok" if fine else "failing", **told})
    response.status_code = 200 if fine else 503
    response.cache_control.no_store = True
    return response


def _record(row: Mapping[str, Any], columns: list[Column]) -> dict[str, Any]:
    return {column.address: plain(row[column.address], column) for column in columns}


def _json(value: Any) -> Response:
    # Not by jsonify, which sorts keys: those of a header stand in the order of its file.
    return Response(json.dumps(plain(value)), mimetype="application/json")


def is_for_programs(path: str) -> bool:
    """Whether what stands under a path is read by programs."""
    return path == HEALTH or path.startswith((PREFIX, PIXELS))


def error(status: int, title: str, message: str) -> Response:
    """Return an error as programs read it."""
    told = {"error": title, "message": message, "request_id": access_log.request_id()}
    return Response(json.dumps(told), status, mimetype="application/json")


# Which address here has what a page shows, and how it calls what the page's address names.
_PAGES = {
    "home.page": ("summary", {}),
    "proposals.page": ("proposals", {}),
    "proposal.page": ("proposal", {"proposid": "proposid"}),
    "observation.page": ("observation", {"name": "rootname"}),
    "headers.of_observation": ("headers", {"name": "rootname"}),
    "headers.header": (
        "header",
        {"name": "rootname", "filetype": "filetype", "extension": "extension"},
    ),
    "runs.page": ("runs", {}),
    "runs.run": ("run", {"number": "number"}),
    "statistics.page": ("statistics", {}),
}


def address_of_page() -> str | None:
    """Return the address here of what the page shows that is asked for, None if there is none.

    A page of search results says so itself, for its search is known only there.
    """
    if request.endpoint not in _PAGES:
        return None
    endpoint, names = _PAGES[request.endpoint]
    given = {names[name]: value for name, value in request.view_args.items() if name in names}
    if None in given.values():
        return url_for("api.observations", q="missing(proposid)")
    return url_for(f"api.{endpoint}", **given)
