"""Asynchronous TAP: ``/vo/tap/async``, the jobs of UWS 1.1 and their resources.

Everyone who knows the address of a job without an owner can read and end it, and no list has it;
the jobs of a user are listed and shown to this user alone.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from threading import BoundedSemaphore
from time import monotonic, sleep
from typing import Annotated, Literal

from flask import Response, abort, redirect, request, send_file
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.wrappers import Response as BaseResponse

from ...errors import JobNotFound
from ...export import votable
from ...vo.tap_job import UNFINISHED, Phase, TapJob, in_utc
from ...vo.tap_job_folder import Step
from .. import identity
from ..download_limit import limited
from ..params import WholeNumber
from .service import (
    DaliParameters,
    addresses,
    blueprint,
    current_runner,
    dali_parameters,
    xml_response,
)
from .tap import TapParameters, current_tables

_RETRY_AFTER_S = 60
# Seconds for which a request waits for a job at most (UWS 1.1, section 2.2.1.1, leaves it to the
# service), and between two looks.
_LONGEST_WAIT_S = 10
_LOOK_EVERY_S = 0.1
# Requests of a process that wait, because each holds a thread; others are answered at once.
_waiting = BoundedSemaphore(2)
_ABORTED = "the job was aborted on request"


class JobListParameters(DaliParameters):
    """The jobs to list."""

    phase: tuple[Phase, ...] = ()
    after: datetime | None = None
    last: Annotated[int | None, WholeNumber(0, 10**9)] = None


class WaitParameters(DaliParameters):
    """Seconds to wait until a job leaves a phase; -1 for as long as the site allows."""

    wait: Annotated[int, WholeNumber(-1, 10**9)] = 0
    phase: Phase | None = None


class JobParameters(TapParameters):
    """The parameters of a query that runs as a job."""

    runid: str | None = None


class ChangeParameters(DaliParameters):
    """The change to make to a job."""

    action: Literal["DELETE"] | None = None
    phase: Literal["RUN", "ABORT"] | None = None
    executionduration: Annotated[int | None, WholeNumber(0, 10**9)] = None
    destruction: datetime | None = None


@blueprint.route("/vo/tap/async", methods=["GET", "POST"])
def jobs() -> BaseResponse:
    """List the jobs of the user, or make one."""
    if request.method == "POST":
        return _changed(current_runner().jobs.add(TapJob({}, _user())))
    query, user = dali_parameters(JobListParameters), _user()
    found = [each for each in current_runner().jobs.jobs() if user and each.owner == user]
    if query.phase:
        found = [each for each in found if each.phase in query.phase]
    if query.after:
        found = [each for each in found if each.created > in_utc(query.after)]
    if query.last is not None:
        found = found[max(0, len(found) - query.last) :]
    return xml_response("jobs.xml", jobs=found, base=_address(), utc=_utc)


@blueprint.route("/vo/tap/async/<id_>", methods=["GET", "POST", "DELETE"])
def job(id_: str) -> BaseResponse:
    """Return a job, change it, or remove it."""
    found = _requested(id_)
    if request.method == "DELETE":
        return _removed(found)
    if request.method == "POST":
        return _changed(found)
    return xml_response("job.xml", job=_awaited(found), url=_address(id_), utc=_utc)


@blueprint.route("/vo/tap/async/<id_>/<resource>", methods=["GET", "POST"])
def job_resource(id_: str, resource: str) -> BaseResponse:
    """Return a part of a job, or change it."""
    found = _requested(id_)
    texts = {
        "phase": found.phase,
        "executionduration": str(found.duration),
        "destruction": _utc(found.destruction),
        "owner": found.owner or "",
        # A prediction of when the job will end, which the service does not make.
        "quote": "",
    }
    if resource not in {*texts, "parameters", "results", "error"}:
        abort(404)
    if request.method == "POST":
        return _changed(found)
    if resource in texts:
        return Response(texts[resource], mimetype="text/plain")
    if resource == "error":
        if found.message is None:
            raise JobNotFound("the job has no error")
        return Response(votable.error(found.message), mimetype=votable.MEDIA_TYPE)
    return xml_response("job_part.xml", job=found, url=_address(id_), part=resource)


@blueprint.get("/vo/tap/async/<id_>/results/result")
@limited
def job_result(id_: str) -> Response:
    """Return the rows of a job."""
    found = _requested(id_)
    if found.phase is not Phase.COMPLETED:
        raise JobNotFound(f"the job has no result: its phase is {found.phase}")
    try:
        return send_file(current_runner().jobs.result(id_), mimetype=found.media_type)
    except FileNotFoundError:
        raise JobNotFound("the job has been removed") from None


def _requested(id_: str) -> TapJob:
    """Return a job that the user of the request may see."""
    found = current_runner().jobs.job(id_)
    if found.owner is not None and found.owner != _user():
        raise JobNotFound("there is no such job of this user")
    return found


def _user() -> str | None:
    user = identity.current_user()
    return user.name if user else None


def _awaited(found: TapJob) -> TapJob:
    """Return a job when it has left its phase, or the time to wait is over."""
    query = dali_parameters(WaitParameters)
    phase = query.phase or found.phase
    if query.wait == 0 or found.phase not in UNFINISHED or not _waiting.acquire(blocking=False):
        return found
    try:
        longest = _LONGEST_WAIT_S if query.wait < 0 else min(query.wait, _LONGEST_WAIT_S)
        end = monotonic() + longest
        while found.phase is phase and monotonic() < end:
            sleep(_LOOK_EVERY_S)
            found = current_runner().jobs.job(found.id)
        return found
    finally:
        _waiting.release()


def _changed(found: TapJob) -> BaseResponse:
    """Change a job as the form says, and lead to it."""
    changes = dali_parameters(ChangeParameters)
    if changes.action:
        return _removed(found)
    for step in _steps(changes):
        current_runner().jobs.change(found.id, step)
    if changes.phase == "RUN":
        if current_runner().is_full:
            raise ServiceUnavailable(
                f"Too many jobs are waiting. Start yours in {_RETRY_AFTER_S} seconds.",
                retry_after=_RETRY_AFTER_S,
            )
        current_runner().start(found.id, current_tables(), addresses().site)
    return redirect(_address(found.id), 303)


def _steps(changes: ChangeParameters) -> Iterator[Step]:
    """Yield the changes of a job that a form states, but for its start."""
    parameters = dali_parameters(JobParameters).explicit()
    if parameters:
        yield lambda job: job.with_parameters(parameters)
    seconds, moment = changes.executionduration, changes.destruction
    if seconds is not None:
        yield lambda job: job.with_duration(seconds)
    if moment is not None:
        yield lambda job: job.with_destruction(moment)
    if changes.phase == "ABORT":
        yield lambda job: job.aborted(_ABORTED)


def _removed(found: TapJob) -> BaseResponse:
    current_runner().jobs.remove(found.id)
    return redirect(_address(), 303)


def _address(id_: str | None = None) -> str:
    """Return the URL of a job, or of all."""
    base = f"{addresses().service('tap')}/async"
    return base if id_ is None else f"{base}/{id_}"


def _utc(moment: datetime) -> str:
    """Return a time as UWS states it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
