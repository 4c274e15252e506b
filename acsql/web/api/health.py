"""The health check, for a load balancer or a monitoring system."""

from dataclasses import asdict
from typing import cast

from flask import Response

from ...errors import DatabaseError, DatabaseUnavailable
from ...runs import OVERDUE_HOURS, is_overdue
from .. import outage
from ..context import current_archive
from ..errors import public_message
from ..json_response import HEALTH, json_response
from . import answers
from .endpoint import endpoint


@endpoint(HEALTH)
def health() -> answers.Health | Response:
    """Check whether the site can serve, and whether an ingest or a monitor is overdue."""
    response = json_response(state := _state(), 200 if state["status"] == "ok" else 503)
    response.cache_control.no_store = True
    return response


def _state() -> answers.Health:
    archive = current_archive()
    state: answers.Health = {
        "status": "ok",
        "database": True,
        "schema": True,
        "message": None,
        "hours_since_success": None,
        "overdue": None,
        "overdue_hours": OVERDUE_HOURS,
        "monitors": None,
    }
    try:
        outage.check_database()
        hours = archive.hours_since_success()
        state |= {"hours_since_success": hours, "overdue": is_overdue(hours)}
        archive.check()
        state["monitors"] = cast(answers.MonitorsHealth, asdict(archive.monitor_health()))
    except DatabaseError as error:
        state |= {"status": "failing", "message": public_message(error)}
        is_outage = isinstance(error, DatabaseUnavailable)
        state |= {"database": False, "schema": None} if is_outage else {"schema": False}
    return state
