"""The JSON responses of the API, as types from which the OpenAPI document is generated."""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field

# Pydantic needs these instead of those of `typing` before Python 3.12.
from typing_extensions import TypedDict

Headers = dict[str, dict[str, Any]]
Notes = Annotated[
    list[str],
    Field(description="Notes on keywords of the conditions that have type mismatches."),
]


class Error(TypedDict):
    """An error."""

    error: str
    message: str
    request_id: Annotated[str, Field(description="The id of the request in the log of the site.")]


class Index(TypedDict):
    """The version of acsql, the URL of the OpenAPI document, and the paths of the API."""

    version: str
    document: str
    paths: list[str]


class Document(TypedDict):
    """The OpenAPI document."""

    openapi: str
    info: dict[str, Any]
    servers: list[dict[str, str]]
    paths: dict[str, Any]
    components: dict[str, Any]


class UserAnswer(TypedDict):
    """The user of the request, and what the user may do."""

    name: Annotated[str | None, Field(description="null if the request has no user.")]
    role: Annotated[
        Literal["read", "annotate", "administer"] | None,
        Field(description="Each role has the rights of those before it."),
    ]


class MonitorsHealth(TypedDict):
    """The monitors that need attention."""

    failing: Annotated[
        list[str], Field(description="Monitors whose last run failed in part or whole.")
    ]
    overdue: Annotated[list[str], Field(description="Monitors that were not run for too long.")]
    open_alerts: int
    problems: Annotated[int, Field(description="Modules of monitors that cannot be loaded.")]


class Health(TypedDict):
    """The state of the site."""

    status: Literal["ok", "failing"]
    database: Annotated[bool, Field(description="Whether the database answers.")]
    schema: Annotated[
        bool | None, Field(description="Whether all database migrations are applied.")
    ]
    message: str | None
    hours_since_success: Annotated[
        float | None, Field(description="Hours since the last successful ingest.")
    ]
    overdue: bool | None
    overdue_hours: Annotated[float, Field(description="Hours after which an ingest is overdue.")]
    monitors: MonitorsHealth | None


class ObservationPage(TypedDict):
    """One page of a search, with the URL of the next one."""

    observations: list[dict[str, Any]]
    after: Annotated[str | None, Field(description="The cursor of the next page.")]
    next: Annotated[str | None, Field(description="The URL of the next page.")]
    notes: Notes


class ObservationRecord(TypedDict):
    """The top-level keywords of an observation, its files and its previews."""

    rootname: str
    ipppssoot: str
    datasets: dict[str, str]
    files: dict[str, dict[str, Any]]
    previews: dict[str, dict[str, Any]]


# By EXTVER, amplifier or "all", and the name of the statistic.
ImageStatistics = dict[str, dict[str, dict[str, float]]]


class TableColumn(TypedDict):
    """A column of a table."""

    name: str
    type: Literal["int", "float", "str", "bool", "date", "time", "datetime"]
    unit: str | None
    description: str | None


class TableAnswer(TypedDict):
    """A table of a file: its columns, and its rows by the names of the columns."""

    columns: list[TableColumn]
    rows: list[dict[str, Any]]


class GroupsAnswer(TypedDict):
    """Groups of observations by the names of the columns."""

    columns: list[TableColumn]
    groups: list[dict[str, Any]]
    notes: Notes


class CountAnswer(TypedDict):
    """The number of observations, and whether it is exact or estimated."""

    observations: Annotated[int, Field(ge=0)]
    exact: bool
    notes: Notes


class FacetEntry(TypedDict):
    """A value with its number of observations."""

    value: Annotated[Any, Field(description="In the type of the keyword.")]
    observations: Annotated[int, Field(ge=1)]


class FacetAnswer(TypedDict):
    """The values of a keyword, the most frequent first."""

    keyword: str
    values: list[FacetEntry]
    notes: Notes


class KeywordEntry(TypedDict):
    """A keyword at one of its addresses."""

    keyword: str
    type: Literal["int", "float", "str", "bool", "date", "time", "datetime"]
    unit: str | None
    address: str
    description: str | None


class KeywordList(TypedDict):
    """The matching keywords, with each of their addresses."""

    keywords: list[KeywordEntry]


class PicturedFilterRecord(TypedDict):
    """An observation whose thumbnail stands for those with the same detector and filters."""

    detector: str | None
    filter1: str | None
    filter2: str | None
    rootname: str


class ProposalRecord(TypedDict):
    """A proposal."""

    proposid: int
    type: str | None
    title: str | None
    cycle: int | None
    pi: str | None
    observations: int
    detectors: Annotated[dict[str, int], Field(description="Numbers of observations by detector.")]
    targets: list[str]
    visits: list[str]
    filters: list[str]
    first: Annotated[str | None, Field(description="The date of the first observation.")]
    last: Annotated[str | None, Field(description="The date of the last observation.")]
    exptime: Annotated[float, Field(description="The sum of the exposure times, in seconds.")]
    thumbnails: Annotated[
        list[PicturedFilterRecord],
        Field(description="An observation with a thumbnail for each detector and pair of filters."),
    ]


class ProposalList(TypedDict):
    """The proposals, by number."""

    proposals: list[ProposalRecord]


class RunAnswer(TypedDict):
    """The record of an ingest run, with the beginnings of its lists."""

    number: int
    state: Literal[
        "running",
        "succeeded",
        "nothing new",
        "succeeded with failures",
        "failed",
        "interrupted",
        "died",
    ]
    started: str
    listed: Annotated[dict[str, int], Field(description="The length of each list.")]
    log: NotRequired[Annotated[str, Field(description="The URL of its log.")]]


class RunList(TypedDict):
    """The run records without their lists."""

    runs: list[RunAnswer]


class FailureRecord(TypedDict):
    """A file that could not be, or not fully be, ingested."""

    filename: str
    rootname: str
    stage: str
    reason: str
    owed: Annotated[bool, Field(description="Whether every ingest reads it again.")]
    first: Annotated[str, Field(description="When it failed first, UTC.")]
    last: Annotated[str, Field(description="When it failed last, UTC.")]


class FailureList(TypedDict):
    """The files that could not be ingested, owed files first."""

    failures: list[FailureRecord]


class SummaryAnswer(TypedDict):
    """The contents of the archive, and the state of its last ingest."""

    observations: int
    files: int
    bytes: int
    previews: int
    detectors: Annotated[dict[str, int], Field(description="Numbers of observations by detector.")]
    filetypes: Annotated[
        dict[str, dict[str, int]], Field(description="Numbers of files and bytes by filetype.")
    ]
    owed: Annotated[
        int, Field(description="Number of files that the next ingest reads again after a failure.")
    ]
    damaged: Annotated[
        int, Field(description="Number of files that are not read again before they change.")
    ]
    last_run: RunAnswer | None
    hours_since_success: float | None
    overdue: bool


class StatisticRecord(TypedDict):
    """A statistic as a table."""

    name: str
    title: str
    rows: list[dict[str, Any]]


class StatisticList(TypedDict):
    """The statistics of the archive."""

    statistics: list[StatisticRecord]


class MonitorRecord(TypedDict):
    """The state of a monitor."""

    name: str
    title: str
    state: str
    measured: Annotated[int, Field(description="Number of observations.")]
    rows: int
    failed: Annotated[int, Field(description="Observations that could not be measured.")]
    open_alerts: int
    hours_since_success: float | None
    overdue: bool


class MonitorList(TypedDict):
    """The monitors with their states."""

    monitors: list[MonitorRecord]


class AlertSeen(TypedDict):
    """A user who has seen an alert, and the time (UTC)."""

    user: str
    when: str


class AlertRecord(TypedDict):
    """An alert of a monitor."""

    monitor: str
    key: str
    message: str
    rootname: Annotated[str | None, Field(description="The latest observation that shows it.")]
    opened: Annotated[str, Field(description="When it was opened, UTC.")]
    closed: Annotated[str | None, Field(description="When it was closed, UTC.")]
    seen: list[AlertSeen]


class AlertList(TypedDict):
    """The latest alerts, open alerts first."""

    alerts: list[AlertRecord]


class MonitorFailure(TypedDict):
    """An observation that a monitor could not measure."""

    rootname: str
    reason: str
    owed: Annotated[bool, Field(description="Whether every run tries again.")]
    measured: Annotated[str, Field(description="When it was tried, UTC.")]


class MonitorAnswer(MonitorRecord):
    """A monitor with its documentation, columns, alerts and failures."""

    documentation: str
    condition: str
    version: int
    columns: list[TableColumn]
    alerts: list[AlertRecord]
    failures: list[MonitorFailure]


class MonitorRows(TypedDict):
    """Rows of a monitor by the names of its columns."""

    rows: list[dict[str, Any]]
