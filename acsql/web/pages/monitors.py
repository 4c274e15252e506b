"""The pages of the monitors: the list, a page for each with plots and rows, and the alert feed."""

from datetime import UTC
from typing import Annotated, Any
from urllib.parse import quote

from feedgenerator import Atom1Feed
from flask import Blueprint, Response, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from ...accounts.roles import Role
from ...export import FORMATS
from ...monitors.monitored import MonitorState
from ...query import computed_column
from .. import identity, plots
from ..annotating import Form, annotating_archive, sent
from ..context import current_archive, parameters
from ..downloads import download
from ..monitor_plots import SPARKLINE, draw_monitor, sparkline
from ..params import OneOf, Parameters

# Observations whose rows the table and the sparkline of a monitor show.
LATEST = 50
MAX_ALERTS = 100

blueprint = Blueprint("monitors", __name__)


class PlotParameters(Parameters):
    """The theme of the page around the plot."""

    theme: Annotated[str, OneOf(plots.THEMES)] = "light"


class RowsParameters(Parameters):
    """The rows of a monitor to send, and their format."""

    q: str = ""
    since: str = ""
    format: Annotated[str, OneOf(FORMATS)] = "csv"


@blueprint.get("/monitors/")
def page() -> str:
    """Show all monitors, with state, last run, last value and open alerts."""
    parameters(Parameters)
    archive = current_archive()
    return render_template(
        "monitors.html",
        api=url_for("api.monitors"),
        monitors=[_overview(state) for state in archive.monitors().values()],
        problems=archive.found_monitors().problems,
        alerts=[alert for alert in archive.alerts(MAX_ALERTS) if alert["closed"] is None],
        sparkline_size=SPARKLINE,
    )


def _overview(state: MonitorState) -> dict[str, Any]:
    """Return the state of a monitor with its latest values of the column that is drawn first."""
    rows = current_archive().monitor(state.monitor.name).latest(LATEST)
    column = next(iter(state.monitor.drawn), None)
    values = [row[column.address] for row in rows] if column else []
    known = [value for value in values if value is not None]
    return {
        "state": state,
        "column": column,
        "last": known[-1] if known else None,
        "points": sparkline(known),
    }


@blueprint.get("/monitors/<name>/")
def monitor(name: str) -> str:
    """Show a monitor: plots, documentation, alerts, failures and its latest rows."""
    parameters(Parameters)
    archive = current_archive()
    results = archive.monitor(name)
    summary, alerts = results.kept_summary(), results.alerts(MAX_ALERTS)
    stored, values = (summary.columns, summary.rows) if summary else ([], [])
    columns = [
        computed_column(each["name"], each["type"], each["description"], each["unit"])
        for each in stored
    ]
    return render_template(
        "monitor.html",
        api=url_for("api.monitor", name=name),
        monitor=results.monitor,
        state=archive.monitors()[name],
        columns=results.columns,
        rows=results.latest(LATEST)[::-1],
        summary=summary,
        summary_columns=columns,
        summary_rows=[dict(zip((c.address for c in columns), row, strict=True)) for row in values],
        alerts=alerts,
        is_unseen=any(_is_unseen(alert) for alert in alerts),
        failures=results.failures(MAX_ALERTS),
    )


def _is_unseen(alert: dict[str, Any]) -> bool:
    """Return whether an alert is open, and the reader has not marked it as seen."""
    user = identity.visitor().name
    return alert["closed"] is None and user not in [each["user"] for each in alert["seen"]]


@blueprint.post("/monitors/<name>/seen")
def see(name: str) -> BaseResponse:
    """Mark the open alerts of a monitor as seen by the reader."""
    user = identity.require(Role.ANNOTATE)
    parameters(Parameters)
    sent(Form)
    number = annotating_archive().monitor(name).mark_seen(user.name)
    identity.record("see alerts", user.name, monitor=name, alerts=number)
    return redirect(url_for(".monitor", name=name), 303)


@blueprint.get("/monitors/<name>/plot")
def plot(name: str) -> Response:
    """Send the plots of a monitor."""
    query = parameters(PlotParameters)
    results = current_archive().monitor(name)
    if results.monitor.plot is not None:
        return plots.figure_response(results.monitor.plot(results.table()), query.theme)
    url = f"{url_for('search_box.go')}?name=@rootname"
    kept = results.kept_summary()
    marks, sampled = (kept.marks, kept.drawn) if kept else ((), ())
    colours = plots.COLOURS[query.theme]
    drawn = draw_monitor(results.monitor, results.drawn(), url, marks, sampled, colours)
    return plots.figure_response(drawn, query.theme)


@blueprint.get("/monitors/<name>/rows")
def rows(name: str) -> Response:
    """Send the rows of a monitor as a file."""
    query = parameters(RowsParameters)
    results = current_archive().monitor(name)
    conditions = [query.q] if query.q else []
    found = results.rows(*conditions, since=query.since or None)
    return download(found, results.columns, query.format, f"acsql_{name}")


@blueprint.get("/monitors/alerts.atom")
def feed() -> Response:
    """Send the latest alerts of all monitors as an Atom feed (RFC 4287)."""
    parameters(Parameters)
    pages = url_for(".page", _external=True)
    atom = Atom1Feed(
        "ACS Quicklook: alerts of the monitors",
        pages,
        "Alerts of all monitors",
        feed_url=url_for(".feed", _external=True),
        language="en",
    )
    for alert in current_archive().alerts(MAX_ALERTS):
        page = url_for(".monitor", name=alert["monitor"], _external=True)
        ending = " (closed)" if alert["closed"] else ""
        rootname = f" ({alert['rootname']})" if alert["rootname"] else ""
        atom.add_item(
            f"{alert['monitor']}: {alert['message']}{ending}",
            page,
            f"{alert['message']}{rootname}",
            unique_id=f"{page}#{quote(alert['key'])}-{alert['opened'].isoformat()}",
            pubdate=alert["opened"].replace(tzinfo=UTC),
            updateddate=(alert["closed"] or alert["opened"]).replace(tzinfo=UTC),
            author_name="acsql",
        )
    return Response(atom.writeString("utf-8"), mimetype="application/atom+xml")
