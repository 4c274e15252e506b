"""Annotations are stored without empty fields, and read as they were."""

from datetime import datetime

import pytest

from acsql.annotations import Action, Annotation, AnnotationTarget
from acsql.store.annotations.documents import from_document, to_document

WHEN = datetime(2026, 11, 28)


@pytest.mark.parametrize(
    "annotation",
    [
        Annotation("1", Action.VIEW, AnnotationTarget("j8bt05nj"), "ann", WHEN),
        Annotation("2", Action.COMMENT, AnnotationTarget(run=1), "ann", WHEN, text="slow"),
        Annotation(
            "3",
            Action.FLAG,
            AnnotationTarget("j8bt05nj", "raw", 0, "circle(1, 2, 3)"),
            "bias monitor",
            WHEN,
            flag="other",
            batch="b",
        ),
    ],
)
def test_an_annotation_is_read_as_it_was_written(annotation):
    document = to_document(annotation, 7)
    assert document["number"] == 7
    assert None not in document.values()
    assert from_document(document) == annotation
