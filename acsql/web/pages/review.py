"""Review: the results of a search one after another, with one key for each verdict.

The results left to review are those that the reader has not viewed.  Viewed marks are stored in the
archive, so a review continues where it stopped, in any browser.
"""

from itertools import islice
from string import ascii_lowercase, digits
from typing import Annotated, Any

from flask import Blueprint, render_template, url_for
from pydantic import Field
from werkzeug.wrappers import Response

from ...accounts.roles import Role, User
from ...annotations import Annotation
from ...keywords import Flag
from ...observation import Observation
from ...query import Equals, Not
from ...search import Search
from .. import identity
from ..annotating import Form, Text, annotating_archive, done, sent
from ..context import current_archive, parameters
from ..params import Parameters, split

# A verdict is a viewed mark, and a flag or none.
_MOST_OF_VERDICT = 2
# Without f, l and u, which are fine, later and undo, and n and p, which are keys of all pages.
_FLAG_KEYS = [key for key in digits[1:] + "0" + ascii_lowercase if key not in "flunp"]

blueprint = Blueprint("review", __name__)


class ReviewParameters(Parameters):
    """The search, and the cursor of the last observation that was left for later."""

    q: str = ""
    sort: str = ""
    after: str | None = None

    def search(self) -> Search:
        """Return the search under review."""
        conditions = [self.q] if self.q else []
        return current_archive().where(*conditions).sort(*split(self.sort))


class VerdictForm(Form):
    """The verdict of a reader on an observation: a flag with its reason, or nothing for fine."""

    rootname: str
    flag: str | None = None
    text: Text | None = None
    # Characters of a path, as in `Form`, which here has the whole search.
    back: Annotated[str, Field(max_length=2000)]


@blueprint.get("/review/")
def page() -> str:
    """Show the next observation of a search that the reader has not viewed."""
    user = identity.require(Role.ANNOTATE)
    query = parameters(ReviewParameters)
    search = query.search()
    left = search.where(Not(Equals("viewed_by", user.name)))
    shown = left.thumbnails(1, query.after)
    following = left.thumbnails(1, shown.next).rows if shown.next else []
    row = shown.rows[0] if shown.rows else None
    observation = _observation(shown.rows)
    return render_template(
        "review.html",
        query=query,
        row=row,
        following=_observation(following),
        observation=observation,
        pictured=_pictured,
        state=row and current_archive().annotation_state(rootname=row["rootname"]),
        left=int(left.count()),
        total=int(search.count()),
        later=url_for("review.page", **query.arguments(after=shown.next)),
        flags=_keys(row["detector"] if row else None),
        last=_last_verdict(search, user),
    )


@blueprint.post("/review/")
def judge() -> Response:
    """Store a verdict, and go on with the next observation."""
    user = identity.require(Role.ANNOTATE)
    parameters(Parameters)
    form = sent(VerdictForm)
    return _judged(form, user)


def _judged(form: VerdictForm, user: User) -> Response:
    archive, batch = annotating_archive(), form.batch(user)
    verdict = "fine"
    if form.flag:
        archive.flag(form.rootname, form.flag, form.text, by=user.name, key=batch)
        verdict = current_archive().specs.flags[form.flag].title
    viewed = archive.mark_viewed(form.rootname, by=user.name, key=batch)
    return done(form, user, viewed, f"{form.rootname}: {verdict}.")


def _last_verdict(search: Search, user: User) -> Annotation | None:
    """Return the last verdict of a user on a result of a search that can be undone, if any.

    Undone, it gives way to the verdict before it; marks of many observations are left alone.
    """
    archive = current_archive()
    last = archive.last_viewed(user.name)
    if last is None or last.batch is None:
        return None
    if not search.where(Equals("rootname", last.target.rootname)).count():
        return None
    together = islice(archive.annotations(batch=last.batch), _MOST_OF_VERDICT + 1)
    return last if len(list(together)) <= _MOST_OF_VERDICT else None


def _keys(detector: str | None) -> dict[str, Flag]:
    """Return the flags of a detector by their keys, which are the same for all detectors."""
    keys = dict(zip(_FLAG_KEYS, current_archive().specs.flags.values(), strict=False))
    return {
        key: flag
        for key, flag in keys.items()
        if not (detector and flag.detectors) or detector in flag.detectors
    }


def _observation(rows: list[dict[str, Any]]) -> Observation | None:
    """Return the observation of the first row, if any."""
    return current_archive().observation(rows[0]["rootname"]) if rows else None


def _pictured(observation: Observation | None) -> str | None:
    """Return the filetype with the best preview, None without any."""
    previews = observation.previews if observation else {}
    best = current_archive().specs.thumbnail_filetypes
    return next((name for name in best if previews.get(name, {}).get("jpeg")), None)
