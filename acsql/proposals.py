"""What the archive comes to, as a whole and by proposal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .keywords import KeywordSpecs
from .query import Between, Condition, Equals, Not


@dataclass(frozen=True)
class Proposal:
    """What is known of one proposal, and what its observations come to.

    `detectors` has the number of observations with each, `exptime` is the sum over all in
    seconds; `thumbnail` is the rootname of an observation with a thumbnail.
    """

    proposid: int
    type: str | None
    title: str | None
    cycle: int | None
    pi: str | None
    observations: int
    detectors: dict[str, int]
    targets: tuple[str, ...]
    visits: tuple[str, ...]
    filters: tuple[str, ...]
    first: datetime | None
    last: datetime | None
    exptime: float
    thumbnail: str | None


@dataclass(frozen=True)
class Summary:
    """What is in the archive.  `filetypes` maps to number of files and bytes.

    `counted` is when that was counted, None if now.
    """

    observations: int
    files: int
    bytes: int
    previews: int
    detectors: dict[str, int] = field(default_factory=dict)
    filetypes: dict[str, dict[str, int]] = field(default_factory=dict)
    last_run: dict[str, Any] | None = None
    counted: datetime | None = None


def of_proposal(proposid: int | None) -> Condition:
    """Return the condition to belong to a proposal, or with None to no known one."""
    if proposid is None:
        # Not as being unknown: this an index serves.
        return Not(Between("proposid", low=0))
    return Equals("proposid", proposid)


def to_proposal(summary: Mapping[str, Any], known: Mapping[str, Any]) -> Proposal:
    """Return a proposal from what its observations come to and what is known of it otherwise."""
    names_of_pi = [summary["pr_inv_l"], summary["pr_inv_f"]]
    return Proposal(
        proposid=summary["_id"],
        type=known.get("type"),
        title=known.get("title"),
        cycle=known.get("cycle"),
        pi=known.get("pi") or ", ".join(name for name in names_of_pi if name) or None,
        observations=summary["observations"],
        detectors=dict(sorted(summary["detectors"].items())),
        targets=tuple(sorted(filter(None, summary["targets"]))),
        visits=tuple(sorted(filter(None, summary["visits"]))),
        filters=tuple(sorted(filter(None, summary["filters"]))),
        first=summary["first"],
        last=summary["last"],
        exptime=summary["exptime"],
        thumbnail=summary["thumbnail"],
    )


def to_summary(
    totals: Mapping[str, Any], specs: KeywordSpecs, last_run: dict[str, Any] | None
) -> Summary:
    """Return a summary with filetypes and detectors in the order of the specs."""
    filetypes = {
        name: {key: totals["filetypes"][name][key] for key in ("files", "bytes")}
        for name in specs.filetypes
        if name in totals["filetypes"]
    }
    return Summary(
        observations=totals["observations"],
        files=sum(entry["files"] for entry in filetypes.values()),
        bytes=sum(entry["bytes"] for entry in filetypes.values()),
        previews=totals["previews"],
        detectors={
            name: totals["detectors"][name]
            for name in specs.detectors
            if name in totals["detectors"]
        },
        filetypes=filetypes,
        last_run=last_run,
        counted=totals.get("counted"),
    )
