"""Totals of the archive are those of its documents."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from acsql import keywords as keyword_specs
from acsql.query import And, AnyOf, Between, Equals, Exists, Like, Not, Or
from acsql.store.derived import totals

SPECS = keyword_specs.load()
EVERYTHING = And()
VALUES = {
    "detector": [None, "WFC", "HRC", "SBC"],
    "filter1": [None, "F606W", "F814W", "CLEAR1L"],
    "subarray": [None, True, False],
    "imagetyp": ["EXT", "BIAS"],
    "proposid": [None, 9019, 9433],
    "targname": [None, "", "NGC104", "M31"],
}

shared = settings(
    deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

found_documents = st.lists(
    st.fixed_dictionaries({}, optional={name: st.sampled_from(v) for name, v in VALUES.items()}),
    max_size=20,
)
plain = st.one_of(
    st.builds(Equals, st.just("detector"), st.sampled_from(["WFC", "HRC", "?"])),
    st.builds(AnyOf, st.just("filter1"), st.sets(st.sampled_from(["F606W", "F814W"])).map(tuple)),
    st.builds(Like, st.just("filter1"), st.sampled_from(["F*W", "*", "?6*", "f606w"])),
    st.builds(Between, st.just("imagetyp"), st.just("BIAS"), st.sampled_from([None, "C"])),
    st.builds(Exists, st.sampled_from(["filter1", "detector", "subarray"])),
    st.builds(Equals, st.just("subarray"), st.booleans()),
)
conditions = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.lists(inner, max_size=3).map(tuple).map(And),
        st.lists(inner, max_size=3).map(tuple).map(Or),
    ),
    max_leaves=5,
)


def put(store, documents) -> list[dict]:
    """Let these documents be all that there are."""
    named = [{"_id": f"j{number:07d}", **found} for number, found in enumerate(documents)]
    store.observations.delete_many({})
    if named:
        store.observations.insert_many(named)
    return named


def test_the_totals_of_an_empty_archive(store):
    nothing = {"observations": 0, "filetypes": {}, "detectors": {}, "previews": 0}
    assert totals.live(store) == nothing


def test_the_totals_add_up_the_documents(store):
    put(
        store,
        [
            {
                "detector": "HRC",
                "files": {"raw": {"size": 1}, "flt": {"size": 10}},
                "previews": {
                    "raw": {"jpeg": "a.jpg"},
                    "flt": {"jpeg": "b.jpg", "thumbnail": "b.thumb"},
                    "flc": {"reason": "constant"},
                },
            },
            {"files": {"raw": {"size": 2_255_040}}, "previews": {"raw": {"jpeg": "c.jpg"}}},
        ],
    )
    found = totals.live(store)
    assert found["observations"] == 2
    assert {name: (t["files"], t["bytes"]) for name, t in found["filetypes"].items()} == {
        "raw": (2, 2_255_041),
        "flt": (1, 10),
    }
    assert found["detectors"] == {"HRC": 1, None: 1}
    assert found["previews"] == 3
