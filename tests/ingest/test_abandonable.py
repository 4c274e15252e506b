"""A call that does not end is given up after its time limit, and costs less each time."""

import os
import threading
from collections.abc import Iterator

import pytest

from acsql.ingest import abandonable
from acsql.ingest.abandonable import Patience, in_thread


@pytest.fixture
def never() -> Iterator[threading.Event]:
    """An event that is not set before the end of the test."""
    event = threading.Event()
    yield event
    event.set()


def test_a_call_returns_its_result_and_raises_its_error() -> None:
    assert Patience().call(60, divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        Patience().call(60, divmod, 7, 0)
    with pytest.raises(SystemExit):
        in_thread(exit).result()


def test_a_call_that_does_not_end_is_given_up(never: threading.Event) -> None:
    with pytest.raises(TimeoutError, match=r"no answer within 0.01 s \(read_timeout\)"):
        Patience().call(0.01, never.wait)


def test_a_thread_is_kept_for_the_next_call_unless_a_call_does_not_end(
    never: threading.Event,
) -> None:
    patience = Patience()
    first = patience.call(60, threading.get_ident)
    assert patience.call(60, threading.get_ident) == first != threading.get_ident()
    with pytest.raises(TimeoutError):
        patience.call(0.01, never.wait)
    assert patience.call(60, threading.get_ident) != first


def test_a_forked_process_has_a_thread_of_its_own() -> None:
    patience = Patience()
    patience.call(60, int)
    child = os.fork()
    if not child:
        os._exit(patience.call(60, lambda: 7))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_an_error_of_the_system_is_not_taken_for_the_time_limit() -> None:
    def times_out() -> None:
        raise TimeoutError("the server of the mount")

    with pytest.raises(TimeoutError, match="the server of the mount"):
        Patience().call(60, times_out)


def test_calls_in_a_row_wait_less_until_one_ends(
    never: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(abandonable, "SHORTEST_LIMIT", 0.05)
    patience, limits = Patience(), []
    for waits in (True, True, True, False, True):
        if waits:
            with pytest.raises(TimeoutError) as raised:
                patience.call(0.16, never.wait)
            limits.append(raised.value.strerror.split()[3])
        else:
            patience.call(60, int)
    assert limits == ["0.16", "0.08", "0.05", "0.16"]


def test_the_thread_of_a_call_does_not_keep_the_process_from_ending(never: threading.Event) -> None:
    in_thread(never.wait)
    assert threading.enumerate()[-1].daemon
