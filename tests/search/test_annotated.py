"""Searches with conditions on annotations find what a plain model of them says."""

from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import acsql
from acsql.annotations import Action, Annotation, AnnotationTarget
from acsql.query import And, Between, Equals, Exists, Like, Not, Or
from acsql.search import annotated as module
from acsql.search import rows
from acsql.store import observation_writes, schema
from acsql.store.annotations import writes

WHEN = datetime(2026, 1, 1)


def flags_of(number):
    """Return the flags of the observation with a number."""
    return [name for name, every in (("other", 2), ("satellite_trail", 3)) if number % every == 0]


def rootname(number):
    """Return the rootname with a number; of the first 150, the archive has observations."""
    return f"j8bt{number:04d}"


@pytest.fixture
def archive(half_folded: acsql.Archive) -> acsql.Archive:
    """An archive with annotations, also of observations that it does not have."""
    store = half_folded.store
    entries = []
    for number in range(200):
        target = AnnotationTarget(rootname(number))
        entries += [
            Annotation(f"{flag}{number}", Action.FLAG, target, "ann", WHEN, flag=flag)
            for flag in flags_of(number)
        ]
        if number % 5 == 0:
            entries.append(Annotation(f"v{number}", Action.VIEW, target, "ann", WHEN))
    writes.add(store, entries)
    return half_folded


MEETS = {
    Exists("flags"): lambda number: bool(flags_of(number)),
    Equals("flags", "other"): lambda number: "other" in flags_of(number),
    Like("flags", "*trail"): lambda number: "satellite_trail" in flags_of(number),
    Equals("viewed_by", "ann"): lambda number: number % 5 == 0,
    Equals("viewed_by", "bob"): lambda _: False,
}
# Of fields in the headerless copies, in headers, and in neither.
OTHERS = [
    Equals("detector", "WFC"),
    Not(Like("targname", "N*")),
    Between("flt.1.goodmean", 0.0, 6.0),
    And(),
    Or(()),
]


@pytest.mark.parametrize("few", [0, 1000])
@settings(
    max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(st.sampled_from(list(MEETS)), st.sampled_from(OTHERS), st.booleans(), st.booleans())
def test_any_combination_finds_what_a_plain_model_says(
    archive, monkeypatch, few, leaf, other, negated, alternative
):
    monkeypatch.setattr(module, "_BY_KEY", few)
    found = {row["rootname"] for row in archive.where(other).columns("rootname").rows()}
    meeting = {rootname(number) for number in range(150) if MEETS[leaf](number)}
    everything = {rootname(number) for number in range(150)}
    meeting = everything - meeting if negated else meeting
    expected = found | meeting if alternative else found & meeting
    part = Not(leaf) if negated else leaf
    search = archive.where(Or((other, part)) if alternative else And((other, part)))
    assert {row["rootname"] for row in search.columns("rootname").rows()} == expected
    assert search.count() == len(expected)
    first = search.columns("rootname").sort("rootname").page(size=5).rows
    assert [row["rootname"] for row in first] == sorted(expected)[:5]


def test_facets_count_the_flags_of_observations_in_the_archive(archive):
    both = archive.where().facets("flags")
    assert both == {"other": 75, "satellite_trail": 50}
    assert archive.where("flag=other").facets("flag", 1) == {"other": 75}
    assert archive.where("flag=other").facets("flag")["satellite_trail"] == 25
    several = archive.where("flag=other").facets_of("detector", "flags")
    assert list(several) == ["detector", "flags"]
    assert several["flags"] == {"other": 75, "satellite_trail": 25}
    assert archive.where().distinct("flag") == ["other", "satellite_trail"]


def test_facets_of_everything_change_with_flags_and_observations(archive):
    assert archive.where().facets("flags") == {"other": 75, "satellite_trail": 50}
    target = AnnotationTarget(rootname(1))
    writes.add(archive.store, [Annotation("new", Action.FLAG, target, "ann", WHEN, flag="other")])
    assert archive.where().facets("flags") == {"other": 76, "satellite_trail": 50}
    observation_writes.replace(archive.store, {"_id": rootname(150)})
    assert archive.where().facets("flags") == {"other": 77, "satellite_trail": 51}
    assert archive.where().facets("flags") == {"other": 77, "satellite_trail": 51}


def test_flags_are_columns(archive):
    search = archive.where(rootname=[rootname(6), rootname(7)]).columns("flags", "viewed_by")
    assert [row["flags"] for row in search.sort("rootname").rows()] == [
        ["other", "satellite_trail"],
        None,
    ]
    assert len(archive.where().columns("flags").sample(3)) == 3
    table = search.columns("rootname", "flags").sort("rootname").table()
    assert list(table["rootname"]) == [rootname(6), rootname(7)]


def test_a_search_finds_flags_that_are_set_after_it_was_made(archive):
    search = archive.where("flag=herringbone")
    assert search.count() == 0
    target = AnnotationTarget(rootname(1))
    writes.add(
        archive.store, [Annotation("new", Action.FLAG, target, "ann", WHEN, flag="herringbone")]
    )
    assert search.count() == 1


def test_the_shell_finds_the_same(archive, mongosh):
    search = archive.where("not flagged()")
    line = search.mongosh_count()
    assert line == (
        'db.observations.countDocuments({_id: {$nin: db.annotated_observations.distinct("_id", '
        '{flags: {$nin: [null, ""]}})}})'
    )
    assert mongosh(archive.config.connection_string, [line]) == [search.count()]


def test_an_empty_result_is_explained(archive):
    explanation = str(archive.where("flag=herringbone").explain())
    assert "flags=herringbone: no observation meets this" in explanation


def test_a_long_table_has_the_flagged_observations_alone(archive, monkeypatch):
    monkeypatch.setattr(rows, "_FEW", 10)
    table = archive.where("flag=other").columns("rootname").table()
    assert sorted(table["rootname"]) == [rootname(number) for number in range(0, 150, 2)]


def test_me_is_the_person_who_searches(archive):
    for other in (archive.as_person("ann"), archive.as_person(lambda: "ann")):
        assert other.count("viewed(me)") == other.count("viewed(ann)") == 30
    assert archive.count("viewed(me)") == 0


def test_every_condition_on_annotations_is_answered_by_an_index(archive):
    texts = ["flag=other", "flag=*trail", "flagged()", "not flagged()", "flagged_after>=2026"]
    texts += ["exists(flag_date)", "viewed(ann)", "viewed()", "comment=*guide*", "exists(comment)"]
    database = archive.store.database
    archive.store.document_classes.annotated_observation.ensure_indexes()
    database.command("profile", 2)
    for text in texts:
        archive.where(text).page(5)
        archive.count(text)
    database.command("profile", 0)
    of_annotations = {"ns": database[schema.ANNOTATED_OBSERVATIONS].full_name}
    plans = [entry["planSummary"] for entry in database["system.profile"].find(of_annotations)]
    assert len(plans) >= 2 * len(texts) - 2  # a negation needs the list of its condition alone
    assert not [plan for plan in plans if "IXSCAN" not in plan]


@pytest.mark.parametrize("number", [10, 5_000])
def test_long_lists_of_rootnames_give_the_same_as_short_ones(sample_archive, number: int) -> None:
    rows = list(sample_archive.where().columns("rootname").sort("rootname").rows())
    chosen = [row["rootname"] for row in rows[::3]]
    listed = [*chosen, *(f"zz{n:06d}" for n in range(number))]
    search = sample_archive.where(rootname=listed).columns("rootname").sort("rootname")
    assert [row["rootname"] for row in search.rows()] == chosen
    assert search.count() == len(chosen)
    others = sample_archive.where(~acsql.AnyOf("rootname", tuple(listed))).columns("rootname")
    assert others.count() == len(rows) - len(chosen)
    either = search.where("near(0 0, 180deg) or detector=WFC")
    assert either.count() == sum(
        sample_archive.count(condition, rootname=listed)
        for condition in ("detector=WFC", "near(0 0, 180deg) detector!=WFC")
    )
    assert len(repr(search)) < 600
