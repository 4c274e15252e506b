"""The forms with which a reader flags, comments, marks as viewed and undoes, one route for each."""

from typing import Annotated

from flask import Blueprint
from werkzeug.wrappers import Response

from ...accounts.roles import Role
from ...annotations import Action
from ...errors import AnnotationError
from .. import identity
from ..annotating import Form, TargetForm, Text, annotating_archive, done, require_author, sent
from ..context import current_archive, parameters
from ..params import OneOf, Parameters

blueprint = Blueprint("annotations", __name__, url_prefix="/annotations")


class FlagForm(TargetForm):
    """A flag to set or to clear, and why."""

    flag: str
    text: Text | None = None
    change: Annotated[str, OneOf(("set", "clear"))] = "set"


class CommentForm(TargetForm):
    """A new comment."""

    text: Text


class CommentChangeForm(Form):
    """A change of a comment: its new text, or whether it is resolved."""

    comment: str
    text: Text | None = None
    change: Annotated[str, OneOf(("edit", "resolve", "reopen"))]


class ViewedForm(TargetForm):
    """The form that adds or removes the viewed mark of the reader."""

    change: Annotated[str, OneOf(("mark", "unmark"))]


class ExampleForm(TargetForm):
    """The form that makes an observation an example of a flag, or no longer."""

    flag: str
    change: Annotated[str, OneOf(("mark", "unmark"))]


class UndoForm(Form):
    """The form that undoes a batch, or one annotation."""

    written: str


@blueprint.post("/flag")
def flag() -> Response:
    """Set or clear a flag of an observation, or of a part of it."""
    user = identity.require(Role.ANNOTATE)
    parameters(Parameters)
    form = sent(FlagForm)
    is_cleared = form.change == "clear"
    batch = annotating_archive().flag(
        _rootname(form),
        form.flag,
        form.text,
        clear=is_cleared,
        by=user.name,
        key=form.batch(user),
        **form.place,
    )
    title = current_archive().specs.flags[form.flag].title
    return done(form, user, batch, f"{title}: {'cleared' if is_cleared else 'set'}.")


@blueprint.post("/comment")
def comment() -> Response:
    """Comment on an observation or a part of it, on a proposal or on a run."""
    user = identity.require(Role.ANNOTATE)
    parameters(Parameters)
    form = sent(CommentForm)
    batch = annotating_archive().comment(
        form.text,
        form.rootname,
        proposid=form.proposid,
        run=form.run,
        by=user.name,
        key=form.batch(user),
        **form.place,
    )
    return done(form, user, batch, "Comment added.")


@blueprint.post("/comment/change")
def change_comment() -> Response:
    """Edit, resolve or reopen a comment; its author alone, or an administrator, edits it."""
    user = identity.require(Role.ANNOTATE)
    parameters(Parameters)
    form = sent(CommentChangeForm)
    archive = annotating_archive()
    is_edit = form.change == "edit"
    if is_edit:
        require_author(archive.annotation(form.comment))
    batch = archive.change_comment(
        form.comment,
        form.text if is_edit else None,
        resolved=None if is_edit else form.change == "resolve",
        by=user.name,
        key=form.batch(user),
    )
    did = {"edit": "edited", "resolve": "resolved", "reopen": "reopened"}[form.change]
    return done(form, user, batch, f"Comment {did}.")


@blueprint.post("/viewed")
def viewed() -> Response:
    """Mark an observation as looked at by the reader, or take the mark away."""
    user = identity.require(Role.ANNOTATE)
    parameters(Parameters)
    form = sent(ViewedForm)
    is_marked = form.change == "mark"
    batch = annotating_archive().mark_viewed(
        _rootname(form), is_marked, by=user.name, key=form.batch(user)
    )
    return done(form, user, batch, "Marked as viewed." if is_marked else "No longer marked.")


@blueprint.post("/example")
def example() -> Response:
    """Mark an observation as an example of a flag, or take the mark away."""
    user = identity.require(Role.ANNOTATE)
    parameters(Parameters)
    form = sent(ExampleForm)
    is_marked = form.change == "mark"
    batch = annotating_archive().mark_example(
        _rootname(form), form.flag, is_marked, by=user.name, key=form.batch(user)
    )
    title = current_archive().specs.flags[form.flag].title
    return done(form, user, batch, f"{title}: {'an' if is_marked else 'no longer an'} example.")


@blueprint.post("/undo")
def undo() -> Response:
    """Undo what was written together, or one annotation."""
    user = identity.require(Role.ANNOTATE)
    parameters(Parameters)
    form = sent(UndoForm)
    archive = annotating_archive()
    batch = archive.undo(form.written, by=user.name)
    undone = next(archive.annotations(batch=form.written), None)
    is_redo = undone is not None and undone.action is Action.UNDO
    return done(form, user, batch, "Done again." if is_redo else "Undone.")


def _rootname(form: TargetForm) -> str:
    if form.rootname is None:
        raise AnnotationError("the form names no observation")
    return form.rootname
