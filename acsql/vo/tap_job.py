"""Jobs of the TAP service: their phases, times and limits, as UWS 1.1 defines them.

A job is a value, and each step of its life returns a new one, so that several processes can change
the jobs of one folder.  https://www.ivoa.net/documents/UWS/20161024/REC-UWS-1.1-20161024.html
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from ..errors import QueryError

# Seconds that a job may run, unless its owner chooses, and at most.
DURATION_S = 300
LONGEST_S = 3600
# How long a job and its result are kept, unless its owner chooses, and at most.
LIFETIME = timedelta(days=2)
LONGEST_LIFETIME = timedelta(days=14)
# Bytes of randomness in the id of a job: without an owner, its id is what gives access to it.
_ID_BYTES = 12


class Phase(StrEnum):
    """The phases of a job (UWS 1.1, section 2.1.3)."""

    PENDING = "PENDING"
    QUEUED = "QUEUED"
    EXECUTING = "EXECUTING"
    COMPLETED = "COMPLETED"
    ERROR = "ERROR"
    ABORTED = "ABORTED"


# The phases in which a process has the job.
ACTIVE = frozenset({Phase.QUEUED, Phase.EXECUTING})
# The phases that will change without a request.
UNFINISHED = ACTIVE | {Phase.PENDING}


def now() -> datetime:
    """Return the time in UTC, in whole seconds, as jobs state it."""
    return datetime.now(UTC).replace(microsecond=0)


def in_utc(moment: datetime) -> datetime:
    """Return a time with its zone, which is UTC if it states none (DALI 1.1, section 3.3.3)."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _new_id() -> str:
    return secrets.token_hex(_ID_BYTES)


@dataclass(frozen=True)
class TapJob:
    """A query that runs without a waiting client.

    Attributes
    ----------
    parameters : mapping
        Parameters of TAP, by their names in lower case, as the client has sent them.
    owner : str, optional
        The user who made it; None if nothing named one.
    id : str
        Its part of the URL.
    created, destruction : datetime
        When it was made, and when it will be removed.
    duration : int
        Seconds that it may run.
    phase : Phase
        Its phase.
    started, ended : datetime, optional
        When it began to execute, and when it ended.
    message : str, optional
        Why it has no result.
    media_type : str, optional
        That of its result.
    """

    parameters: Mapping[str, str | int]
    owner: str | None = None
    id: str = field(default_factory=_new_id)
    created: datetime = field(default_factory=now)
    destruction: datetime = field(default_factory=lambda: now() + LIFETIME)
    duration: int = DURATION_S
    phase: Phase = Phase.PENDING
    started: datetime | None = None
    ended: datetime | None = None
    message: str | None = None
    media_type: str | None = None

    def with_parameters(self, parameters: Mapping[str, str | int]) -> TapJob:
        """Return the job with more or other parameters, if it has not been started."""
        self._check_pending("the parameters cannot be changed")
        return replace(self, parameters={**self.parameters, **parameters})

    def with_duration(self, seconds: int) -> TapJob:
        """Return the job with another limit of its time; 0 is the longest."""
        self._check_pending("the execution duration cannot be changed")
        return replace(self, duration=min(seconds or LONGEST_S, LONGEST_S))

    def with_destruction(self, moment: datetime) -> TapJob:
        """Return the job with another time of its removal; one without a zone is in UTC."""
        latest = self.created + LONGEST_LIFETIME
        return replace(self, destruction=max(self.created, min(in_utc(moment), latest)))

    def queued(self) -> TapJob:
        """Return the job as it waits for its turn."""
        self._check_pending("it cannot be started again")
        return replace(self, phase=Phase.QUEUED)

    def executing(self) -> TapJob:
        """Return the job as it runs; one that was ended before its turn stays as it is."""
        if self.phase is not Phase.QUEUED:
            return self
        return replace(self, phase=Phase.EXECUTING, started=now())

    def completed(self, media_type: str) -> TapJob:
        """Return the job with its result; one that was ended meanwhile stays as it is."""
        if self.phase is not Phase.EXECUTING:
            return self
        return replace(self, phase=Phase.COMPLETED, ended=now(), media_type=media_type)

    def failed(self, message: str) -> TapJob:
        """Return the job with an error; one that has ended stays as it is."""
        return self._without_result(Phase.ERROR, message)

    def aborted(self, message: str) -> TapJob:
        """Return the job without a result; one that has ended stays as it is."""
        return self._without_result(Phase.ABORTED, message)

    def _without_result(self, phase: Phase, message: str) -> TapJob:
        if self.phase not in UNFINISHED:
            return self
        return replace(self, phase=phase, ended=now(), message=message)

    def _check_pending(self, refused: str) -> None:
        if self.phase is not Phase.PENDING:
            raise QueryError(f"the job is in phase {self.phase}: {refused}")
