"""The endpoints that describe the whole archive: its summary, statistics and keywords."""

from dataclasses import asdict
from typing import Annotated, cast

from pydantic import Field

from ...query import keyword_row, search_keywords
from ...runs import is_overdue
from ..context import current_archive
from ..json_response import PREFIX
from .answers import KeywordEntry, KeywordList, StatisticList, StatisticRecord, SummaryAnswer
from .endpoint import ApiParameters, endpoint
from .runs import run_answer


class KeywordsParameters(ApiParameters):
    """A text to search keywords by."""

    q: Annotated[
        str,
        Field(description="A part of a name or description; without it, all keywords."),
    ] = ""


@endpoint(f"{PREFIX}keywords")
def keywords(query: KeywordsParameters) -> KeywordList:
    """Search keywords by name and description."""
    columns = search_keywords(query.q, current_archive().specs)
    return {"keywords": [cast(KeywordEntry, keyword_row(column)) for column in columns]}


@endpoint(f"{PREFIX}summary")
def summary() -> SummaryAnswer:
    """Return the contents of the archive and the state of its last ingest."""
    contents = current_archive().summary()
    last = contents.last_run
    answer = asdict(contents) | {
        "last_run": None if last is None else run_answer(last),
        "overdue": is_overdue(contents.hours_since_success),
    }
    return cast(SummaryAnswer, answer)


@endpoint(f"{PREFIX}statistics")
def statistics() -> StatisticList:
    """Return the statistics of the archive."""
    names = ("name", "title", "rows")
    records = [
        {name: getattr(statistic, name) for name in names}
        for statistic in current_archive().statistics().values()
    ]
    return {"statistics": [cast(StatisticRecord, record) for record in records]}
