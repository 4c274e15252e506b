"""The types of the responses about annotations, from which their documentation is generated."""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict


class AnnotationRecord(TypedDict):
    """An annotation: one thing that a user or a script has noted."""

    id: str
    when: Annotated[str, Field(description="When it was written, UTC.")]
    by: str
    action: Literal[
        "flag",
        "clear",
        "comment",
        "edit",
        "resolve",
        "reopen",
        "view",
        "unview",
        "example",
        "unexample",
        "undo",
    ]
    rootname: str | None
    filetype: str | None
    extension: int | None
    region: str | None
    proposid: int | None
    run: int | None
    flag: str | None
    text: Annotated[str | None, Field(description="The comment, or the reason of a flag.")]
    of: Annotated[str | None, Field(description="The annotation that it changes or undoes.")]
    batch: Annotated[str | None, Field(description="The batch with which it was written.")]


class AnnotationPage(TypedDict):
    """One page of annotations, with the URL of the next one."""

    annotations: list[AnnotationRecord]
    after: Annotated[int | None, Field(description="The cursor of the next page.")]
    next: Annotated[str | None, Field(description="The URL of the next page.")]


class FlagRecord(TypedDict):
    """A flag of the vocabulary."""

    name: str
    title: str
    description: Annotated[str, Field(description="Its look in an image.")]
    detectors: Annotated[list[str], Field(description="Its detectors; an empty list for all.")]
    filetypes: Annotated[list[str], Field(description="Its filetypes; an empty list for all.")]
    example: Annotated[str | None, Field(description="An observation that shows it.")]
    observations: Annotated[int, Field(description="Number of observations that have it.")]


class FlagList(TypedDict):
    """The vocabulary of flags."""

    flags: list[FlagRecord]


class HeldRecord(TypedDict):
    """A current annotation of an observation or of a part of it."""

    annotation: Annotated[str, Field(description="The id of its annotation.")]
    filetype: str | None
    extension: int | None
    region: Annotated[str | None, Field(description="In pixels of the extension.")]
    by: str
    when: Annotated[str, Field(description="When it was written, UTC.")]


class HeldFlag(HeldRecord):
    """A flag that holds."""

    flag: str
    text: Annotated[str | None, Field(description="The reason.")]


class HeldComment(HeldRecord):
    """A comment as it reads now."""

    text: str
    history: Annotated[list[str], Field(description="Earlier texts, the first one first.")]
    resolved: bool


class ViewedMark(TypedDict):
    """A viewed mark: the user, and the time."""

    by: str
    when: Annotated[str, Field(description="When, UTC.")]


class HeldAnnotations(TypedDict):
    """The current annotations of an observation."""

    rootname: str
    flags: list[HeldFlag]
    comments: list[HeldComment]
    viewed: list[ViewedMark]
    examples: Annotated[list[str], Field(description="Flags of which it is an example.")]


class BatchAnswer(TypedDict):
    """A batch of annotations, which can be undone as a whole."""

    batch: str
    annotations: Annotated[list[str], Field(description="The ids of the annotations.")]
    new: Annotated[int, Field(description="Number of annotations that were not stored before.")]
