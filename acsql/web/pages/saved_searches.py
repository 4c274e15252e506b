"""Saved searches: what is new in each since the reader last looked, and a feed for each."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from feedgenerator import Atom1Feed
from flask import Blueprint, Response, abort, redirect, render_template, url_for
from pydantic import Field
from werkzeug.wrappers import Response as BaseResponse

from ... import query
from ...accounts.roles import Role, User
from ...errors import QueryError, RightMissing
from ...export.values import FORBIDDEN_IN_XML, escape
from ...saved_searches import MAX_NAME, SavedSearch
from .. import identity
from ..annotating import Form, annotating_archive, sent
from ..context import current_archive, filters_label, observation_url, parameters
from ..params import OneOf, Parameters, WholeNumber

# Observations of a feed.
FEED_SIZE = 50
# Parameters of the results page that are saved with the conditions.
VIEW = ("view", "sort", "columns")
_EPOCH, _SECOND = datetime(1970, 1, 1), timedelta(seconds=1)

blueprint = Blueprint("saved_searches", __name__)


class SaveParameters(Parameters):
    """A search of the results page, to be saved."""

    q: str | None = None
    view: str | None = None
    sort: str | None = None
    columns: str | None = None


class SaveForm(Form, SaveParameters):
    """A search with its name."""

    name: Annotated[str, Field(max_length=MAX_NAME)]
    shared: Annotated[str, OneOf(("yes",))] | None = None


class ChangeForm(Form):
    """A change of a saved search."""

    change: Annotated[str, OneOf(("seen", "share", "unshare", "remove"))]
    # The newest date of ingest when the page was made, in seconds since 1970, as dates of ingest
    # are whole seconds: what was ingested later, the reader has not seen.
    shown: Annotated[int | None, WholeNumber(0, 10**11)] = None

    def seen(self, newest: datetime) -> datetime:
        """Return the date of ingest up to which the reader has seen (UTC)."""
        newest_shown = newest if self.shown is None else _EPOCH + self.shown * _SECOND
        return min(newest_shown, newest)


@blueprint.get("/saved/")
def page() -> str:
    """Show the saved searches of the reader and shared ones, with the number of new results."""
    user = identity.require(Role.READ)
    proposed = parameters(SaveParameters)
    searches = current_archive().saved_searches
    shown = (searches.newest() - _EPOCH) // _SECOND
    looks = searches.last_looks(user.name)
    found = searches.visible(user.name)
    return render_template(
        "saved_searches.html",
        searches=found,
        shown=shown,
        links={each.id: _link(each) for each in found},
        new={each.id: _new(each, looks.get(each.id)) for each in found},
        proposed=proposed if proposed.model_fields_set else None,
    )


@blueprint.post("/saved/")
def save() -> BaseResponse:
    """Save a search."""
    user = identity.require(Role.ANNOTATE)
    parameters(Parameters)
    form = sent(SaveForm)
    view = {name: value for name in VIEW if (value := getattr(form, name))}
    annotating_archive().saved_searches.add(
        form.name,
        form.q or "",
        view=view,
        shared=form.shared is not None,
        by=user.name,
        key=form.batch(user),
    )
    identity.record("save search", user.name, name=form.name)
    return redirect(url_for(".page"), 303)


@blueprint.post("/saved/<key>/")
def change(key: str) -> BaseResponse:
    """Mark the results as seen; or share or remove a search, which its owner alone may do."""
    user = identity.require(Role.ANNOTATE)
    parameters(Parameters)
    form = sent(ChangeForm)
    searches = annotating_archive().saved_searches
    saved = _visible(key, user)
    if form.change == "seen":
        searches.look(key, user.name, form.seen(searches.newest()))
    elif saved.owner != user.name and not user.role.includes(Role.ADMINISTER):
        raise RightMissing(f"Only {saved.owner} can change this saved search.")
    elif form.change == "remove":
        searches.remove(key)
    else:
        searches.share(key, form.change == "share")
    identity.record(f"{form.change} saved search", user.name, name=saved.name)
    return redirect(url_for(".page"), 303)


@blueprint.get("/saved/<key>/feed.atom")
def feed(key: str) -> Response:
    """Send the newest results of a saved search as an Atom feed."""
    parameters(Parameters)
    saved = _visible(key, identity.current_user())
    search = current_archive().saved_searches.search(saved).sort("-first_ingest_date")
    here = url_for(".feed", key=key, _external=True)
    link = url_for("results.page", _external=True, **_arguments(saved))
    title, described = _xml(saved.name), _xml(saved.q or "all observations")
    atom = Atom1Feed(title, link, described, feed_url=here, language="en")
    columns = ("rootname", "ipppssoot", "proposid", "targname", "detector", "filter1", "filter2")
    for row in search.columns(*columns, "exptime", "first_ingest_date").limit(FEED_SIZE).rows():
        parts = (row["targname"], row["detector"], filters_label(row))
        ingested = row["first_ingest_date"]
        atom.add_item(
            row["ipppssoot"],
            observation_url("observation.page", row, _external=True),
            _xml(" · ".join(part for part in parts if part)),
            unique_id=f"tag:acsql,2026:{row['rootname']}",
            updateddate=ingested and ingested.replace(tzinfo=UTC),
            author_name=f"Proposal {row['proposid']}",
        )
    return Response(atom.writeString("utf-8"), mimetype="application/atom+xml")


def _visible(key: str, user: User | None) -> SavedSearch:
    """Return a saved search that a user may see."""
    saved = current_archive().saved_searches.find(key)
    if saved is None or not (saved.shared or (user and saved.owner == user.name)):
        abort(404)
    return saved


def _xml(text: str) -> str:
    """Return a text as XML can represent it, as VOTables have it."""
    return escape(text, FORBIDDEN_IN_XML)


def _arguments(saved: SavedSearch) -> dict[str, Any]:
    return {"q": saved.q} | saved.view


def _link(saved: SavedSearch) -> str:
    return url_for("results.page", **_arguments(saved))


def _new(saved: SavedSearch, seen: datetime | None) -> tuple[int | None, str]:
    """Return the number of new results, None if a keyword no longer exists, and their page."""
    archive = current_archive()
    try:
        search = archive.saved_searches.new(saved, seen)
    except QueryError:
        return None, _link(saved)
    text = query.format_condition(search.condition, archive.specs)
    return int(search.count()), url_for("results.page", **_arguments(saved) | {"q": text})
