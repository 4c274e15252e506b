"""Shared parts of the forms that annotate: their fields, their user, and the undo.

The site reads as a database user who may write nothing.  It annotates through a second connection,
of a user who may add annotations and nothing else.
"""

import re
from threading import Lock
from typing import Annotated, Any, TypeVar

from flask import Flask, current_app, flash, redirect, request, url_for
from markupsafe import Markup, escape
from pydantic import BeforeValidator, Field
from werkzeug.wrappers import Response

from ..accounts.roles import Role, User
from ..annotatable import Batch
from ..annotations import Annotation, AnnotationTarget, State, new_id
from ..annotations.entries import MAX_TEXT
from ..archive import Archive
from ..errors import AnnotationError, ArchiveError, RightMissing
from ..fits.wcs import read_usable_wcs
from ..formatting import number
from ..observation import Observation
from ..search import Search
from . import identity
from .context import address_of
from .params import Parameters, WholeNumber

# The key of the connection in `Flask.extensions`.
_CONNECTION = "acsql.annotating"
# Observations that one request annotates, in some 10 s; the command line has no limit.
MAX_OBSERVATIONS = 20_000
_MAX_NUMBER = 2**31 - 1
_NUMBERS = re.compile(r"-?[0-9.]+")
# A rootname or ipppssoot of ACS: a word that begins with j and has a digit.
_NAME = re.compile(r"\b(j(?=[a-z]*[0-9])[a-z0-9]{7,8})\b", re.ASCII | re.IGNORECASE)


def _with_short_line_ends(text: str) -> str:
    """Return a text with the line ends that ``maxlength`` counts; browsers send two characters."""
    return text.replace("\r\n", "\n")


Text = Annotated[str, Field(max_length=MAX_TEXT), BeforeValidator(_with_short_line_ends)]
Number = Annotated[int | None, WholeNumber(0, _MAX_NUMBER)]


class Placed:
    """A request about an observation or a part of it: fields filetype, extension and region."""

    @property
    def place(self) -> dict[str, Any]:
        """The part of the observation, for the methods of `Archive`."""
        return {name: getattr(self, name) for name in ("filetype", "extension", "region")}


class Form(Parameters):
    """A form that writes.

    Attributes
    ----------
    key : str
        Different in each form that a page shows: a form that is sent twice writes once.
    back : str
        The path of the page to return to.
    csrf_token : str
        Checked by `acsql.web.rights`.
    """

    key: Annotated[str, Field(min_length=16, max_length=64)]
    back: Annotated[str, Field(max_length=2000)] = "/"
    csrf_token: str = ""

    def batch(self, user: User) -> str:
        """Return the id of what a user writes with this form.

        It is another for another user, for other values of the fields, and once what was written
        has been undone: a browser that goes back to a form sends it again with the same key.
        """
        sent_values = sorted(self.model_dump(exclude={"key", "back", "csrf_token"}).items())
        return annotating_archive().usable_id(new_id(user.name, self.key, sent_values))


class TargetForm(Placed, Form):
    """A form about an observation or a part of it, a proposal or an ingest run."""

    rootname: str | None = None
    filetype: str | None = None
    extension: Number = None
    region: Annotated[str | None, Field(max_length=200)] = None
    proposid: Number = None
    run: Number = None


Model = TypeVar("Model", bound=Form)


class _Connection:
    """The archive opened as the database user who annotates, when it is needed first."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._lock = Lock()
        self._opened: Archive | None = None

    def archive(self) -> Archive:
        """Return the archive for writing annotations."""
        with self._lock:
            self._opened = self._opened or self._open()
        return self._opened

    def _open(self) -> Archive:
        config = self._archive.config.for_annotating
        if config.connection_string == self._archive.config.connection_string:
            return self._archive
        return Archive(config, self._archive.time_limit, wait=0)


def register(app: Flask, archive: Archive) -> Archive:
    """Let an application annotate an archive.

    Parameters
    ----------
    app : Flask
        The application.
    archive : Archive
        The archive that it reads.

    Returns
    -------
    Archive
        The same archive, in which ``viewed(me)`` is about the reader of the page.
    """
    archive = archive.as_person(lambda: identity.require(Role.READ).name)
    app.extensions[_CONNECTION] = _Connection(archive)
    app.jinja_env.globals |= {"may_annotate": may_annotate, "form_key": new_id}
    app.jinja_env.filters |= {"linked": linked, "part": described}
    return archive


def annotating_archive() -> Archive:
    """Return the archive through which the site writes annotations."""
    connection: _Connection = current_app.extensions[_CONNECTION]
    return connection.archive()


def may_annotate() -> bool:
    """Return whether the user of the request may annotate; False without a user."""
    try:
        user = identity.current_user()
    except ArchiveError:
        return False
    return user is not None and user.role.includes(Role.ANNOTATE)


def sent(model: type[Model]) -> Model:
    """Return the checked fields of the form of the request.

    Raises
    ------
    QueryError
        If a field is unknown, repeated, or has a value that it cannot have.
    """
    form = model.parse(request.form.to_dict(flat=False))
    address_of(form.back)
    return form


def checked_search(search: Search, expected: int | None = None) -> Search:
    """Return a search whose results a request may annotate.

    Parameters
    ----------
    search : Search
        The search.
    expected : int, optional
        The number of its results that the user knows.

    Returns
    -------
    Search
        The same search.

    Raises
    ------
    AnnotationError
        If it has more results than a request may annotate, or another number than expected.
    """
    found = int(search.count())
    if expected is not None and found != expected:
        raise AnnotationError(f"the search has {number(found)} results, not {number(expected)}")
    if found > MAX_OBSERVATIONS:
        raise AnnotationError(
            f"{number(found)} observations are more than the {number(MAX_OBSERVATIONS)} that a "
            "request annotates; acsql flag, comment and viewed have no limit"
        )
    return search


def earlier_batch(key: str) -> Batch | None:
    """Return what was written with a key before, None if nothing was.

    It may have changed what its search finds, so writing again could write more.
    """
    ids = tuple(entry.id for entry in annotating_archive().annotations(batch=key))
    return Batch(key, ids, 0) if ids else None


def require_author(annotation: Annotation) -> None:
    """Refuse a change of an annotation by others than its author and administrators.

    Parameters
    ----------
    annotation : Annotation
        The annotation that the user of the request would change.

    Raises
    ------
    RightMissing
        If another user has written it.
    """
    user = identity.require(Role.ANNOTATE)
    if annotation.by != user.name and not user.role.includes(Role.ADMINISTER):
        raise RightMissing(f"Only {annotation.by} can edit this comment. Add your own.")


def done(form: Form, user: User, batch: Batch, what: str) -> Response:
    """Record what was written, and return to the page of the form with a way to undo it.

    Parameters
    ----------
    form : Form
        The form.
    user : User
        Who has sent it.
    batch : Batch
        The annotations that were written.
    what : str
        The message of the page.

    Returns
    -------
    Response
        A redirect.
    """
    identity.record("annotate", user.name, batch=batch.id, entries=batch.new, what=what)
    flash(what, batch.id)
    return redirect(address_of(form.back), 303)


def described(target: AnnotationTarget) -> str:
    """Return the part of an observation that a target is, as pages show it; blank for all of it."""
    extension = None if target.extension is None else f"extension {target.extension}"
    return ", ".join(part for part in (target.filetype, extension, target.region) if part)


def sky_positions(observation: Observation, state: State) -> dict[AnnotationTarget, str]:
    """Return where regions of images are on the sky.

    Parameters
    ----------
    observation : Observation
        With the headers that have the world coordinates.
    state : State
        Its state.

    Returns
    -------
    dict of str
        Right ascension and declination of the centre in degrees, by target; without regions of
        images that have no coordinates.
    """
    positions = {}
    targets = {flag.target for flag in state.flags} | {each.target for each in state.comments}
    for target in targets:
        header = observation.headers.get(target.filetype or "", {}).get(target.extension or 0)
        wcs = header and target.region and read_usable_wcs(header)
        if wcs and target.region:
            x, y = map(float, _NUMBERS.findall(target.region)[:2])
            ra, dec = wcs.to_astropy().all_pix2world(x, y, 1)
            positions[target] = f"RA {ra:.6f}°, Dec {dec:+.6f}°"
    return positions


def linked(text: str) -> Markup:
    """Return a plain text as HTML, in which the names of observations are links."""
    parts = _NAME.split(text)
    words = [
        Markup('<a href="{}">{}</a>').format(url_for("search_box.go", name=part), part)
        if number % 2
        else escape(part)
        for number, part in enumerate(parts)
    ]
    return Markup("").join(words)
