"""The endpoints of the ingest runs and of the files that they could not ingest."""

from collections.abc import Mapping
from typing import Annotated, Any, cast

from flask import url_for
from pydantic import Field

from ..context import current_archive
from ..json_response import PREFIX
from ..params import WholeNumber
from .answers import FailureList, FailureRecord, RunAnswer, RunList
from .endpoint import INTEGER, MAX_INTEGER, ApiParameters, Number, endpoint

MAX_RUNS = 1000
MAX_FAILURES = 10_000


class RunListParameters(ApiParameters):
    """The runs to list."""

    limit: Annotated[
        int, WholeNumber(1, MAX_RUNS), Field(description="At most this many runs.")
    ] = 50
    before: Annotated[
        int | None,
        WholeNumber(1, MAX_INTEGER),
        Field(description="Only runs before the one with this number."),
    ] = None


class FailureListParameters(ApiParameters):
    """The failures to list."""

    limit: Annotated[
        int, WholeNumber(1, MAX_FAILURES), Field(description="At most this many files.")
    ] = 1000


@endpoint(f"{PREFIX}failures")
def failures(query: FailureListParameters) -> FailureList:
    """List the files that could not be ingested, owed files first."""
    records = current_archive().failures(query.limit)
    return {"failures": [cast(FailureRecord, record) for record in records]}


@endpoint(f"{PREFIX}runs")
def runs(query: RunListParameters) -> RunList:
    """List the newest ingest runs."""
    records = current_archive().runs(query.limit, query.before)
    return {"runs": [run_answer(record) for record in records]}


@endpoint(f"{PREFIX}runs/<{INTEGER}:number>")
def run(number: Number) -> RunAnswer:
    """Return an ingest run with its first failures; its log has all."""
    return run_answer(current_archive().run(number))


def run_answer(record: Mapping[str, Any]) -> RunAnswer:
    """Return a run record with the URL of its log in place of the path on the server."""
    answer = {"number" if name == "_id" else name: value for name, value in record.items()}
    if answer.get("log"):
        answer["log"] = url_for("runs.log", number=record["_id"])
    return cast(RunAnswer, answer)
