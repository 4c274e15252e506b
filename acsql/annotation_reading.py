"""Reading and watching the annotations of an archive, for scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Self

from . import annotation_files, names
from .annotations import Action, Annotation, State, is_undone, new_id, state
from .errors import AnnotationError
from .query import Equals
from .run_reading import RunReading
from .saved_searches import SavedSearches
from .store.annotations import reads
from .watching import annotation_watch
from .watching.watch import Pace

# Annotations among which the last viewed mark is found, so that no page reads more.
_NEWEST = 1000
_FIELDS = ("rootname", "proposid", "run", "flag", "by", "batch", "action")


class AnnotationReading(RunReading):
    """An archive whose annotations can be read; the base of `acsql.annotatable.Annotatable`."""

    saved_searches: SavedSearches

    def as_person(self, name: str | Callable[[], str]) -> Self:
        """Return the same open archive for another person than the user of the operating system.

        Parameters
        ----------
        name : str or callable
            The name, or a function that returns it whenever a search or an annotation needs it.

        Returns
        -------
        Archive
            In which ``viewed(me)`` is about this person, who also is the author of annotations.

        Examples
        --------
        >>> archive.as_person("ann").count("viewed(me)")
        0
        """
        other = copy(self)
        person = (lambda: name) if isinstance(name, str) else name
        other._source = replace(self._source, person=person)
        other.saved_searches = SavedSearches(other._source)
        return other

    def annotations(self, after: int | None = None, **equal: Any) -> Iterator[Annotation]:
        """Yield annotations in the order in which they were written.

        Parameters
        ----------
        after : int, optional
            The number of annotations to skip.
        **equal
            ``rootname``, ``proposid``, ``run``, ``flag``, ``by``, ``batch`` or ``action``, and
            the value that they have.

        Yields
        ------
        Annotation
            With who, when, what and why.

        Raises
        ------
        AnnotationError
            If there is no such field.

        Examples
        --------
        >>> list(archive.annotations(flag="satellite_trail"))
        []
        """
        found = reads.numbered(self._source.store, after, **_checked(equal))
        return (entry for _, entry in found)

    def annotation_page(
        self, size: int, after: int | None = None, **equal: Any
    ) -> tuple[list[Annotation], int | None]:
        """Return some annotations in the order in which they were written.

        Parameters
        ----------
        size : int
            At most this many.
        after : int, optional
            The cursor of the page before.
        **equal
            As in `annotations`.

        Returns
        -------
        annotations : list of Annotation
            The annotations.
        cursor : int or None
            The cursor of the next page, None if there is none.

        Raises
        ------
        AnnotationError
            If there is no such field.

        Examples
        --------
        >>> archive.annotation_page(50, flag="satellite_trail")
        ([], None)
        """
        found = list(islice(reads.numbered(self._source.store, after, **_checked(equal)), size + 1))
        shown = found[:size]
        return [entry for _, entry in shown], shown[-1][0] if len(found) > size else None

    def export_annotations(self, path: str | Path, **equal: Any) -> None:
        """Write annotations to a file, also what has been cleared or undone.

        Parameters
        ----------
        path : str or Path
            The file, in the export format to which its ending belongs: `import_annotations` reads
            ``.csv``, ``.jsonl`` and ``.ecsv``.  An existing one is replaced.
        **equal
            As in `annotations`.

        Raises
        ------
        AnnotationError
            If there is no such field.
        QueryError
            If the ending belongs to no format.
        ArchiveError
            If the file cannot be written.

        Examples
        --------
        >>> archive.export_annotations(folder / "trails.ecsv", flag="satellite_trail")
        """
        annotation_files.write(Path(path), self.annotations(**equal))

    def annotation(self, key: str) -> Annotation:
        """Return one annotation.

        Parameters
        ----------
        key : str
            Its id.

        Returns
        -------
        Annotation
            The entry as it was written.

        Raises
        ------
        AnnotationError
            If there is none.

        Examples
        --------
        >>> archive.annotation(batch.annotations[0]).by  # doctest: +SKIP
        'ann'
        """
        found = reads.get(self._source.store, key)
        if found is None:
            raise AnnotationError(f"there is no annotation {key!r}")
        return found

    def is_undone(self, written: str) -> bool:
        """Return whether annotations that were written together have no effect any more.

        Parameters
        ----------
        written : str
            The id of a batch or of one annotation, as `Archive.undo` takes it.

        Returns
        -------
        bool
            True if the first of them is undone, False also if nothing has this id.

        Examples
        --------
        >>> archive.is_undone("nothing")
        False
        """
        together = self.annotations(batch=written)
        first = next(together, None) or reads.get(self._source.store, written)
        if first is None:
            return False
        subject: dict[str, Any] = dict([first.target.subject])
        return is_undone(first.id, list(self.annotations(**subject)))

    def usable_id(self, written: str) -> str:
        """Return an id with which annotations have an effect when they are written.

        Parameters
        ----------
        written : str
            The id of a batch or of one annotation.

        Returns
        -------
        str
            The same, or another one if its annotations are undone.

        Examples
        --------
        >>> archive.usable_id("nothing")
        'nothing'
        """
        while self.is_undone(written):
            written = new_id(written)
        return written

    def last_viewed(self, person: str) -> Annotation | None:
        """Return the newest viewed mark of a person that this person has not undone.

        Parameters
        ----------
        person : str
            Who has looked.

        Returns
        -------
        Annotation or None
            None if there is none among their newest 1,000 annotations.

        Examples
        --------
        >>> archive.last_viewed("nobody")
        """
        undone_ids = set()
        for entry in islice(reads.newest(self._source.store, person), _NEWEST):
            if entry.id in undone_ids:
                continue
            if entry.action is Action.UNDO:
                undone_ids.add(entry.of)
            elif entry.action is Action.VIEW:
                return entry
        return None

    def vanished(self, flag: str) -> list[str]:
        """Return the observations with a flag that the archive no longer has.

        Parameters
        ----------
        flag : str
            The name of the flag.

        Returns
        -------
        list of str
            Their rootnames, sorted; their annotations are kept.

        Examples
        --------
        >>> archive.vanished("other")
        []
        """
        search = self.where(Equals("flags", flag))
        flagged = reads.rootnames(self._source.store, search.condition)
        if len(flagged) == search.count():
            return []
        found = {row["rootname"] for row in search.columns("rootname").rows()}
        return sorted(set(flagged) - found)

    def watch_annotations(
        self,
        checkpoint: str | Path,
        *,
        patience: float | None = None,
        every: float = 10,
        **equal: Any,
    ) -> Iterator[Annotation]:
        """Yield each annotation once, also those written between two scripts.

        An annotation is recorded in the checkpoint as delivered when the script requests the
        next one.

        Parameters
        ----------
        checkpoint : str or Path
            The file with which this script resumes, created if it does not exist.
        patience : float, optional
            Seconds without a new annotation after which the watch ends: 0 for a nightly job,
            None (the default) to wait forever.
        every : float
            Seconds between two looks at the database.
        **equal
            As in `annotations`.

        Yields
        ------
        Annotation
            In the order in which they were written.

        Raises
        ------
        AnnotationError
            If there is no such field.
        ArchiveError
            If the file is not a checkpoint, or another script has it open.

        Examples
        --------
        >>> for annotation in archive.watch_annotations("flags.checkpoint", action="flag"):
        ...     notify(annotation)  # doctest: +SKIP
        """
        pace, fields = Pace(patience, every), _checked(equal)
        return annotation_watch.watch(self._source.store, Path(checkpoint), pace, **fields)

    def annotation_state(self, **subject: Any) -> State:
        """Return the current annotations of an observation, a proposal or a run.

        Parameters
        ----------
        **subject
            One of ``rootname``, ``proposid`` and ``run``.

        Returns
        -------
        State
            The flags with their regions and reasons, the comments with their history, and who
            has looked at it; also of an observation that the archive does not have.

        Raises
        ------
        AnnotationError
            If there is not exactly one subject.

        Examples
        --------
        >>> archive.annotation_state(proposid=9019).comments
        ()
        """
        if len(subject) != 1 or not subject.keys() <= {"rootname", "proposid", "run"}:
            raise AnnotationError("give one of rootname, proposid and run")
        return state(list(self.annotations(**subject)))


def _checked(equal: dict[str, Any]) -> dict[str, Any]:
    """Return fields of annotations and their values, with rootnames as they are stored."""
    if unknown := [name for name in equal if name not in _FIELDS]:
        raise AnnotationError(f"no field {unknown[0]!r}; the fields are {', '.join(_FIELDS)}")
    if equal.get("rootname") is not None:
        return equal | {"rootname": names.rootname(equal["rootname"])}
    return equal
