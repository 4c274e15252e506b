"""The meaning of texts typed into a search box, and suggestions for them."""

import pytest

import acsql
from acsql import errors, search_text
from acsql.search_text import ObservationPair, ProposalNumber, QueryText
from acsql.store import observation_writes


@pytest.fixture(scope="module")
def exposure(sample_archive: acsql.Archive) -> acsql.Observation:
    """An exposure with the WFC."""
    rows = sample_archive.where(detector="WFC").columns("rootname").rows()
    names = (row["rootname"] for row in rows)
    return sample_archive.observation(next(name for name in names if len(name) == 8))


def test_a_rootname_means_its_observation(
    sample_archive: acsql.Archive, exposure: acsql.Observation
) -> None:
    for text in (exposure.rootname, exposure.ipppssoot.upper(), f" {exposure.rootname} "):
        meaning = search_text.interpret(text, sample_archive)
        assert isinstance(meaning, acsql.Observation)
        assert meaning.rootname == exposure.rootname


def test_two_rootnames_mean_a_comparison(
    sample_archive: acsql.Archive, exposure: acsql.Observation
) -> None:
    meaning = search_text.interpret(f"{exposure.rootname} {exposure.rootname}", sample_archive)
    assert isinstance(meaning, ObservationPair)
    assert meaning.a.rootname == meaning.b.rootname == exposure.rootname


def test_a_number_means_a_proposal(
    sample_archive: acsql.Archive, exposure: acsql.Observation
) -> None:
    proposid = exposure["proposid"]
    assert search_text.interpret(str(proposid), sample_archive) == ProposalNumber(proposid)
    with pytest.raises(errors.ProposalNotFound):
        search_text.interpret("1", sample_archive)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("detector=WFC exptime>5", "detector=WFC exptime>5"),
        ("6.02 -72.08", "near(6.02, -72.08, 3arcmin)"),
        ("wfc", "detector=WFC"),
        ("WFC exptime>5", "detector=WFC exptime>5"),
        ("47 Tuc", "targname=NGC104"),
        ("47 Tuc 2003", "targname=NGC104 date_obs=2003"),
        ("darks", "imagetyp=DARK"),
        ("biases 2003", "imagetyp=BIAS date_obs=2003"),
        ("2003-03-29", "date_obs=2003-03-29"),
        ("2003", "date_obs=2003"),
        ("March 2003", "date_obs=2003-03"),
        ("wfc mar 2003 exptime>5", "detector=WFC date_obs=2003-03 exptime>5"),
    ],
)
def test_conditions_positions_and_names_mean_a_search(
    sample_archive: acsql.Archive, text: str, expected: str
) -> None:
    meaning = search_text.interpret(text, sample_archive)
    assert isinstance(meaning, QueryText)
    condition = sample_archive.where(meaning.text).condition
    assert condition == sample_archive.where(expected).condition


def test_a_principal_investigator_means_the_observations_of_the_proposals(sample_archive) -> None:
    name = next(name for name in sample_archive.where().distinct("pr_inv_l") if name)
    meaning = search_text.interpret(f"{name.lower()} wfc", sample_archive)
    assert isinstance(meaning, QueryText)
    expected = sample_archive.where(pr_inv_l=name, detector="WFC").condition
    assert sample_archive.where(meaning.text).condition == expected


def test_words_of_a_title_mean_its_proposals(sample_archive: acsql.Archive) -> None:
    proposal = next(each for each in sample_archive.proposals() if len(str(each.title).split()) > 2)
    words = " ".join(str(proposal.title).lower().split()[-2:])
    condition = search_text.condition(words, sample_archive)
    found = sample_archive.where(condition).distinct("proposid")
    assert proposal.proposid in found
    titles = {each.proposid: str(each.title).lower() for each in sample_archive.proposals()}
    assert all(word in titles[number] for number in found for word in words.split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("M87", []),
        ("M87 2003", ["date_obs=2003"]),
        ("2003 M87 HRC", ["date_obs=2003", "detector=HRC"]),
        ("wfc M87 exptime>5", ["detector=WFC", "exptime>5"]),
    ],
)
def test_an_object_that_is_no_target_means_what_points_near_it(
    sample_archive: acsql.Archive, text: str, expected: list[str]
) -> None:
    meaning = search_text.interpret(text, sample_archive, {"M87": (187.7, 12.4)}.get)
    assert isinstance(meaning, QueryText)
    condition = sample_archive.where("near(187.7, 12.4, 3arcmin)", *expected).condition
    assert sample_archive.where(meaning.text).condition == condition


def test_an_object_is_looked_up_after_all_else(sample_archive: acsql.Archive) -> None:
    asked = []
    for text in ("wfc", "47 Tuc", "2003", "nothing such", "two wfc objects"):
        try:
            search_text.interpret(text, sample_archive, asked.append)
        except errors.ObservationNotFound:
            continue
    # Of two objects neither is looked up.
    assert asked == ["nothing such"]


def test_a_text_is_also_a_condition(sample_archive, exposure) -> None:
    names = [exposure.rootname, next(iter(sample_archive.where(detector="HRC").rows()))["rootname"]]
    for text, expected in (
        (names[0], {names[0]}),
        (" ".join(names), set(names)),
        (
            str(exposure["proposid"]),
            {r["rootname"] for r in sample_archive.where(proposid=exposure["proposid"]).rows()},
        ),
    ):
        rows = sample_archive.where(search_text.condition(text, sample_archive)).rows()
        assert {row["rootname"] for row in rows} == expected


def test_an_unknown_name_is_an_error_with_a_suggestion(sample_archive: acsql.Archive) -> None:
    with pytest.raises(errors.ObservationNotFound, match=r"matches \"nothing such\"\. Try"):
        search_text.interpret("nothing such", sample_archive)
    with pytest.raises(errors.ObservationNotFound, match=r"Did you mean NGC104\?"):
        search_text.interpret("NGC1O4", sample_archive)


def test_suggestions_continue_the_last_word(sample_archive: acsql.Archive) -> None:
    assert ("NGC104", "target") in search_text.suggest("ngc1", sample_archive)
    assert ("detector=WFC", "detector") in search_text.suggest("detector=w", sample_archive)
    texts = [text for text, _ in search_text.suggest("detector=WFC expt", sample_archive)]
    assert "detector=WFC exptime" in texts
    assert len(texts) <= search_text.MAX_SUGGESTIONS
    assert search_text.suggest("detector=WFC ", sample_archive) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("d'Arrest", "pr_inv_l='d''Arrest'"),
        ("d'arrest exptime>5", "pr_inv_l='d''Arrest' exptime>5.0"),
        ("targname='O''NEIL' exptime>5", "targname='O''NEIL' exptime>5"),
    ],
)
def test_a_name_may_have_an_apostrophe(
    empty_archive: acsql.Archive, text: str, expected: str
) -> None:
    document = {"_id": "j8bt05nj", "pr_inv_l": "d'Arrest", "targname": "O'NEIL"}
    observation_writes.replace(empty_archive.store, document)
    assert search_text.interpret(text, empty_archive) == QueryText(expected)
