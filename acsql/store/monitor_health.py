"""Health of monitors: their last runs, failed observations and open alerts, in one query.

Pages and health checks read it often.  Slower queries, such as the numbers of rows, are in
`acsql.store.monitor_rows`.
"""

from datetime import datetime
from typing import Any, NamedTuple

from pymongo import DESCENDING

from .client import Store
from .monitor_rows import FAILED
from .runs import SUCCESSFUL, states
from .schema import MONITOR_ALERTS, MONITOR_ROWS, MONITOR_RUNS


class Health(NamedTuple):
    """The health of one monitor.

    Attributes
    ----------
    state : str or None
        The state of its last run; None if it was never run.
    succeeded : datetime or None
        The end of its last successful run, in UTC.
    failed : int
        Number of observations that it could not measure.
    open_alerts : int
        Number of its open alerts.
    has_problems : bool
        Whether its last run had problems with the monitor as a whole.
    """

    state: str | None = None
    succeeded: datetime | None = None
    failed: int = 0
    open_alerts: int = 0
    has_problems: bool = False


def health(store: Store, recent: int) -> dict[str, Health]:
    """Return the health of each monitor that has runs, failures or alerts.

    Parameters
    ----------
    store : Store
        The open database.
    recent : int
        The number of runs to look at; a monitor that is in none of them has no last run.

    Returns
    -------
    dict
        Names of monitors to `Health`.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    with store.errors():
        rows = list(store.database[MONITOR_RUNS].aggregate(_stages(recent)))
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        found.setdefault(row.pop("_id"), {}).update(row)
    names = [name for name, fields in found.items() if "state" in fields]
    recorded = [(found[name].pop("run"), found[name]["state"]) for name in names]
    for name, state in zip(names, states(store, recorded, MONITOR_RUNS), strict=True):
        found[name]["state"] = state
    return {name: Health(**fields) for name, fields in found.items()}


def _stages(recent: int) -> list[dict[str, Any]]:
    failing = {"$ifNull": ["$failing", []]}
    end = {"$cond": [{"$in": ["$state", list(SUCCESSFUL)]}, "$finished", None]}
    failed = [
        {"$match": FAILED},
        {"$group": {"_id": "$monitor", "failed": {"$sum": 1}}},
    ]
    alerts = [
        {"$match": {"closed": None}},
        {"$group": {"_id": "$monitor", "open_alerts": {"$sum": 1}}},
    ]
    return [
        {"$sort": {"_id": DESCENDING}},
        {"$limit": recent},
        {"$unwind": "$options.monitors"},
        {
            "$group": {
                "_id": "$options.monitors",
                "run": {"$first": "$_id"},
                "state": {"$first": "$state"},
                "has_problems": {"$first": {"$in": ["$options.monitors", failing]}},
                "succeeded": {"$max": end},
            }
        },
        {"$unionWith": {"coll": MONITOR_ROWS, "pipeline": failed}},
        {"$unionWith": {"coll": MONITOR_ALERTS, "pipeline": alerts}},
    ]
