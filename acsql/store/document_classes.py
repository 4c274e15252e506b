"""The mongoengine classes of a database: the fields of its documents, and its indexes.

To index a promoted keyword, write ``indexed: true`` in ``keyword_specs/promoted.yaml``; any other
index is a line of `_shared_indexes` (observations and their headerless copies),
`_observation_indexes` or `_headerless_indexes`.  The fields of an observation come from the
keyword specs, so the classes are made for an open database, not when this module is imported.
A search needs none of them, and goes without mongoengine.
"""

import hashlib
import uuid
from dataclasses import dataclass
from typing import Any

import mongoengine as me
from pymongo import IndexModel, MongoClient

from ..keywords import KeywordSpecs
from ..query import ANNOTATION_FIELDS
from .fields import field_path
from .schema import (
    ANNOTATED_OBSERVATIONS,
    ANNOTATIONS,
    HEADERLESS,
    INGEST_RUNS,
    MISMATCHES,
    MONITOR_ALERTS,
    MONITOR_ROWS,
    OBSERVATIONS,
    PROPOSALS,
    TIE_BREAKERS,
    Document,
)


class _WholeNumberField(me.IntField):  # type: ignore[misc]  # mongoengine has no types
    """A number that is whole by its spec, and returned as it is stored if it is not."""

    def to_python(self, value: Any) -> Any:
        """Return a stored value."""
        return value


_FIELD_CLASSES = {
    "int": _WholeNumberField,
    "float": me.FloatField,
    "str": me.StringField,
    "bool": me.BooleanField,
    "date": me.DateTimeField,
    "time": me.StringField,
    "datetime": me.DateTimeField,
}


@dataclass(frozen=True)
class DocumentClasses:
    """The mongoengine classes of one database."""

    observation: type[me.Document]
    headerless: type[me.Document]
    proposal: type[me.Document]
    ingest_run: type[me.Document]
    annotation: type[me.Document]
    annotated_observation: type[me.Document]
    monitor_row: type[me.Document]
    monitor_alert: type[me.Document]


def connect(client: MongoClient[Document], database: str) -> str:
    """Let mongoengine use a connection, until ``mongoengine.disconnect`` of the name.

    Parameters
    ----------
    client : pymongo.MongoClient
        The connection.
    database : str
        The name of the database.

    Returns
    -------
    str
        The name under which mongoengine knows the connection.
    """
    alias = f"acsql-{uuid.uuid4().hex}"
    me.connect(
        database,
        alias,
        mongo_client_class=lambda **_: client,
        uuidRepresentation="standard",
    )
    return alias


def document_classes(alias: str, specs: KeywordSpecs) -> DocumentClasses:
    """Make the mongoengine classes of a database.

    Parameters
    ----------
    alias : str
        The name under which mongoengine knows the connection.
    specs : KeywordSpecs
        The source of the fields and indexes of observations.

    Returns
    -------
    DocumentClasses
        They are not registered with any other connection.
    """
    shared = _shared_indexes(specs)
    of_observations = [*shared, *_observation_indexes(specs)]
    of_headerless = [*shared, *_headerless_indexes(specs)]
    fields = _observation_fields
    by_annotation: list[Any] = [[name, "_id"] for name in ANNOTATION_FIELDS]
    return DocumentClasses(
        _document_class("Observation", fields(specs), alias, OBSERVATIONS, of_observations),
        _document_class("HeaderlessObservation", fields(specs), alias, HEADERLESS, of_headerless),
        _document_class("Proposal", _proposal_fields(), alias, PROPOSALS, []),
        _document_class("IngestRun", {}, alias, INGEST_RUNS, ["started"], me.DynamicDocument),
        _document_class(
            "Annotation", {}, alias, ANNOTATIONS, _annotation_indexes(), me.DynamicDocument
        ),
        _document_class(
            "AnnotatedObservation",
            {},
            alias,
            ANNOTATED_OBSERVATIONS,
            by_annotation,
            me.DynamicDocument,
        ),
        _document_class(
            "MonitorRow",
            {},
            alias,
            MONITOR_ROWS,
            [["monitor", "expstart"], {"fields": ["failure.owed", "monitor"], "sparse": True}],
            me.DynamicDocument,
        ),
        _document_class(
            "MonitorAlert", {}, alias, MONITOR_ALERTS, [["monitor", "key"]], me.DynamicDocument
        ),
    )


def _document_class(
    name: str,
    fields: dict[str, Any],
    alias: str,
    collection: str,
    indexes: list[Any],
    base: Any = me.Document,
) -> type[me.Document]:
    meta = {
        "db_alias": alias,
        "collection": collection,
        "indexes": indexes,
        # An ingest makes the indexes; a process that only reads must not.
        "auto_create_index": False,
        # A document that was written with other specs can be read, too.
        "strict": False,
    }
    return type(name, (base,), fields | {"meta": meta})


def _observation_fields(specs: KeywordSpecs) -> dict[str, Any]:
    promoted = {
        name: _FIELD_CLASSES[spec.type](null=True)
        for name, spec in specs.top_level.items()
        if name != "rootname"
    }
    return promoted | {
        "rootname": me.StringField(primary_key=True),
        "position": me.PointField(auto_index=False),
        # A Polygon or a MultiPolygon; mongoengine has a field for each, and none for either.
        "footprint": me.DictField(default=None),
        "datasets": me.DictField(),
        "headers": me.DictField(),
        "layouts": me.DictField(),
        "files": me.DictField(),
        "previews": me.DictField(),
        MISMATCHES: me.ListField(me.StringField()),
        "stats": me.DictField(),
        "schema_version": me.IntField(),
    }


def _proposal_fields() -> dict[str, Any]:
    return {
        "proposid": me.IntField(primary_key=True),
        "type": me.StringField(null=True),
        "title": me.StringField(null=True),
        "cycle": me.IntField(null=True),
        "pi": me.StringField(null=True),
        # The last lookup without success.
        "tried": me.DateTimeField(null=True),
    }


def make_indexes(document_class: type[me.Document]) -> None:
    """Make the indexes of a class that its collection lacks, all with one command.

    ``Document.ensure_indexes`` sends a command for each, over sixty for an archive.

    Parameters
    ----------
    document_class : type of mongoengine.Document
        One of `DocumentClasses`.

    Raises
    ------
    pymongo.errors.PyMongoError
        If the database fails.
    """
    models = []
    for spec in document_class._meta["index_specs"]:
        options = {name: value for name, value in spec.items() if name not in ("fields", "cls")}
        models.append(IndexModel(spec["fields"], **options))
    if models:
        document_class._get_collection().create_indexes(models)


def _shared_indexes(specs: KeywordSpecs) -> list[Any]:
    """Return the indexes of both the observations and the headerless observations.

    Each continues with the tie breakers of every order.  So one index serves an equality in the
    order of time, a sort by its keyword, and a range, with only keys being sorted.
    """
    keywords = dict.fromkeys((*specs.indexed, "expstart"))
    return [
        *([*dict.fromkeys((name, *TIE_BREAKERS))] for name in keywords),
        # Thumbnails of a proposal can be sorted by exposure time.
        ["proposid", "exptime", *TIE_BREAKERS],
        [("position", "2dsphere")],
        [("footprint", "2dsphere")],
        # The names of all files are read from this index, not from documents.
        ["rootname", "datasets"],
    ]


def _headerless_indexes(specs: KeywordSpecs) -> list[Any]:
    """Return the indexes of type mismatches and of a kind of exposure with its exposure time.

    The latter two are correlated (a bias is never long), so an index of exposure times alone would
    lead the server through all exposures in the range.
    """
    kinds = dict.fromkeys((*specs.facets, "targname"))
    # Few observations have type mismatches; the others are not in their index.
    mismatches = {"fields": [MISMATCHES], "sparse": True}
    of_kinds = [[name, "exptime", *TIE_BREAKERS] for name in kinds if name in specs.indexed]
    return [*of_kinds, mismatches]


def _annotation_indexes() -> list[Any]:
    """Return the indexes of annotations: those of one subject or batch, in their order."""
    some = [
        {"fields": [name, "number"], "partialFilterExpression": {name: {"$exists": True}}}
        for name in ("rootname", "proposid", "run", "flag", "batch")
    ]
    return ["number", ["by", "number"], *some]


def _observation_indexes(specs: KeywordSpecs) -> list[Any]:
    """Return one wildcard index of every keyword that names a reference file.

    An index for each would exceed the 64 that a collection may have (MongoDB manual, "Limits").
    The server refuses other keywords under the same name, so the name has a digest of them.
    """
    paths = {
        field_path(f"{filetype}.0.{name}"): 1
        for filetype in specs.filetypes
        for name in specs.reference_files
    }
    digest = hashlib.sha256(" ".join(sorted(paths)).encode()).hexdigest()[:8]
    wildcard = {
        "fields": [("$**", 1)],
        "wildcardProjection": paths,
        "name": f"reference_files_{digest}",
    }
    return [wildcard]
