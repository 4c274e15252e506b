"""A scan goes on while the database is read, and without garbage collection."""

import gc
import threading
from collections.abc import Iterator

import pytest

from acsql.errors import ConfigError, DatabaseError
from acsql.ingest import scan_ahead
from acsql.ingest.scan_ahead import read_during_scan, without_garbage_collection

NOTHING = object()


def test_a_scan_goes_on_while_the_database_is_read_and_loses_no_observation() -> None:
    observations = [f"j8bt{number:02}nj" for number in range(20)]
    half_scanned = threading.Event()

    def scan() -> Iterator[str]:
        yield from observations[:10]
        half_scanned.set()
        yield from observations[10:]

    def read() -> object:
        assert half_scanned.wait(60)
        return NOTHING

    stored, scanned = read_during_scan(read, scan())
    assert stored is NOTHING
    assert list(scanned) == observations


def test_a_scan_waits_for_a_slow_database_before_it_fills_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scan_ahead, "_MOST_AHEAD", 3)
    scanned: list[str] = []
    is_ahead = threading.Event()

    def scan() -> Iterator[str]:
        while True:
            scanned.append("j8bt05nj")
            if len(scanned) == 3:
                is_ahead.set()
            yield "j8bt05nj"

    def read() -> object:
        assert is_ahead.wait(60)
        return NOTHING

    read_during_scan(read, scan())
    assert len(scanned) == 3


def test_errors_of_the_database_and_of_the_scan_are_raised() -> None:
    def refuse() -> object:
        raise DatabaseError("no database")

    def scan() -> Iterator[str]:
        raise ConfigError("no file system")
        yield

    with pytest.raises(DatabaseError):
        read_during_scan(refuse, [])
    with pytest.raises(ConfigError):
        read_during_scan(lambda: NOTHING, scan())


@pytest.mark.parametrize("enabled", [True, False])
def test_garbage_is_collected_afterwards_as_before(enabled: bool) -> None:
    before = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        with pytest.raises(ZeroDivisionError), without_garbage_collection():
            assert not gc.isenabled()
            raise ZeroDivisionError
        assert gc.isenabled() == enabled
    finally:
        (gc.enable if before else gc.disable)()
