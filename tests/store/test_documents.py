"""Are the fields and indexes those of the specs, and does the planner use every index?"""

import random
import re
from datetime import datetime

import mongoengine as me
import pytest

from acsql import query
from acsql import specs as keyword_specs
from acsql.query import And, Equals
from acsql.store import documents, observations
from acsql.store.connection import Store
from acsql.store.observations import Order

SPECS = keyword_specs.load()
DOCUMENTS = 300
PAGE = 10

FIELDS = {
    "int": me.IntField,
    "float": me.FloatField,
    "str": me.StringField,
    "bool": me.BooleanField,
    "date": me.DateTimeField,
    "time": me.StringField,
    "datetime": me.DateTimeField,
}
VALUES = {
    "int": lambda n: n,
    "float": float,
    "str": "x{}".format,
    "bool": bool,
    "date": lambda n: datetime(2002, 1 + n, 1),
    "datetime": lambda n: datetime(2002, 1, 1, n),
}


@pytest.fixture(scope="module")
def filled(database_uri):
    """A database with its indexes, in which every indexed keyword takes ten values."""
    server, _, options = database_uri.partition("?")
    chance = random.Random(1)
    with Store(f"{server.rpartition('/')[0]}/test_documents?{options}", SPECS) as store:
        store.make_indexes()
        store.observations.insert_many(
            [
                {
                    "_id": f"j{number:07d}",
                    **{
                        name: VALUES[SPECS.top_level[name].type](chance.randrange(10))
                        for name in SPECS.indexed
                    },
                    "position": {"type": "Point", "coordinates": [number % 180, number % 90]},
                }
                for number in range(DOCUMENTS)
            ]
        )
        yield store
        store.client.drop_database(store.database.name)


def profiled(store, condition, order=(), after=None, limit=PAGE) -> dict:
    """Find a page, and return what the server says of how it went."""
    store.database.command("profile", 2)
    rows = list(observations.find(store, condition, ["rootname"], order, limit, after))
    store.database.command("profile", 0)
    (entry,) = store.database["system.profile"].find({"op": "query"})
    store.database["system.profile"].drop()
    assert entry["nreturned"] == len(rows)
    return entry


def index_of(entry: dict) -> tuple[str, ...]:
    """Return the keywords of the index that the planner took."""
    assert entry["planSummary"].startswith("IXSCAN"), entry["planSummary"]
    return tuple(re.findall(r"(\w+): -?1", entry["planSummary"]))


def test_every_field_at_the_top_is_declared_with_its_type(store):
    observation = store.documents.observation
    for name, spec in SPECS.top_level.items():
        assert type(observation._fields[name]) is FIELDS[spec.type]


def test_the_fields_are_those_of_the_specs_and_of_the_document(store):
    others = {"position", "footprint", "datasets", "headers", "files", "previews"}
    others |= {"schema_version"}
    assert store.documents.observation._fields.keys() == SPECS.top_level.keys() | others
    assert not others & SPECS.top_level.keys()


def test_the_rootname_is_the_key_of_the_collection(store):
    assert store.documents.observation._meta["id_field"] == "rootname"
    assert store.documents.proposal._meta["id_field"] == "proposid"


def test_specs_decide_which_fields_there_are():
    extended = SPECS.extended([])
    promoted = dict(extended.promoted)
    del promoted["postarg1"]
    fewer = keyword_specs.replace(extended, promoted=promoted)
    assert "postarg1" not in documents.declare("no such database", fewer).observation._fields
    assert "postarg1" in documents.declare("no such database", SPECS).observation._fields


def test_indexes_are_made_when_asked_for_and_not_before(store):
    store.observations.insert_one({"_id": "j8bt05nj"})
    assert list(store.documents.observation.objects.scalar("rootname")) == ["j8bt05nj"]
    assert [index["name"] for index in store.observations.list_indexes()] == ["_id_"]


def test_every_indexed_keyword_leads_an_index_that_ends_with_the_rootname(store):
    store.make_indexes()
    found = [list(index["key"].items()) for index in store.observations.list_indexes()]
    for name in SPECS.indexed:
        leading = [keys for keys in found if keys[0] == (name, 1)]
        assert leading
        assert all(keys[-1] == ("_id", 1) for keys in leading)
    assert [("position", "2dsphere")] in found
    assert len(found) <= 64  # what MongoDB allows in a collection


def test_making_indexes_again_changes_nothing(store):
    store.make_indexes()
    before = store.observations.index_information()
    store.make_indexes()
    assert store.observations.index_information() == before


def test_runs_are_sorted_by_an_index(store):
    store.make_indexes()
    assert [("started", 1)] in [i["key"] for i in store.ingest_runs.index_information().values()]


def test_every_index_is_used(filled):
    sorts = [profiled(filled, And(), [Order(name)]) for name in SPECS.indexed]
    pages = [
        profiled(filled, Equals(name, VALUES[SPECS.top_level[name].type](3)), [Order("expstart")])
        for name in ("proposid", "detector")
    ]
    declared = {
        tuple(index["key"])
        for index in filled.observations.list_indexes()
        if index["name"] not in ("_id_", "position_2dsphere", "footprint_2dsphere")
    }
    assert {index_of(entry) for entry in [*sorts, *pages]} == declared
    near = {"$geoWithin": {"$centerSphere": [[6.0, -72.0], 0.1]}}
    plan = filled.observations.find({"position": near}).explain()["queryPlanner"]["winningPlan"]
    assert "position_2dsphere" in str(plan)


@pytest.mark.parametrize("name", SPECS.indexed)
def test_an_equality_is_served_by_its_index(filled, name):
    value = VALUES[SPECS.top_level[name].type](3)
    entry = profiled(filled, Equals(name, value), limit=0)
    assert index_of(entry)[0] == name
    assert entry["keysExamined"] == entry["nreturned"] > 0
    assert entry["docsExamined"] <= entry["nreturned"]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("name", SPECS.indexed)
def test_a_page_in_the_order_of_an_indexed_keyword_is_read_and_not_sorted(filled, name, descending):
    entry = profiled(filled, And(), [Order(name, descending)])
    assert not entry.get("hasSortStage")
    assert index_of(entry) == (name, "_id")
    assert entry["keysExamined"] <= PAGE
    assert entry["docsExamined"] <= PAGE


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("value", [None, 3.0])
def test_the_next_page_is_read_and_not_sorted(filled, descending, value):
    order = [Order("expstart", descending)]
    entry = profiled(filled, And(), order, after=[value, "j0000100"])
    assert not entry.get("hasSortStage")
    assert entry["docsExamined"] <= 2 * PAGE


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("after", [None, [3.0, "j0000100"]])
@pytest.mark.parametrize("name", ["proposid", "detector"])
def test_a_page_of_a_proposal_or_a_detector_is_read_and_not_sorted(filled, name, after, descending):
    value = filled.observations.find_one({"expstart": 3.0})[name]
    condition = query.prepare(Equals(name, value), SPECS)
    entry = profiled(filled, condition, [Order("expstart", descending)], after)
    assert not entry.get("hasSortStage")
    assert entry["docsExamined"] <= 4 * PAGE


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("exptime", "exptime"),
        ("rootname", "_id"),
        ("flt.1.goodmean", "headers.flt.1.goodmean"),
        ("raw.0.rootname", "headers.raw.0.rootname"),
        ("drz.0.dnnndata", "headers.drz.0.dnnn.data"),
        ("drz.0.dnnndexp", "headers.drz.0.dnnn.dexp"),
    ],
)
def test_an_address_is_a_path_in_the_document(address, expected):
    assert documents.path(address) == expected


@pytest.mark.parametrize("key", sorted(SPECS.lists)[::10])
def test_every_keyword_of_a_header_has_a_path_of_its_own(key):
    prefix = f"headers.{key.filetype}.{key.extension}."
    paths = [
        documents.path(query.resolve(f"{key.filetype}.{key.extension}.{name}", SPECS).address)
        for name in SPECS.lists[key]
    ]
    assert all(path.startswith(prefix) for path in paths)
    assert len(set(paths)) == len(paths)
