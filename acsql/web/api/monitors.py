"""The endpoints of the monitors: their states, and what they measured."""

from typing import Annotated, Any, cast

from pydantic import Field

from ...monitors.monitor import NAME_PATTERN
from ...monitors.monitored import MonitorState
from ..context import current_archive
from ..json_response import PREFIX
from ..params import WholeNumber
from .answers import AlertList, AlertRecord, MonitorAnswer, MonitorList, MonitorRecord, MonitorRows
from .endpoint import ApiParameters, endpoint

MAX_OBSERVATIONS = 10_000
MAX_ALERTS = 1000

MonitorName = Annotated[str, Field(pattern=f"^{NAME_PATTERN}$")]


class MonitorRowsParameters(ApiParameters):
    """The rows to return."""

    observations: Annotated[
        int,
        WholeNumber(1, MAX_OBSERVATIONS),
        Field(description="The rows of at most this many observations, the latest."),
    ] = 1000


class AlertListParameters(ApiParameters):
    """The alerts to return."""

    limit: Annotated[
        int, WholeNumber(1, MAX_ALERTS), Field(description="At most this many alerts.")
    ] = 100


@endpoint(f"{PREFIX}monitors")
def monitors() -> MonitorList:
    """List the monitors with their states."""
    return {"monitors": [_record(state) for state in current_archive().monitors().values()]}


@endpoint(f"{PREFIX}alerts")
def alerts(query: AlertListParameters) -> AlertList:
    """List the latest alerts of all monitors, open alerts first."""
    records = current_archive().alerts(query.limit)
    return {"alerts": [cast(AlertRecord, record) for record in records]}


@endpoint(f"{PREFIX}monitors/<name>")
def monitor(name: MonitorName) -> MonitorAnswer:
    """Return a monitor: its state, documentation, columns, alerts and failures."""
    archive = current_archive()
    results = archive.monitor(name)
    answer: dict[str, Any] = {
        **_record(archive.monitors()[name]),
        "documentation": results.monitor.documentation,
        "condition": results.monitor.condition,
        "version": results.monitor.version,
        "columns": [
            {
                "name": column.address,
                "type": column.spec.type,
                "unit": column.spec.unit,
                "description": column.spec.description,
            }
            for column in results.columns
        ],
        "alerts": results.alerts(MAX_ALERTS),
        "failures": results.failures(MAX_ALERTS),
    }
    return cast(MonitorAnswer, answer)


@endpoint(f"{PREFIX}monitors/<name>/rows")
def monitor_rows(name: MonitorName, query: MonitorRowsParameters) -> MonitorRows:
    """Return the latest rows of a monitor, in the order of time."""
    return {"rows": current_archive().monitor(name).latest(query.observations)}


def _record(state: MonitorState) -> MonitorRecord:
    return {
        "name": state.monitor.name,
        "title": state.monitor.title,
        "state": state.state,
        "measured": state.numbers.measured,
        "rows": state.numbers.rows,
        "failed": state.numbers.failed,
        "open_alerts": state.open_alerts,
        "hours_since_success": state.hours_since_success,
        "overdue": state.overdue,
    }
