"""The endpoints that list annotations, add and change them, and undo that."""

from collections.abc import Callable
from typing import Annotated, Any, cast

from flask import Response, url_for
from pydantic import Field

from ...accounts.roles import Role, User
from ...annotatable import Batch, Observations
from ...annotation_files import COLUMNS, to_row
from ...annotations import new_id
from ...annotations.entries import MAX_ID, MAX_TEXT
from ...archive import Archive
from ...errors import AnnotationError
from ...export import FORMATS, plain
from .. import identity
from ..annotating import (
    MAX_OBSERVATIONS,
    Placed,
    annotating_archive,
    checked_search,
    earlier_batch,
    require_author,
)
from ..context import current_archive
from ..downloads import download
from ..json_response import PREFIX
from ..params import OneOf, WholeNumber
from .annotation_answers import AnnotationPage, AnnotationRecord, BatchAnswer
from .endpoint import MAX_INTEGER, ApiParameters, Body, Number, Rootname, endpoint

MAX_SIZE = 1000
# The largest number of an annotation that a request can name.
MAX_NUMBER = 10**12 - 1
RULE = f"{PREFIX}annotations"
# Formats that can be imported again.
FILE_FORMATS = ("csv", "ecsv", "jsonl")
FILE_TYPES = tuple(FORMATS[name].media_type for name in FILE_FORMATS)
# The parameters by which annotations are chosen.
_CHOICES = ("rootname", "proposid", "run", "flag", "by", "batch", "action")

Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
# Who writes, and the id of what is written together.
Author = dict[str, Any]
Word = Annotated[str, Field(min_length=1, max_length=MAX_ID)]


class AnnotationListParameters(ApiParameters):
    """The annotations to return, and their format."""

    rootname: Annotated[str | None, Field(description="Only annotations of this observation.")] = (
        None
    )
    proposid: Annotated[
        int | None,
        WholeNumber(0, MAX_INTEGER),
        Field(description="Only annotations of this proposal."),
    ] = None
    run: Annotated[
        int | None,
        WholeNumber(0, MAX_INTEGER),
        Field(description="Only annotations of this ingest run."),
    ] = None
    flag: Annotated[str, Field(description="Only annotations of this flag.")] = ""
    by: Annotated[str, Field(description="Only annotations by this user.")] = ""
    batch: Annotated[str, Field(description="Only annotations of this batch.")] = ""
    action: Annotated[
        str, Field(description="Only annotations with this action, such as flag.")
    ] = ""
    size: Annotated[int, WholeNumber(1, MAX_SIZE), Field(description="Annotations on a page.")] = 50
    after: Annotated[
        int | None,
        WholeNumber(0, MAX_NUMBER),
        Field(description='The "after" of the previous page.'),
    ] = None
    format: Annotated[
        str,
        OneOf(("json", *FILE_FORMATS)),
        Field(description="json for one page; any other format for a file with all."),
    ] = "json"

    @property
    def equal(self) -> dict[str, Any]:
        """The fields of the annotations and their values."""
        return {name: value for name, value in self.explicit().items() if name in _CHOICES}


class WritingBody(Body):
    """The fields that all requests to write have in common."""

    key: Annotated[
        str | None,
        Field(
            min_length=16,
            max_length=64,
            description="A second request of the same user with this key writes nothing.",
        ),
    ] = None

    def write(self, what: str, how: Callable[[Author], Batch]) -> BatchAnswer:
        """Write annotations once, as the user of the request.

        Parameters
        ----------
        what : str
            For the audit log.
        how : callable
            Writes them; its argument has ``by`` and ``key``, for the methods of `Archive`.

        Returns
        -------
        dict
            The annotations that were written.
        """
        user = identity.require(Role.ANNOTATE)
        key = new_id(user.name, self.key) if self.key else new_id()
        batch = earlier_batch(key) or how({"by": user.name, "key": key})
        return _answer(user, batch, what)


class ObservationsBody(WritingBody):
    """Observations: their rootnames, or a condition that they meet."""

    rootnames: Annotated[
        list[Rootname] | None, Field(min_length=1, max_length=MAX_OBSERVATIONS)
    ] = None
    q: Annotated[
        Text | None, Field(description="A condition in the query language, in place of rootnames.")
    ] = None
    expected: Annotated[
        int | None,
        Field(ge=0, description="The number of results of q; with another, nothing is written."),
    ] = None

    @property
    def has_observations(self) -> bool:
        """Whether it names observations."""
        return self.rootnames is not None or self.q is not None

    def observations(self, archive: Archive) -> Observations:
        """Return the observations; raise AnnotationError unless they are named in one way."""
        match self.rootnames, self.q:
            case list(rootnames), None:
                return rootnames
            case None, str(q):
                return checked_search(archive.where(q), self.expected)
        raise AnnotationError("give either rootnames or q")


class PlacedBody(Placed, ObservationsBody):
    """Observations, or one of their files, or a region of the image."""

    filetype: Word | None = None
    extension: Number | None = None
    region: Annotated[
        Word | None, Field(description="circle(x, y, radius) or box(x, y, width, height) in pixels")
    ] = None


class FlagBody(PlacedBody):
    """A flag to set or to clear."""

    flag: Word
    clear: bool = False
    text: Annotated[Text | None, Field(description="The reason.")] = None


class CommentBody(PlacedBody):
    """A comment on observations, on a proposal or on an ingest run."""

    text: Text
    proposid: Number | None = None
    run: Number | None = None


class CommentChangeBody(WritingBody):
    """A new text of a comment, or whether it is resolved."""

    comment: Annotated[Word, Field(description="The id of the comment.")]
    text: Text | None = None
    resolved: bool | None = None


class ViewedBody(ObservationsBody):
    """Observations to mark as viewed, or to remove the mark from."""

    viewed: bool = True


class ExampleBody(ObservationsBody):
    """Observations to show as examples of a flag, or no longer."""

    flag: Word
    example: bool = True


class UndoBody(Body):
    """The batch or annotation to undo."""

    written: Annotated[Word, Field(description="The id of a batch, or of one annotation.")]


@endpoint(RULE, FILE_TYPES)
def annotations(query: AnnotationListParameters) -> AnnotationPage | Response:
    """List annotations in the order in which they were written: one page, or all as a file."""
    archive = current_archive()
    if query.format != "json":
        rows = map(to_row, archive.annotations(query.after, **query.equal))
        return download(rows, COLUMNS, query.format, "annotations")
    found, after = archive.annotation_page(query.size, query.after, **query.equal)
    following = after and url_for(".annotations", **query.arguments(after=str(after)))
    records = [cast(AnnotationRecord, plain(to_row(entry))) for entry in found]
    return {"annotations": records, "after": after, "next": following or None}


@endpoint(f"{RULE}/flag", method="POST")
def flag(body: FlagBody) -> BatchAnswer:
    """Set a flag of observations, or clear it."""
    archive, place = annotating_archive(), body.place

    def write(author: Author) -> Batch:
        """Set or clear the flag."""
        chosen = body.observations(archive)
        return archive.flag(chosen, body.flag, body.text, clear=body.clear, **place, **author)

    return body.write("flag", write)


@endpoint(f"{RULE}/comment", method="POST")
def comment(body: CommentBody) -> BatchAnswer:
    """Comment on observations, on a proposal or on an ingest run."""
    archive, place = annotating_archive(), body.place

    def write(author: Author) -> Batch:
        """Add the comment."""
        chosen = body.observations(archive) if body.has_observations else None
        return archive.comment(
            body.text, chosen, proposid=body.proposid, run=body.run, **place, **author
        )

    return body.write("comment", write)


@endpoint(f"{RULE}/comment/change", method="POST")
def change_comment(body: CommentChangeBody) -> BatchAnswer:
    """Edit a comment, which its author and administrators may, or resolve or reopen it."""
    archive, id_, resolved = annotating_archive(), body.comment, body.resolved
    if body.text is not None:
        require_author(archive.annotation(id_))
    return body.write(
        "change comment",
        lambda author: archive.change_comment(id_, body.text, resolved=resolved, **author),
    )


@endpoint(f"{RULE}/viewed", method="POST")
def viewed(body: ViewedBody) -> BatchAnswer:
    """Mark observations as looked at by the user, or take the mark away."""
    archive = annotating_archive()
    return body.write(
        "viewed",
        lambda author: archive.mark_viewed(body.observations(archive), body.viewed, **author),
    )


@endpoint(f"{RULE}/example", method="POST")
def example(body: ExampleBody) -> BatchAnswer:
    """Mark observations as examples of one of their flags, or take the mark away."""
    archive = annotating_archive()
    return body.write(
        "example",
        lambda author: archive.mark_example(
            body.observations(archive), body.flag, body.example, **author
        ),
    )


@endpoint(f"{RULE}/undo", method="POST")
def undo(body: UndoBody) -> BatchAnswer:
    """Undo what was written together, or one annotation; an undo is undone by its own id."""
    user = identity.require(Role.ANNOTATE)
    return _answer(user, annotating_archive().undo(body.written, by=user.name), "undo")


def _answer(user: User, batch: Batch, what: str) -> BatchAnswer:
    identity.record("annotate", user.name, batch=batch.id, entries=batch.new, what=what)
    return {"batch": batch.id, "annotations": list(batch.annotations), "new": batch.new}
