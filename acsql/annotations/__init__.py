"""Annotations: what people and monitors say of observations, proposals and runs.

Flags, comments and viewed marks are entries that are only ever added.  What holds is computed
from them by `state`.  Nothing here knows the database: `acsql.store.annotations` stores entries.
"""

from .entries import Action, Annotation, AnnotationTarget, new_id, undone
from .state import Comment, PlacedFlag, State, in_effect, state

__all__ = [
    "Action",
    "Annotation",
    "AnnotationTarget",
    "Comment",
    "PlacedFlag",
    "State",
    "in_effect",
    "new_id",
    "state",
    "undone",
]
