"""Names are resolved by a service once, and pages do not wait for it."""

import socket
import time
from collections.abc import Iterator

import pytest
import sesame

from acsql.errors import DatabaseError, NameNotYetResolved
from acsql.name_resolver import NameResolver
from acsql.store import resolved_names
from acsql.store.client import Store


@pytest.fixture
def service() -> Iterator[sesame.Sesame]:
    """A local name resolver."""
    with sesame.serving() as server:
        yield server


def resolved(resolver: NameResolver, name: str) -> tuple[float, float] | None:
    """Return what a page gets for a name when the service has answered."""
    while True:
        try:
            return resolver.position_without_waiting(name)
        except NameNotYetResolved:
            time.sleep(0.01)


def test_a_name_is_looked_up_once_and_kept_in_the_database(store: Store, service) -> None:
    assert NameResolver(store, service.url).position("M87") == sesame.M87
    assert NameResolver(store, service.url).position("m 87") == sesame.M87
    assert service.requested == ["M87"]


def test_an_unknown_name_has_no_position_and_is_not_asked_for_again_soon(store, service) -> None:
    resolver = NameResolver(store, service.url)
    assert [resolver.position("Nowhere & 9?") for _ in range(3)] == [None] * 3
    assert service.requested == ["Nowhere & 9?"]


def test_a_page_does_not_wait_for_the_service(store: Store, service) -> None:
    service.released.clear()
    resolver = NameResolver(store, service.url)
    for _ in range(3):
        with pytest.raises(NameNotYetResolved, match='"M87"'):
            resolver.position_without_waiting("M87")
    service.released.set()
    assert resolved(resolver, "M87") == sesame.M87
    assert service.requested == ["M87"]


def test_a_service_that_refuses_connections_knows_no_name(store: Store) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    resolver = NameResolver(store, f"http://127.0.0.1:{port}/")
    assert resolver.position("M87") is None
    assert resolved(resolver, "M31") is None


@pytest.mark.parametrize("name", ["M87\n", "\x00", 81 * "M"])
def test_a_text_that_is_no_name_is_not_sent(store: Store, service, name) -> None:
    assert NameResolver(store, service.url).position(name) is None
    assert service.requested == []


def test_without_a_service_no_name_is_known(store: Store) -> None:
    resolver = NameResolver(store, None)
    assert resolver.position("M87") is resolver.position_without_waiting("M87") is None


def test_a_database_that_may_only_be_read_does_not_matter(store, service, monkeypatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise DatabaseError("not authorized")

    monkeypatch.setattr(resolved_names, "keep", refuse)
    resolver = NameResolver(store, service.url)
    assert resolver.position("M87") == resolver.position("M87") == sesame.M87
    assert service.requested == ["M87"]
