"""Observations that are written, changed and folded in any order, for tests of what is computed."""

from datetime import datetime

from hypothesis import strategies as st

from acsql.store import observation_writes
from acsql.store.client import Store
from acsql.store.columns.fold import fold

_DATES = [datetime(2002, 4, 13), datetime(2002, 4, 30), datetime(2019, 12, 31), None, "soon"]
_PREVIEWS = [
    {},
    {"flt": {"jpeg": "1/a_flt.jpg", "thumbnail": "1/a_flt.thumb"}},
    {"flt": {"reason": "constant", "thumbnail": None}, "raw": {"jpeg": "1/a_raw.jpg"}},
]
_FIELDS = {
    "detector": ["WFC", "HRC", "", None],
    "proposid": [8992, 9019, None],
    "targname": ["NGC104", "M31", "", None],
    "visit": ["01", "A1", None],
    "filter1": ["F555W", "CLEAR1L", "", None, 7],
    "filter2": ["F814W", "F555W", None],
    "pr_inv_l": ["Bohlin", "Ford", None],
    "pr_inv_f": ["Ralph", None],
    "date_obs": _DATES,
    "first_ingest_date": _DATES[:3],
    "exptime": [0.0, -1.0, 0.5, 60.0, 60, 1000.0, float("nan"), float("inf"), None, "long"],
    "previews": _PREVIEWS,
}
_EXTENSIONS = [{}, {"0": {"exptime": 60.0}}, {"0": {}, "1": {"goodmean": 5.5}}]


@st.composite
def documents(draw: st.DrawFn, rootname: str) -> dict:
    """Return an observation, in which any field may be missing."""
    document = {
        name: draw(st.sampled_from(values))
        for name, values in _FIELDS.items()
        if draw(st.booleans())
    }
    files = draw(st.dictionaries(st.sampled_from(["raw", "flt", "spt"]), st.integers(0, 2**40)))
    document["files"] = {name: {"size": size} for name, size in files.items()}
    document["headers"] = {name: draw(st.sampled_from(_EXTENSIONS)) for name in files}
    return {"_id": rootname, **document}


FOLD = "fold"
steps = st.lists(
    st.one_of(
        st.just(FOLD), st.sampled_from(["j8bt0001", "j8bt0002", "j8bt0003"]).flatmap(documents)
    ),
    max_size=12,
)


def take(store: Store, step: str | dict) -> None:
    """Fold, or write an observation."""
    if isinstance(step, dict):
        observation_writes.replace(store, step)
    else:
        fold(store)
