"""The report of a run."""

from acsql.ingest.observation_result import FAILED, NEW, Failure, ObservationResult
from acsql.ingest.plan import Plan
from acsql.ingest.report import Report
from acsql.keywords import HeaderKey
from acsql.store import runs

KEY = HeaderKey("HRC", "raw", 0)
INGESTED = ObservationResult(
    "j8bt05nj",
    NEW,
    filetypes=("raw", "flt"),
    filenames=("j8bt05njq_raw.fits", "j8bt05njq_flt.fits"),
    previews=("raw",),
    waiting=("j8bt05njq_spt.fits",),
    warnings=("odd",),
    unspecified={(KEY, "NEWKEY"): ("float", "j8bt05njq_raw.fits")},
    mismatches={(KEY, "EXPTIME"): ("long", "j8bt05njq_raw.fits")},
    bytes=2_000_000,
)
FAILURE = Failure("j8bt06nj", "j8bt06njq_raw.fits", "headers", "it is truncated")


def test_an_empty_run_has_nothing_new() -> None:
    report = Report()
    assert report.state == runs.NOTHING_NEW
    assert list(report.lines()) == [
        "Observations: 0 new, 0 updated, 0 unchanged, 0 failed",
        "Files read: none, 0.0 MB",
        "Previews: none",
        "Failures: 0",
        "Keywords not in the specs: 0",
        "Keywords with type mismatches: 0",
        "Ignored files (not ACS): 0",
        "Seconds: 0.0",
    ]


def test_plan_and_results_are_added_up() -> None:
    report = Report(seconds=1.25)
    report.add_plan(
        Plan(
            vanished=(("j8bt07nj", "raw"),),
            waiting=("j8bt08njq_raw.fits",),
            unchanged=5,
            known_failures=2,
            ignored=29,
        )
    )
    report.add(INGESTED)
    assert report.state == runs.SUCCEEDED
    report.add(ObservationResult("j8bt06nj", FAILED, failures=(FAILURE,)))
    assert report.state == runs.SUCCEEDED_WITH_FAILURES
    assert list(report.lines()) == [
        "Observations: 1 new, 0 updated, 5 unchanged, 1 failed",
        "Files read: 1 raw, 1 flt, 2.0 MB",
        "Previews: 1 raw",
        "Failures: 1",
        "Damaged files, unchanged since they failed: 2",
        "Vanished files: 1",
        "Files still being written, to retry in the next run: 2 "
        "(j8bt08njq_raw.fits, j8bt05njq_spt.fits)",
        "Keywords not in the specs: 1 (see acsql specs update)",
        "Keywords with type mismatches: 1",
        "Ignored files (not ACS): 29",
        "Seconds: 1.2",
    ]


def test_a_run_has_not_fully_succeeded_while_the_ingest_of_a_file_is_owed() -> None:
    report = Report(owed=1)
    report.add(INGESTED)
    assert report.state == runs.SUCCEEDED_WITH_FAILURES
    assert "Owed files, to read again in the next run: 1" in report.lines()
    assert report.record()["owed"] == 1


def test_vanished_files_alone_make_a_successful_run() -> None:
    report = Report()
    report.add_plan(Plan(vanished=(("j8bt07nj", "raw"),)))
    assert report.state == runs.SUCCEEDED


def test_the_record_has_the_lists_that_pages_show() -> None:
    report = Report()
    report.add(INGESTED)
    record = report.record()
    assert record.keys() >= set(runs.LISTS)
    assert record["warnings"] == ["j8bt05nj: odd"]
    assert record["keywords_not_in_specs"] == [
        {
            "detector": "HRC",
            "filetype": "raw",
            "extension": 0,
            "keyword": "NEWKEY",
            "type": "float",
            "filename": "j8bt05njq_raw.fits",
        }
    ]
    assert record["type_mismatches"] == [
        {
            "header": "HRC raw 0",
            "keyword": "EXPTIME",
            "values": 1,
            "value": "'long'",
            "filename": "j8bt05njq_raw.fits",
        }
    ]
