"""State: the current flags, comments and viewed marks of a target, computed from its entries.

Entries are read in the order in which they were written.  An undo cancels an entry, so an undo can
itself be undone, and a flag that two people set remains when one of them undoes it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from .entries import Action, Annotation, AnnotationTarget


@dataclass(frozen=True)
class PlacedFlag:
    """A flag that holds for a target.

    Attributes
    ----------
    flag : str
        Its name.
    target : AnnotationTarget
        The observation, or the file or region of it.
    by : str
        Who has set it last.
    when : datetime
        When (UTC).
    why : str, optional
        The reason.
    entry : str
        The id of the entry that has set it.
    """

    flag: str
    target: AnnotationTarget
    by: str
    when: datetime
    why: str | None
    entry: str


@dataclass(frozen=True)
class Comment:
    """A comment as it reads now.

    Attributes
    ----------
    id : str
        The id of the entry that has added it.
    target : AnnotationTarget
        Its target.
    by : str
        Who has written it.
    when : datetime
        When (UTC).
    text : str
        The text, after all edits.
    history : tuple of str
        The texts before, the first one first.
    resolved : bool
        Whether it needs no more attention.
    """

    id: str
    target: AnnotationTarget
    by: str
    when: datetime
    text: str
    history: tuple[str, ...] = ()
    resolved: bool = False


@dataclass(frozen=True)
class State:
    """The current annotations of an observation, a proposal or a run.

    Attributes
    ----------
    flags : tuple of PlacedFlag
        The flags, in the order in which they were set first.
    comments : tuple of Comment
        The comments, oldest first.
    viewed : dict
        Who has looked at it, and when (UTC).
    examples : tuple of str
        The names of those of its flags of which it is an example, sorted.
    """

    flags: tuple[PlacedFlag, ...]
    comments: tuple[Comment, ...]
    viewed: dict[str, datetime]
    examples: tuple[str, ...] = ()

    @property
    def flag_names(self) -> list[str]:
        """The names of the flags, each once, in alphabetical order."""
        return sorted({placed.flag for placed in self.flags})


def in_effect(entries: Sequence[Annotation]) -> list[Annotation]:
    """Return the entries that are not undone, without the undos.

    Parameters
    ----------
    entries : sequence of Annotation
        In the order in which they were written.
    """
    kept = [
        entry
        for entry, has_been_undone in _backwards(entries)
        if not has_been_undone and entry.action is not Action.UNDO
    ]
    return kept[::-1]


def is_undone(key: str, entries: Sequence[Annotation]) -> bool:
    """Return whether an entry is undone; it may itself be an undo.

    Parameters
    ----------
    key : str
        The id of the entry.
    entries : sequence of Annotation
        The entries of its subject, in the order in which they were written.
    """
    return next((undone for entry, undone in _backwards(entries) if entry.id == key), False)


def _backwards(entries: Sequence[Annotation]) -> Iterator[tuple[Annotation, bool]]:
    """Yield entries from the last to the first, each with whether it is undone."""
    undone_ids = set()
    # Only a later entry undoes one, and it may itself be undone by one still later.
    for entry in reversed(entries):
        has_been_undone = entry.id in undone_ids
        if entry.action is Action.UNDO and not has_been_undone:
            undone_ids.add(entry.of)
        yield entry, has_been_undone


def state(entries: Sequence[Annotation]) -> State:
    """Return the state after some entries.

    Parameters
    ----------
    entries : sequence of Annotation
        The entries of one observation, proposal or run, in the order in which they were written.

    Returns
    -------
    State
        The flags, comments and viewed marks that are in effect.
    """
    effective = in_effect(entries)
    viewed: dict[str, datetime] = {}
    for entry in effective:
        if entry.action is Action.VIEW:
            viewed[entry.by] = entry.when
        elif entry.action is Action.UNVIEW:
            viewed.pop(entry.by, None)
    flags = _flags(effective)
    return State(flags, _comments(effective), viewed, _examples(effective, flags))


def _flags(entries: Iterable[Annotation]) -> tuple[PlacedFlag, ...]:
    """Return the flags that hold; clearing a flag of a file clears those of its regions, too."""
    placed: dict[tuple[str, AnnotationTarget], PlacedFlag] = {}
    for entry in entries:
        if entry.flag is None:
            continue
        if entry.action is Action.FLAG:
            placed[entry.flag, entry.target] = PlacedFlag(
                entry.flag, entry.target, entry.by, entry.when, entry.text, entry.id
            )
        elif entry.action is Action.CLEAR:
            for flag, target in list(placed):
                if flag == entry.flag and entry.target.includes(target):
                    del placed[flag, target]
    return tuple(placed.values())


def _examples(entries: Iterable[Annotation], flags: Iterable[PlacedFlag]) -> tuple[str, ...]:
    """Return the flags that the target is an example of; a cleared flag has no example."""
    marked = {
        entry.flag: entry.action is Action.EXAMPLE
        for entry in entries
        if entry.action in (Action.EXAMPLE, Action.UNEXAMPLE)
    }
    return tuple(sorted({placed.flag for placed in flags if marked.get(placed.flag)}))


def _comments(entries: Iterable[Annotation]) -> tuple[Comment, ...]:
    comments: dict[str, Comment] = {}
    for entry in entries:
        if entry.action is Action.COMMENT:
            comments[entry.id] = Comment(
                entry.id, entry.target, entry.by, entry.when, entry.text or ""
            )
        elif entry.of in comments:
            comments[entry.of] = _changed(comments[entry.of], entry)
    return tuple(comments.values())


def _changed(comment: Comment, entry: Annotation) -> Comment:
    match entry.action:
        case Action.EDIT:
            history = (*comment.history, comment.text)
            return replace(comment, text=entry.text or "", history=history)
        case Action.RESOLVE | Action.REOPEN:
            return replace(comment, resolved=entry.action is Action.RESOLVE)
    return comment
