"""The annotations of an archive: flags, comments and viewed marks, written by scripts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from . import annotation_files, names
from .annotation_reading import AnnotationReading
from .annotations import Action, Annotation, AnnotationTarget, new_id, undone
from .errors import AnnotationError, ObservationNotFound
from .observation import Observation
from .query import AnyOf
from .search.search import Search
from .store import schema
from .store.annotations import reads, writes

# One observation, several, or all results of a search.
Observations = str | Observation | Search | Iterable[str | Observation]
_CHECKED_TOGETHER = 1000


@dataclass(frozen=True)
class Batch:
    """Annotations that were written together.

    Attributes
    ----------
    id : str
        By which `Archive.undo` undoes them.
    annotations : tuple of str
        Their ids.
    new : int
        How many were not stored before.
    """

    id: str
    annotations: tuple[str, ...]
    new: int


class Annotatable(AnnotationReading):
    """An archive that can be annotated; the base of `acsql.Archive`."""

    def flag(
        self,
        observations: Observations,
        flag: str,
        why: str | None = None,
        *,
        clear: bool = False,
        filetype: str | None = None,
        extension: int | None = None,
        region: str | None = None,
        by: str | None = None,
        key: str | None = None,
    ) -> Batch:
        """Set a flag of observations, or clear it.

        Parameters
        ----------
        observations : str, Observation, Search or iterable
            The observations; all results of a search at once.
        flag : str
            A name of ``archive.specs.flags``, such as ``satellite_trail``.
        why : str, optional
            The reason.
        clear : bool
            Whether it no longer holds; also for the files and regions of what is named.
        filetype, extension, region : str, int and str, optional
            If it holds for a file, an extension or a region alone, such as
            ``circle(512, 300, 20)`` in pixels.
        by : str, optional
            Who says so; by default the user of the operating system.
        key : str, optional
            Repeating a call with the same key writes nothing; by default each call is new.

        Returns
        -------
        Batch
            `undo` takes its ``id``.

        Raises
        ------
        AnnotationError
            If the flag does not exist, or a part is wrong.
        ObservationNotFound
            If an observation does not exist.

        Examples
        --------
        >>> batch = archive.flag(
        ...     archive.where("imagetyp=FLAT flt.1.goodmean<1"),
        ...     "blank_image",
        ...     why="no signal",
        ...     by="flat monitor",
        ... )  # doctest: +SKIP
        >>> archive.undo(batch.id)  # doctest: +SKIP
        """
        action = Action.CLEAR if clear else Action.FLAG
        targets = self._targets(observations, filetype, extension, region)
        return self._write(targets, action, by, key, flag=flag, text=why)

    def comment(
        self,
        text: str,
        observations: Observations | None = None,
        *,
        proposid: int | None = None,
        run: int | None = None,
        filetype: str | None = None,
        extension: int | None = None,
        region: str | None = None,
        by: str | None = None,
        key: str | None = None,
    ) -> Batch:
        """Comment on observations, a proposal or an ingest run.

        Parameters
        ----------
        text : str
            Plain text.
        observations : str, Observation, Search or iterable, optional
            As in `flag`.
        proposid, run : int, optional
            A proposal or run instead of observations.
        filetype, extension, region : str, int and str, optional
            As in `flag`.
        by, key : str, optional
            As in `flag`.

        Returns
        -------
        Batch
            Its ``annotations`` are the ids of the comments.

        Raises
        ------
        AnnotationError, ObservationNotFound
            As in `flag`.

        Examples
        --------
        >>> archive.comment("Guide star lost.", "j8bt05njq", by="ann")  # doctest: +SKIP
        """
        if [observations, proposid, run].count(None) != 2:
            raise AnnotationError("comment on one of: observations, a proposal, a run")
        if observations is not None:
            targets = self._targets(observations, filetype, extension, region)
        else:
            targets = iter([AnnotationTarget(None, filetype, extension, region, proposid, run)])
        return self._write(targets, Action.COMMENT, by, key, text=text)

    def change_comment(
        self,
        comment: str,
        text: str | None = None,
        *,
        resolved: bool | None = None,
        by: str | None = None,
        key: str | None = None,
    ) -> Batch:
        """Edit a comment, which keeps its history, or resolve or reopen it.

        Parameters
        ----------
        comment : str
            Its id.
        text : str, optional
            The new text.
        resolved : bool, optional
            Whether it needs no more attention.
        by, key : str, optional
            As in `flag`.

        Returns
        -------
        Batch
            The annotations that were written.

        Raises
        ------
        AnnotationError
            If there is no such comment, it is undone, or there is not exactly one change of it.

        Examples
        --------
        >>> archive.change_comment(comment_id, resolved=True)  # doctest: +SKIP
        """
        stored = self.annotation(comment)
        if stored.action is not Action.COMMENT:
            raise AnnotationError(f"there is no comment {comment!r}")
        if (text is None) == (resolved is None):
            raise AnnotationError("give a new text, or resolve or reopen the comment")
        if self.is_undone(comment):
            raise AnnotationError("this comment has been undone: undo that first")
        change = Action.RESOLVE if resolved else Action.REOPEN
        action = change if text is None else Action.EDIT
        return self._write([stored.target], action, by, key, text=text, of=comment)

    def mark_viewed(
        self,
        observations: Observations,
        viewed: bool = True,
        *,
        by: str | None = None,
        key: str | None = None,
    ) -> Batch:
        """Mark observations as looked at by a person.

        Parameters
        ----------
        observations : str, Observation, Search or iterable
            As in `flag`.
        viewed : bool
            False takes the mark away.
        by, key : str, optional
            As in `flag`.

        Returns
        -------
        Batch
            `undo` takes its ``id``.

        Raises
        ------
        AnnotationError, ObservationNotFound
            As in `flag`.

        Examples
        --------
        >>> archive.mark_viewed(archive.where(proposid=9019), by="ann")  # doctest: +SKIP
        """
        action = Action.VIEW if viewed else Action.UNVIEW
        return self._write(self._targets(observations), action, by, key)

    def mark_example(
        self,
        observations: Observations,
        flag: str,
        example: bool = True,
        *,
        by: str | None = None,
        key: str | None = None,
    ) -> Batch:
        """Mark observations as examples of one of their flags, which the page of the flag shows.

        Parameters
        ----------
        observations : str, Observation, Search or iterable
            As in `flag`; one without the flag is no example until it has it.
        flag : str
            A name of ``archive.specs.flags``.
        example : bool
            False takes the mark away.
        by, key : str, optional
            As in `flag`.

        Returns
        -------
        Batch
            `undo` takes its ``id``.

        Raises
        ------
        AnnotationError, ObservationNotFound
            As in `flag`.

        Examples
        --------
        >>> archive.mark_example("j8bt05njq", "satellite_trail", by="ann")  # doctest: +SKIP
        >>> archive.where("example=satellite_trail")  # doctest: +SKIP
        """
        action = Action.EXAMPLE if example else Action.UNEXAMPLE
        return self._write(self._targets(observations), action, by, key, flag=flag)

    def undo(self, written: str, *, by: str | None = None) -> Batch:
        """Undo annotations as if they had not been written; they stay in the history.

        Parameters
        ----------
        written : str
            The id of a batch or of one annotation; that of an undo does them again.
        by : str, optional
            As in `flag`.

        Returns
        -------
        Batch
            The annotations that were written; none if it is undone already.

        Raises
        ------
        AnnotationError
            If nothing has this id.

        Examples
        --------
        >>> archive.undo(batch.id)  # doctest: +SKIP
        """
        store = self._source.store
        found = [entry for _, entry in reads.numbered(store, batch=written)]
        if not found and (one := reads.get(store, written)):
            found = [one]
        if not found:
            raise AnnotationError(f"there is nothing with the id {written!r} to undo")
        batch = self.usable_id(new_id("undo", written))
        return self._added(batch, undone(found, by or self._source.person(), schema.now(), batch))

    def import_annotations(self, path: str | Path) -> int:
        """Import the annotations of a file; those already stored are not changed.

        Parameters
        ----------
        path : str or Path
            CSV, JSON Lines or ECSV with the columns of ``acsql.annotation_files.COLUMNS``, as
            `export_annotations` writes them, or a part of them.

        Returns
        -------
        int
            How many are new.

        Raises
        ------
        AnnotationError
            If a row is wrong; then none is added.

        Examples
        --------
        >>> archive.import_annotations("flags_of_the_old_system.csv")  # doctest: +SKIP
        """
        return writes.add(self._source.store, annotation_files.read(Path(path), self.specs))

    def _targets(
        self,
        observations: Observations,
        filetype: str | None = None,
        extension: int | None = None,
        region: str | None = None,
    ) -> Iterator[AnnotationTarget]:
        rootnames: Iterable[str]
        if isinstance(observations, Search):
            rootnames = (row["rootname"] for row in observations.columns("rootname").rows())
        elif isinstance(observations, str | Observation):
            rootnames = self._existing([observations])
        else:
            rootnames = self._existing(observations)
        return (AnnotationTarget(name, filetype, extension, region) for name in rootnames)

    def _existing(self, observations: Iterable[str | Observation]) -> Iterator[str]:
        """Yield the rootnames of observations, which have to exist."""
        rootnames = (
            names.rootname(each) if isinstance(each, str) else each.rootname
            for each in observations
        )
        while some := tuple(islice(rootnames, _CHECKED_TOGETHER)):
            search = self.where(AnyOf("rootname", some)).columns("rootname")
            found = {row["rootname"] for row in search.rows()}
            if missing := [name for name in some if name not in found]:
                raise ObservationNotFound(f"there is no observation {missing[0]}")
            yield from some

    def _write(
        self,
        targets: Iterable[AnnotationTarget],
        action: Action,
        by: str | None,
        key: str | None,
        **fields: str | None,
    ) -> Batch:
        batch, person, when = key or new_id(), by or self._source.person(), schema.now()
        entries = []
        for target in targets:
            key = new_id(batch, action, target, *fields.values())
            entries.append(Annotation(key, action, target, person, when, batch=batch, **fields))
        return self._added(batch, entries)

    def _added(self, batch: str, entries: list[Annotation]) -> Batch:
        new = writes.add(self._source.store, [entry.checked(self.specs) for entry in entries])
        return Batch(batch, tuple(entry.id for entry in entries), new)
