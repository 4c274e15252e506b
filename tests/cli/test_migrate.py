"""The command `migrate`."""

from pathlib import Path


def test_an_up_to_date_database_has_no_pending_migrations(printed, sample_settings: Path) -> None:
    assert printed(sample_settings, "migrate", "--dry-run") == "The database is up to date.\n"
