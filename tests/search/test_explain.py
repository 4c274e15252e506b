"""An explanation names the conditions that empty a result."""

from acsql.query import Equals


def test_the_condition_that_empties_the_result_is_the_cause(sample_archive) -> None:
    wfc = sample_archive.count(detector="WFC")
    explanation = sample_archive.where(
        detector="WFC", targname="NOWHERE", exptime=(0, None)
    ).explain()
    assert explanation.count == 0
    assert explanation.causes == [Equals("targname", "NOWHERE")]
    assert [part.count for part in explanation.conditions][:2] == [wfc, 0]
    assert [part.matches_without for part in explanation.conditions] == [False, True, False]
    lines = str(explanation).splitlines()
    assert "NOWHERE" in lines[2]
    assert "no observation meets this; without it there are results" in lines[2]


def test_conditions_that_exclude_each_other_are_both_causes(sample_archive) -> None:
    explanation = sample_archive.where("detector=WFC", "detector=HRC", "exptime>=0").explain()
    assert [part.is_cause for part in explanation.conditions] == [True, True, False]
    assert all(part.count for part in explanation.conditions)


def test_a_search_with_results_has_no_cause(sample_archive) -> None:
    explanation = sample_archive.where(detector="WFC").explain()
    assert explanation.causes == []
    assert str(explanation).startswith(f"{explanation.count} observations meet")


def test_an_empty_archive_is_the_explanation(empty_archive) -> None:
    assert "empty" in str(empty_archive.where().explain())


def test_a_condition_that_takes_too_long_is_not_counted(large) -> None:
    search = large.where("raw.0.exptime=7", proposid=99)
    explanation = search.time_limit(0.001).explain()
    by_header, _ = explanation.conditions
    assert by_header.count is None
    assert "not counted within the time limit" in str(by_header)
    assert search.explain().count == 0
