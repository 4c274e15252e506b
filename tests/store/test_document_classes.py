"""Fields and indexes follow the keyword specs."""

import dataclasses

import mongoengine as me

from acsql import keywords as keyword_specs
from acsql.store.client import Store
from acsql.store.document_classes import document_classes

SPECS = keyword_specs.load()

FIELDS = {
    "int": me.IntField,
    "float": me.FloatField,
    "str": me.StringField,
    "bool": me.BooleanField,
    "date": me.DateTimeField,
    "time": me.StringField,
    "datetime": me.DateTimeField,
}


def test_every_top_level_field_has_the_type_of_its_spec(store):
    observation = store.document_classes.observation
    for name, spec in SPECS.top_level.items():
        assert isinstance(observation._fields[name], FIELDS[spec.type])


def test_the_fields_are_those_of_the_specs_and_of_acsql(store):
    others = {"position", "footprint", "datasets", "headers", "layouts", "files", "previews"}
    others |= {"schema_version", "type_mismatches", "stats"}
    assert store.document_classes.observation._fields.keys() == SPECS.top_level.keys() | others
    assert not others & SPECS.top_level.keys()


def test_the_rootname_is_the_key_of_the_collection(store):
    assert store.document_classes.observation._meta["id_field"] == "rootname"
    assert store.document_classes.proposal._meta["id_field"] == "proposid"


def test_fields_follow_the_specs():
    extended = SPECS.with_keywords([])
    promoted = dict(extended.promoted)
    del promoted["postarg1"]
    fewer = dataclasses.replace(extended, promoted=promoted)
    assert "postarg1" not in document_classes("no such database", fewer).observation._fields
    assert "postarg1" in document_classes("no such database", SPECS).observation._fields


def test_indexes_are_made_on_request_only(store):
    store.observations.insert_one({"_id": "j8bt05nj"})
    assert list(store.document_classes.observation.objects.scalar("rootname")) == ["j8bt05nj"]
    assert [index["name"] for index in store.observations.list_indexes()] == ["_id_"]


def test_every_indexed_keyword_starts_an_index_that_ends_with_the_tie_breakers(store):
    store.make_indexes()
    found = [list(index["key"].items()) for index in store.observations.list_indexes()]
    for name in SPECS.indexed:
        leading = [keys for keys in found if keys[0] == (name, 1)]
        assert leading
        assert all(keys[-1] == ("_id", 1) for keys in leading)
    assert [("position", "2dsphere")] in found
    assert len(found) <= 64  # what MongoDB allows in a collection


def test_every_reference_file_of_every_primary_header_is_in_one_index(store):
    store.make_indexes()
    (index,) = [i for i in store.observations.list_indexes() if "wildcardProjection" in i]
    named = set(index["wildcardProjection"])
    places = {
        f"headers.{filetype}.{extension}.{name}"
        for name in SPECS.reference_files
        for filetype, extension in SPECS.headers_with(name)
        if extension == 0
    }
    assert places
    assert places <= named
    assert {place.rpartition(".")[2] for place in named} == set(SPECS.reference_files)


def test_a_new_reference_file_keyword_is_indexed_too(store):
    store.make_indexes()
    more = dataclasses.replace(SPECS, reference_files=(*SPECS.reference_files, "rulefile"))
    with Store(store.connection_string, more) as opened:
        opened.make_indexes()
        indexes = opened.observations.list_indexes()
        assert any("headers.raw.0.rulefile" in i.get("wildcardProjection", ()) for i in indexes)


def test_making_indexes_again_changes_nothing(store):
    store.make_indexes()
    before = store.observations.index_information()
    store.make_indexes()
    assert store.observations.index_information() == before


def test_runs_are_sorted_by_an_index(store):
    store.make_indexes()
    assert [("started", 1)] in [i["key"] for i in store.ingest_runs.index_information().values()]
