"""Entries: statements about a target, each with its author, time and reason.

An entry never changes.  Clearing a flag, editing a comment and undoing add entries, so the history
of every target is complete, and simultaneous changes by two people are both kept.
"""

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from .. import names
from ..errors import AnnotationError, InvalidName
from ..keywords import KeywordSpecs

# Characters of a reason or comment, and of a name; several pages, and an address of e-mail.
MAX_TEXT = 10_000
MAX_NAME = 100
# Annotation ids, also those that other systems choose.
MAX_ID = 200

_NUMBER = r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*"
# Pixels that no image of Hubble has along a side, drizzled or not.
_MAX_PIXELS = 1e6
# Shapes as DS9 writes them, in pixels of the image: centre and radius, or centre and sides.
# https://ds9.si.edu/doc/ref/region.html
_REGION = re.compile(rf"(circle)\({_NUMBER},{_NUMBER},{_NUMBER}\)|"
                     rf"(box)\({_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}\)")  # fmt: skip


class Action(StrEnum):
    """The kinds of entries."""

    FLAG = "flag"
    CLEAR = "clear"
    COMMENT = "comment"
    EDIT = "edit"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    VIEW = "view"
    UNVIEW = "unview"
    EXAMPLE = "example"
    UNEXAMPLE = "unexample"
    UNDO = "undo"


# Actions that name an earlier entry.
_OF_ANOTHER = {Action.EDIT, Action.RESOLVE, Action.REOPEN, Action.UNDO}
_ABOUT_FLAGS = {Action.FLAG, Action.CLEAR, Action.EXAMPLE, Action.UNEXAMPLE}
_WITH_TEXT = {Action.COMMENT, Action.EDIT}


@dataclass(frozen=True)
class AnnotationTarget:
    """The target of an entry: an observation or a part of it, a proposal, or an ingest run.

    Attributes
    ----------
    rootname : str, optional
        The observation.
    filetype : str, optional
        One of its files.
    extension : int, optional
        An extension of the file.
    region : str, optional
        A region of the image, in pixels as DS9 counts them: ``circle(512, 300, 20)`` with a
        radius, ``box(512, 300, 40, 20)`` with its sides.
    proposid : int, optional
        The proposal.
    run : int, optional
        The number of the ingest run.
    """

    rootname: str | None = None
    filetype: str | None = None
    extension: int | None = None
    region: str | None = None
    proposid: int | None = None
    run: int | None = None

    @property
    def subject(self) -> tuple[str, str | int]:
        """The observation, proposal or run: the name of its field, and its value."""
        for name in ("rootname", "proposid", "run"):
            if (value := getattr(self, name)) is not None:
                return name, value
        raise AnnotationError("an annotation needs an observation, a proposal or a run")

    def includes(self, other: "AnnotationTarget") -> bool:
        """Return whether another target is this one or a part of it."""
        narrowed = ("filetype", "extension", "region")
        return self.subject == other.subject and all(
            getattr(self, name) in (None, getattr(other, name)) for name in narrowed
        )

    def checked(self, specs: KeywordSpecs) -> Self:
        """Return the target with its rootname and region as they are stored.

        Parameters
        ----------
        specs : KeywordSpecs
            With the filetypes.

        Raises
        ------
        AnnotationError
            If it is no target; the message says why.
        """
        subjects = [
            name for name in ("rootname", "proposid", "run") if getattr(self, name) is not None
        ]
        if len(subjects) != 1:
            raise AnnotationError("an annotation has one of an observation, a proposal and a run")
        if self.rootname is None:
            if (self.filetype, self.extension, self.region) != (None, None, None):
                raise AnnotationError(f"a {subjects[0]} has no filetype, extension or region")
            return self
        try:
            rootname = names.rootname(self.rootname)
        except InvalidName as error:
            raise AnnotationError(str(error)) from error
        if self.filetype is not None and self.filetype not in specs.filetypes:
            known = ", ".join(specs.filetypes)
            raise AnnotationError(f"unknown filetype {self.filetype!r}; the filetypes are {known}")
        if self.filetype is None and (self.extension is not None or self.region):
            raise AnnotationError("an extension or region needs a filetype")
        if self.extension is not None and self.extension < 0:
            raise AnnotationError(f"there is no extension {self.extension}")
        return replace(self, rootname=rootname, region=_region(self.region))


def _region(text: str | None) -> str | None:
    """Return a region in one spelling."""
    if not text:
        return None
    match = _REGION.fullmatch(text.strip().lower())
    if not match:
        raise AnnotationError(
            f"{text[:80]!r} is not a region: write circle(x, y, radius) or "
            "box(x, y, width, height) in pixels"
        )
    shape, *numbers = (group for group in match.groups() if group is not None)
    values = [round(float(number), 3) for number in numbers]
    if min(values[2:]) <= 0:
        raise AnnotationError(f"{text[:80]!r} has no area: its sizes are numbers above 0")
    if max(map(abs, values)) >= _MAX_PIXELS:
        raise AnnotationError(f"{text[:80]!r} is far outside of every image")
    # Zero is added because the negative one has a sign.
    return f"{shape}({', '.join(f'{value + 0:.10g}' for value in values)})"


@dataclass(frozen=True)
class Annotation:
    """An entry in the log of annotations.

    Attributes
    ----------
    id : str
        Its key.  An entry with the key of a stored one is that one, and not stored again.
    action : Action
        The kind of entry.
    target : AnnotationTarget
        Its target.
    by : str
        Who has written it.
    when : datetime
        When (UTC).
    flag : str, optional
        The flag that is set or cleared, or of which the observation is an example.
    text : str, optional
        A comment, or the reason of a flag; plain text.
    of : str, optional
        The entry that this one edits, resolves, reopens or undoes.
    batch : str, optional
        Shared by entries that were written together, and can be undone together.
    """

    id: str
    action: Action
    target: AnnotationTarget
    by: str
    when: datetime
    flag: str | None = None
    text: str | None = None
    of: str | None = None
    batch: str | None = None

    def checked(self, specs: KeywordSpecs) -> Self:
        """Return the entry with its target as it is stored.

        Parameters
        ----------
        specs : KeywordSpecs
            With the flags and filetypes.

        Raises
        ------
        AnnotationError
            If a part is missing, unknown or too long; the message says which.
        """
        if not self.by.strip() or len(self.by) > MAX_NAME:
            raise AnnotationError(f"by: expected a name of 1 to {MAX_NAME} characters")
        if not self.id or len(self.id) > MAX_ID:
            raise AnnotationError(f"an entry has an id of 1 to {MAX_ID} characters")
        if len(self.text or "") > MAX_TEXT:
            raise AnnotationError(f"a text has at most {MAX_TEXT} characters")
        if self.action in _WITH_TEXT and not (self.text or "").strip():
            raise AnnotationError("a comment needs a text")
        if (self.action in _OF_ANOTHER) != (self.of is not None):
            raise AnnotationError(f"{self.action}: name the entry that it is about, or none")
        if (self.action in _ABOUT_FLAGS) != (self.flag is not None):
            raise AnnotationError(f"{self.action}: name a flag, or none")
        if self.flag is not None and self.flag not in specs.flags:
            known = ", ".join(specs.flags)
            raise AnnotationError(
                f"there is no flag {self.flag!r}: add it to flags.yaml of the archive's specs, or "
                f"use another; the flags are {known}"
            )
        return replace(self, target=self.target.checked(specs))


def undone(entries: Iterable[Annotation], by: str, when: datetime, batch: str) -> list[Annotation]:
    """Return the entries that undo others.

    Parameters
    ----------
    entries : iterable of Annotation
        The entries to undo; an undo is undone by having its entry in effect again.
    by : str
        Who undoes them.
    when : datetime
        When (UTC).
    batch : str
        The batch of the new entries.

    Returns
    -------
    list of Annotation
        One for each.  Undoing the same in the same batch gives the same ids.
    """
    return [
        Annotation(
            new_id(batch, entry.id), Action.UNDO, entry.target, by, when, of=entry.id, batch=batch
        )
        for entry in entries
    ]


def new_id(*parts: Any) -> str:
    """Return the id of an entry: random, or the same for the same parts."""
    if not parts:
        return uuid.uuid4().hex
    return uuid.uuid5(uuid.NAMESPACE_OID, "\n".join(map(str, parts))).hex
