"""The endpoints of the vocabulary of flags, and of the annotations that an observation has."""

from dataclasses import asdict
from typing import Any, cast

from ... import names
from ...annotations import Comment, PlacedFlag
from ...export import plain
from ..context import current_archive
from ..json_response import PREFIX
from .annotation_answers import FlagList, FlagRecord, HeldAnnotations
from .endpoint import Rootname, endpoint


@endpoint(f"{PREFIX}flags")
def flags() -> FlagList:
    """List the flags of the vocabulary with their numbers of observations."""
    archive = current_archive()
    numbers = archive.where().facets("flags")
    records = [
        asdict(flag) | {"observations": numbers.get(name, 0)}
        for name, flag in archive.specs.flags.items()
    ]
    return {"flags": [cast(FlagRecord, record) for record in records]}


@endpoint(f"{PREFIX}observations/<rootname>/annotations")
def held_annotations(rootname: Rootname) -> HeldAnnotations:
    """Return the flags, comments and viewed marks that hold, also of a vanished observation."""
    archive = current_archive()
    held = archive.annotation_state(rootname=rootname)
    if not (held.flags or held.comments or held.viewed):
        archive.observation(rootname)  # which is an error if the observation does not exist
    answer = {
        "rootname": names.rootname(rootname),
        "flags": [
            _part(each, each.entry) | {"flag": each.flag, "text": each.why} for each in held.flags
        ],
        "comments": [
            _part(each, each.id)
            | {"text": each.text, "history": list(each.history), "resolved": each.resolved}
            for each in held.comments
        ],
        "viewed": [{"by": by, "when": when} for by, when in held.viewed.items()],
        "examples": list(held.examples),
    }
    return cast(HeldAnnotations, plain(answer))


def _part(held: PlacedFlag | Comment, annotation: str) -> dict[str, Any]:
    """Return the id of an annotation, the part of the observation that it is about, and by whom."""
    target = held.target
    return {
        "annotation": annotation,
        "filetype": target.filetype,
        "extension": target.extension,
        "region": target.region,
        "by": held.by,
        "when": held.when,
    }
