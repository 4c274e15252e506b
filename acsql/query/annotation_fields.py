"""Fields of the annotations of an observation, which searches compare and return like keywords.

They are not in the document of the observation: a new flag does not rewrite it, and an ingest
cannot lose it.
"""

from collections.abc import Callable, Collection

from ..keywords import KeywordSpec
from .conditions import Among, Condition, Equals, KeywordCondition, leaves, with_leaves

# The only field with one value for each observation.
FLAG_DATE = "flag_date"
ANNOTATION_FIELDS = {
    spec.name: spec
    for spec in (
        KeywordSpec("FLAGS", "str", description="flags that hold for the observation"),
        KeywordSpec("FLAG_DATE", "datetime", description="when the newest of its flags was set"),
        KeywordSpec("COMMENTS", "str", description="comments on the observation"),
        KeywordSpec("VIEWED_BY", "str", description="who has looked at the observation"),
        KeywordSpec("EXAMPLES", "str", description="flags of which it is an example"),
    )
}
# Other names under which conditions know them.
ALIASES = {
    "flag": "flags",
    "flagged_after": FLAG_DATE,
    "comment": "comments",
    "example": "examples",
}
# Stands for the person who searches.
ME = "me"


def for_person(condition: Condition, name: Callable[[], str]) -> Condition:
    """Return a condition in which ``viewed(me)`` names a person.

    Parameters
    ----------
    condition : Condition
        As `acsql.query.prepare` returns it.
    name : callable
        Returns the name of the person who searches; called if the condition has ``me``.

    Returns
    -------
    Condition
        An equal condition if it has no ``me``.
    """

    def replaced(leaf: Condition) -> Condition:
        """Return a leaf that names the person."""
        is_me = isinstance(leaf, Equals) and leaf.keyword == "viewed_by" and leaf.value == ME
        return Equals("viewed_by", name()) if is_me else leaf

    return with_leaves(condition, replaced)


def has_annotations(condition: Condition) -> bool:
    """Return whether a part of a condition compares a field of annotations."""
    return any(_is_annotation(leaf) for leaf, _ in leaves(condition))


def with_observations(
    condition: Condition, find: Callable[[Condition], Collection[str] | None]
) -> Condition:
    """Return a condition in which those on annotations are lists of observations.

    Parameters
    ----------
    condition : Condition
        As `acsql.query.prepare` returns it.
    find : callable
        Returns the rootnames of the observations that meet a condition on one field of
        annotations; None leaves the condition as it is.

    Returns
    -------
    Condition
        One on keywords and on the sky alone, unless conditions were left.
    """

    def replaced(leaf: Condition) -> Condition:
        """Return a leaf as a list of observations."""
        found = find(leaf) if _is_annotation(leaf) else None
        return leaf if found is None else Among("rootname", found)

    return with_leaves(condition, replaced)


def narrowed(condition: Condition, rootnames: Collection[str]) -> Condition:
    """Return a condition that says the same of some observations, with lists of these alone.

    Parameters
    ----------
    condition : Condition
        As `with_observations` returns it.
    rootnames : collection of str
        The observations.

    Returns
    -------
    Condition
        It may differ for other observations.
    """

    def replaced(leaf: Condition) -> Condition:
        """Return a leaf that lists no others."""
        if not isinstance(leaf, Among):
            return leaf
        return Among(leaf.keyword, [name for name in rootnames if name in leaf.rootnames])

    return with_leaves(condition, replaced)


def _is_annotation(condition: Condition) -> bool:
    return isinstance(condition, KeywordCondition) and condition.keyword in ANNOTATION_FIELDS
