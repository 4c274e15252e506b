"""Alerts in the database: opened once, closed, and marked as seen."""

from datetime import datetime

from acsql.store import monitor_alerts
from acsql.store.client import Store

FIRST, SECOND, THIRD = datetime(2026, 1, 1), datetime(2026, 1, 2), datetime(2026, 1, 3)


def update(store: Store, when: datetime, **messages: str) -> int:
    """Update the alerts; return the number of those that are open."""
    present = {key: {"message": text, "rootname": "j"} for key, text in messages.items()}
    is_open = monitor_alerts.update(store, "m", present, when)
    assert {alert["key"] for alert in is_open} == messages.keys()
    return len(is_open)


def test_what_stays_wrong_is_one_alert_with_the_latest_message(store: Store) -> None:
    assert update(store, FIRST, high="10") == 1
    assert update(store, SECOND, high="11", low="-1") == 2
    alerts = {alert["key"]: alert for alert in monitor_alerts.listed(store, ["m"])}
    assert alerts["high"] | {"message": "11", "opened": FIRST, "closed": None} == alerts["high"]
    assert alerts["low"]["opened"] == SECOND
    assert monitor_alerts.count_open(store) == {"m": 2}


def test_what_is_right_again_is_closed_and_opens_anew(store: Store) -> None:
    update(store, FIRST, high="10")
    assert update(store, SECOND) == 0
    assert monitor_alerts.count_open(store) == {}
    update(store, THIRD, high="12")
    opened = [(alert["opened"], alert["closed"]) for alert in monitor_alerts.listed(store, ["m"])]
    assert opened == [(THIRD, None), (FIRST, SECOND)]


def test_each_user_sees_an_alert_once(store: Store) -> None:
    update(store, FIRST, high="10", low="1")
    assert monitor_alerts.mark_seen(store, "m", "ada", SECOND) == 2
    assert monitor_alerts.mark_seen(store, "m", "ada", THIRD) == 0
    assert monitor_alerts.mark_seen(store, "m", "bob", THIRD) == 2
    assert monitor_alerts.mark_seen(store, "other", "bob", THIRD) == 0
    update(store, THIRD, high="11")
    high = next(alert for alert in monitor_alerts.listed(store, ["m"]) if alert["key"] == "high")
    assert [each["user"] for each in high["seen"]] == ["ada", "bob"]
