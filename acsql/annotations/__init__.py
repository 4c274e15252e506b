"""Annotations: what people and monitors say of observations, proposals and runs.

Flags, comments and viewed marks are entries that are only ever added.  `state` computes the current
flags, comments and viewed marks from them.  `acsql.store.annotations` stores the entries; this
package does not use the database.
"""

from .entries import Action, Annotation, AnnotationTarget, new_id, undone
from .state import Comment, PlacedFlag, State, in_effect, is_undone, state

__all__ = [
    "Action",
    "Annotation",
    "AnnotationTarget",
    "Comment",
    "PlacedFlag",
    "State",
    "in_effect",
    "is_undone",
    "new_id",
    "state",
    "undone",
]
