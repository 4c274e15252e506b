"""The command `proposals`."""

import json
from pathlib import Path

import acsql


def test_proposals_are_listed_and_shown(
    printed, sample_settings: Path, sample_archive: acsql.Archive
) -> None:
    proposals = sample_archive.proposals()
    rows = json.loads(printed(sample_settings, "proposals", "--format", "json"))
    assert [row["proposid"] for row in rows] == [proposal.proposid for proposal in proposals]
    assert [row["pi"] for row in rows] == [proposal.pi for proposal in proposals]
    first = proposals[0]
    (row,) = json.loads(
        printed(sample_settings, "proposals", str(first.proposid), "--format", "json")
    )
    assert row["title"] == first.title
    assert row["observations"] == first.observations
