"""Findings, and the result of a verification."""

from pathlib import Path

from acsql.verify.findings import EXTRA, STALE, Finding, Verification

STALE_FILE = Finding(
    STALE, "j8bt05nj", "j8bt05njq_flt.fits", "its size is 5, on disk 2880", ("flt",)
)
EXTRA_FILE = Finding(EXTRA, "j8bt06nj", "j8bt06njq_raw.fits", "it is not on disk", ("raw",))


def test_a_finding_is_one_line() -> None:
    assert str(STALE_FILE) == "stale: j8bt05nj: j8bt05njq_flt.fits: its size is 5, on disk 2880"


def test_a_verification_without_findings_says_so() -> None:
    lines = Verification((), (), observations=40).lines()
    assert list(lines) == ["Observations compared: 40", "Findings: none"]


def test_findings_are_counted_by_kind() -> None:
    result = Verification((STALE_FILE, EXTRA_FILE), (STALE_FILE, EXTRA_FILE), observations=40)
    assert result.counts == {STALE: 1, EXTRA: 1}
    assert list(result.lines())[1] == "Findings: 1 extra, 1 stale"


def test_a_repair_counts_what_is_repaired_and_what_remains() -> None:
    result = Verification((STALE_FILE, EXTRA_FILE), (EXTRA_FILE,), log=Path("ingest.log"))
    assert result.repaired == 1
    assert list(result.lines())[-1] == "Repaired: 1, remaining: 1"
