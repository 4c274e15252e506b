"""Annotations as documents: without the fields that have no value."""

from dataclasses import asdict, fields

from ...annotations import Action, Annotation, AnnotationTarget
from ..schema import Document

_OF_TARGET = tuple(field.name for field in fields(AnnotationTarget))
_OF_ANNOTATION = ("by", "when", "flag", "text", "of", "batch")


def to_document(annotation: Annotation, number: int) -> Document:
    """Return the document of an annotation.

    Parameters
    ----------
    annotation : Annotation
        A checked one.
    number : int
        Its place in the order in which annotations are written.

    Returns
    -------
    dict
        The document, with the fields of the target beside its own.
    """
    target = asdict(annotation.target)
    own = {name: getattr(annotation, name) for name in _OF_ANNOTATION}
    held = {name: value for name, value in (target | own).items() if value is not None}
    return {"_id": annotation.id, "number": number, "action": str(annotation.action), **held}


def from_document(document: Document) -> Annotation:
    """Return the annotation of a document."""
    target = AnnotationTarget(**{name: document.get(name) for name in _OF_TARGET})
    own: Document = {name: document.get(name) for name in _OF_ANNOTATION}
    return Annotation(document["_id"], Action(document["action"]), target, **own)
