"""What MongoDB keeps: the document classes, their promoted fields and their indexes.

The fields and the indexes of an observation come from the keyword specs, so the classes are
made when a database is opened and not when this module is imported.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import mongoengine as me

from ..keywords import BLOCKS, KeywordSpecs

OBSERVATIONS = "observations"
OUTLINES = "outlines"
PROPOSALS = "proposals"
INGEST_RUNS = "ingest_runs"
KEYWORDS_MET = "keywords_met"
FAILURES = "failures"

SCHEMA_VERSION = 2

_FIELDS = {
    "int": me.IntField,
    "float": me.FloatField,
    "str": me.StringField,
    "bool": me.BooleanField,
    "date": me.DateTimeField,
    "time": me.StringField,
    "datetime": me.DateTimeField,
}

# What every order ends with, so that no two rows are alike.
TIE_BREAKERS = ("expstart", "rootname")


@dataclass(frozen=True)
class Documents:
    """The document classes of one database."""

    observation: type[me.Document]
    outline: type[me.Document]
    proposal: type[me.Document]
    ingest_run: type[me.Document]


def declare(alias: str, specs: KeywordSpecs) -> Documents:
    """Return the document classes for the database that mongoengine knows as `alias`."""
    return Documents(
        type("Observation", (me.Document,), _of_observation(alias, OBSERVATIONS, specs)),
        type("Outline", (me.Document,), _of_observation(alias, OUTLINES, specs)),
        _proposal(alias),
        _ingest_run(alias),
    )


def _meta(alias: str, collection: str, indexes: list) -> dict:
    # Indexes are made by the ingest that fills them, not by whoever happens to read first.
    return {
        "db_alias": alias,
        "collection": collection,
        "indexes": indexes,
        "auto_create_index": False,
        # A document that an ingest with other specs wrote can be read all the same.
        "strict": False,
    }


def _of_observation(alias: str, collection: str, specs: KeywordSpecs) -> dict[str, Any]:
    """Return the body of the class of observations, or of their outlines, which have its fields."""
    fields = {
        name: _FIELDS[spec.type](null=True)
        for name, spec in specs.top_level.items()
        if name != "rootname"
    }
    fields |= {
        "rootname": me.StringField(primary_key=True),
        "position": me.PointField(auto_index=False),
        # A Polygon or a MultiPolygon; mongoengine has a field for either, and none for both.
        "footprint": me.DictField(default=None),
        "datasets": me.DictField(),
        "headers": me.DictField(),
        "files": me.DictField(),
        "previews": me.DictField(),
        "schema_version": me.IntField(),
    }
    whole = collection == OBSERVATIONS
    others = [_index_of_reference_files(specs)] if whole else _indexes_of_exposures(specs)
    return fields | {"meta": _meta(alias, collection, [*_indexes(specs), *others])}


def _indexes(specs: KeywordSpecs) -> list[Any]:
    """Return the indexes that observations and outlines have alike.

    Each goes on with what every order ends with, so that one serves an equality in the usual
    order, a sort by its keyword, and a range of it: there the server sorts keys, not documents.
    """
    keywords = dict.fromkeys((*specs.indexed, "expstart"))
    return [
        *([*dict.fromkeys((name, *TIE_BREAKERS))] for name in keywords),
        # The thumbnails of a proposal come in this order as well.
        ["proposid", "exptime", *TIE_BREAKERS],
        [("position", "2dsphere")],
        [("footprint", "2dsphere")],
        # The names of all files are read from it, and not from documents.
        ["rootname", "datasets"],
    ]


def _indexes_of_exposures(specs: KeywordSpecs) -> list[list[str]]:
    """Return the indexes of outlines for exposures of a kind and of so many seconds.

    The two depend on each other: no bias lasts for long, and of the exposures of so many seconds
    that lie between others the server would look at all.
    """
    kinds = dict.fromkeys((*specs.facets, "targname"))
    return [[name, "exptime", *TIE_BREAKERS] for name in kinds if name in specs.indexed]


def _index_of_reference_files(specs: KeywordSpecs) -> dict[str, Any]:
    """Return one index of every keyword that names a reference file, in every primary header.

    One of each would be more than a collection may have.  The server wants another name for one
    of other keywords, so it is named by what is in it.
    """
    named = {
        path(f"{filetype}.0.{name}"): 1
        for filetype in specs.filetypes
        for name in specs.reference_files
    }
    digest = hashlib.sha256(" ".join(sorted(named)).encode()).hexdigest()[:8]
    return {
        "fields": [("$**", 1)],
        "wildcardProjection": named,
        "name": f"reference_files_{digest}",
    }


def _proposal(alias: str) -> type[me.Document]:
    body = {
        "proposid": me.IntField(primary_key=True),
        "type": me.StringField(null=True),
        "title": me.StringField(null=True),
        "cycle": me.IntField(null=True),
        "pi": me.StringField(null=True),
        "tried": me.DateTimeField(null=True),
        "meta": _meta(alias, PROPOSALS, []),
    }
    return type("Proposal", (me.Document,), body)


def _ingest_run(alias: str) -> type[me.Document]:
    return type(
        "IngestRun", (me.DynamicDocument,), {"meta": _meta(alias, INGEST_RUNS, ["started"])}
    )


def now() -> datetime:
    """Return the time as it is stored: UTC, without saying so."""
    return datetime.now(UTC).replace(tzinfo=None)


def path(address: str) -> str:
    """Return the path in a document of an address that `acsql.query` has resolved.

    ``exptime`` stays as it is, ``rootname`` is ``_id``, ``flt.1.goodmean`` is
    ``headers.flt.1.goodmean``; ``drz.0.dnnndata`` is looked for in all blocks.
    """
    if "." not in address:
        return "_id" if address == "rootname" else address
    filetype, extension, name = address.split(".", 2)
    if name.startswith(BLOCKS):
        name = f"{BLOCKS}.{name.removeprefix(BLOCKS)}"
    return f"headers.{filetype}.{extension}.{name}"
