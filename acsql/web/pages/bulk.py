"""The page that flags, comments or marks as viewed all results of a search, in one batch."""

from typing import Annotated

from flask import Blueprint, Response, render_template
from werkzeug.wrappers import Response as BaseResponse

from ...accounts.roles import Role, User
from ...annotatable import Batch
from ...errors import AnnotationError
from ...formatting import number, plural
from ...search import Search
from .. import identity
from ..annotating import (
    MAX_OBSERVATIONS,
    Form,
    Text,
    annotating_archive,
    checked_search,
    done,
    earlier_batch,
    sent,
)
from ..context import parameters
from ..params import OneOf, Parameters, WholeNumber

blueprint = Blueprint("bulk", __name__)


class BulkParameters(Parameters):
    """The search."""

    q: str = ""


class BulkForm(Form):
    """The annotation to write, and the number of observations that the reader was shown."""

    q: str = ""
    number: Annotated[int, WholeNumber(0, 10**9)]
    action: Annotated[str, OneOf(("flag", "clear", "comment", "view", "unview"))]
    flag: str | None = None
    text: Text | None = None


@blueprint.get("/annotations/bulk")
def page() -> str:
    """Show how many observations would be annotated, and the forms."""
    identity.require(Role.ANNOTATE)
    query = parameters(BulkParameters)
    return _page(query.q, int(_search(query.q).count()))


@blueprint.post("/annotations/bulk")
def write() -> BaseResponse:
    """Annotate all results, unless their number has changed since the form was shown."""
    user = identity.require(Role.ANNOTATE)
    parameters(Parameters)
    form = sent(BulkForm)
    search = _search(form.q)
    if batch := earlier_batch(form.batch(user)):
        return done(form, user, batch, _said(form))
    count = int(search.count())
    if count != form.number:
        message = f"The search had {number(form.number)} results and now has {number(count)}."
        return Response(_page(form.q, count, message), 409)
    return done(form, user, _write(form, user, checked_search(search)), _said(form))


def _search(q: str) -> Search:
    """Return the search in the archive for writing."""
    return annotating_archive().where(*([q] if q else []))


def _write(form: BulkForm, user: User, search: Search) -> Batch:
    archive, key = annotating_archive(), form.batch(user)
    match form.action:
        case "comment":
            return archive.comment(form.text or "", search, by=user.name, key=key)
        case "view" | "unview":
            return archive.mark_viewed(search, form.action == "view", by=user.name, key=key)
    if form.flag is None:
        raise AnnotationError("choose a flag")
    is_cleared = form.action == "clear"
    return archive.flag(search, form.flag, form.text, clear=is_cleared, by=user.name, key=key)


def _said(form: BulkForm) -> str:
    did = {
        "flag": f"flagged {form.flag}",
        "clear": f"cleared of {form.flag}",
        "comment": "commented",
        "view": "marked as viewed",
        "unview": "no longer marked as viewed",
    }[form.action]
    return f"{plural(form.number, 'observation')} {did}."


def _page(q: str, count: int, message: str = "") -> str:
    return render_template("bulk.html", q=q, number=count, message=message, most=MAX_OBSERVATIONS)
