"""A watch of annotations resumes after the last one that a script has handled."""

from datetime import datetime

import pytest

from acsql.annotations import Action, Annotation, AnnotationTarget
from acsql.store.annotations import writes
from acsql.watching import annotation_watch
from acsql.watching.watch import Pace

ONCE = Pace(0, 0.1)


@pytest.fixture
def annotated(store):
    """A database with more annotations than are read together."""
    target = AnnotationTarget(run=1)
    writes.add(
        store,
        [
            Annotation(str(number), Action.COMMENT, target, "ann", datetime(2026, 1, 1), text="odd")
            for number in range(5)
        ],
    )
    return store


def test_all_come_in_their_order(annotated, tmp_path, monkeypatch):
    monkeypatch.setattr(annotation_watch, "_BATCH", 2)
    watched = annotation_watch.watch(annotated, tmp_path / "file", ONCE)
    assert [each.id for each in watched] == ["0", "1", "2", "3", "4"]


def test_one_at_which_a_script_stops_comes_again(annotated, tmp_path):
    watched = annotation_watch.watch(annotated, tmp_path / "file", ONCE)
    assert [next(watched).id, next(watched).id] == ["0", "1"]
    watched.close()
    resumed = annotation_watch.watch(annotated, tmp_path / "file", ONCE)
    assert [each.id for each in resumed] == ["1", "2", "3", "4"]
