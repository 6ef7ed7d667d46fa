"""Jobs: the ledger, cancelling, replaying."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request

from grace_workers.entrypoints.api.access import Operator, Run, Viewer, charge
from grace_workers.entrypoints.api.body import described, read_as
from grace_workers.entrypoints.api.event_stream import EventStream
from grace_workers.entrypoints.api.job_log_stream import JobLogQuery, newest
from grace_workers.entrypoints.api.orders import ManyJobsOrder
from grace_workers.entrypoints.api.paging import AskedPage
from grace_workers.entrypoints.api.problems import responses
from grace_workers.entrypoints.api.views.job_log import JobLogLineView, JobLogView
from grace_workers.entrypoints.api.views.task import (
    DoneToManyView,
    JobLookView,
    JobView,
    MatchingJobsView,
    UnreadableView,
)
from grace_workers.foundation.ids import JobId, parse_uuid
from grace_workers.orchestration import many_jobs, operations
from grace_workers.orchestration.fleet.job_log import position_of
from grace_workers.orchestration.fleet.job_look import look
from grace_workers.orchestration.job import JobState, Pool
from grace_workers.orchestration.many_jobs import JobFilter, SeenCount

router = APIRouter(prefix="/api/v1/jobs", tags=["jobs"])

_CHANGE = responses(401, 403, 404, 409, 422, 429, 503)
_MANY = responses(400, 401, 403, 415, 422, 429, 503)
_CHANGES_A_UNIT = 10
LogAfter = Annotated[str | None, Query(max_length=40, description="Read the lines after this position.")]
ManyJobs = Annotated[ManyJobsOrder, Depends(read_as(ManyJobsOrder))]


@router.get("", summary="The newest jobs", responses=responses(401, 422, 429, 503))
def jobs(
    runtime: Run,
    _caller: Viewer,
    page: AskedPage,
    state: Annotated[JobState | None, Query()] = None,
    pool: Annotated[Pool | None, Query()] = None,
    name: Annotated[str | None, Query(max_length=200)] = None,
) -> list[JobView]:
    """Return jobs that match, newest first."""
    names = None if name is None else [name.replace("\x00", "")]
    upto = None if page.before is None else JobId(parse_uuid(page.before, "job"))
    with runtime.ledger.reading() as tx:
        found = tx.jobs.find(state=state, pool=pool, names=names, before=upto, limit=page.limit)
        return [JobView.of(job) for job in found]


@router.get(
    "/unreadable", summary="Messages that no job could be claimed with", responses=responses(401, 422, 429, 503)
)
def unreadable(runtime: Run, _caller: Operator, limit: Annotated[int, Query(ge=1, le=1000)] = 50) -> UnreadableView:
    """Return how many messages were set aside on the broker, and the newest of them with the beginning of each."""
    return UnreadableView.of(runtime.doorbells.unreadable(limit))


@router.get("/matching", summary="How many jobs match", responses=responses(401, 422, 429, 503))
def matching(
    runtime: Run,
    _caller: Viewer,
    state: Annotated[JobState, Query()],
    pool: Annotated[Pool | None, Query()] = None,
    name: Annotated[str | None, Query(max_length=200)] = None,
) -> MatchingJobsView:
    """Return how many jobs match, to show before all of them are replayed or cancelled."""
    wanted = JobFilter(state=state, pool=pool, name=name and name.replace("\x00", ""))
    return MatchingJobsView.of(many_jobs.matching(runtime.ledger, runtime.clock, wanted))


@router.post(
    "/matching/replay", summary="Replay all that match", openapi_extra=described(ManyJobsOrder), responses=_MANY
)
def replay_all(request: Request, runtime: Run, caller: Operator, order: ManyJobs) -> DoneToManyView:
    """Queue the jobs again that were counted and still match; each is replayed, or left out with its reason."""
    charge(request, order.count // _CHANGES_A_UNIT)
    shown = SeenCount(count=order.count, at=order.at)
    done = many_jobs.replay_all(runtime.ledger, runtime.clock, order.filter(), shown, by=caller.name)
    return DoneToManyView.of(done)


@router.post(
    "/matching/cancel", summary="Cancel all that match", openapi_extra=described(ManyJobsOrder), responses=_MANY
)
def cancel_all(request: Request, runtime: Run, caller: Operator, order: ManyJobs) -> DoneToManyView:
    """Cancel the jobs that were counted and still match; a running attempt can no longer commit."""
    charge(request, order.count // _CHANGES_A_UNIT)
    shown = SeenCount(count=order.count, at=order.at)
    return DoneToManyView.of(many_jobs.cancel_all(runtime.ledger, order.filter(), shown, by=caller.name))


@router.get("/{job_id}", summary="One job", responses=responses(401, 404, 422, 429, 503))
def job(job_id: str, runtime: Run, _caller: Viewer) -> JobView:
    """Return the job."""
    wanted = JobId(parse_uuid(job_id, "job"))
    with runtime.ledger.reading() as tx:
        return JobView.of(tx.jobs.get(wanted))


@router.get("/{job_id}/stack", summary="Where a running job is", responses=responses(401, 403, 404, 409, 422, 429, 503))
def stack(job_id: str, runtime: Run, _caller: Operator) -> JobLookView:
    """Ask the node that runs the job for the calls of its thread, without their values, and its memory."""
    return JobLookView.of(look(runtime.ledger, runtime.clock, runtime.stacks, JobId(parse_uuid(job_id, "job"))))


@router.get("/{job_id}/log", summary="What a job logs", responses=responses(401, 403, 404, 422, 429, 503))
def log(job_id: str, runtime: Run, _caller: Operator, after: LogAfter = None) -> JobLogView:
    """Return the newest log lines of a job, or those after a position; they are kept for an hour after the last one."""
    wanted = JobId(parse_uuid(job_id, "job"))
    with runtime.ledger.reading() as tx:
        state = tx.jobs.get(wanted).state
    found = runtime.job_logs.read(wanted, after=after)
    shown = [JobLogLineView.of(one) for one in found]
    return JobLogView(job=wanted, state=state.value, lines=shown, upto=newest(found) or after)


@router.get(
    "/{job_id}/log/stream",
    summary="What a job logs, as it happens",
    response_class=EventStream,
    responses={**responses(401, 403, 404, 422, 429, 503), 200: {"content": {"text/event-stream": {}}}},
)
def log_stream(
    request: Request,
    job_id: str,
    runtime: Run,
    _caller: Operator,
    after: LogAfter = None,
    last_event_id: Annotated[str | None, Header(description="The id of the last line seen.")] = None,
) -> EventStream:
    """Stream server-sent events: `id` is the position and `data` the line as JSON. It begins with the newest lines.

    The event `ended` carries the state in which the job ended, after its last line. The stream ends after some minutes;
    continue with `Last-Event-ID`.
    """
    wanted, begin = JobId(parse_uuid(job_id, "job")), last_event_id or after
    with runtime.ledger.reading() as tx:
        tx.jobs.get(wanted)
    reading = JobLogQuery(
        ledger=runtime.ledger,
        logs=runtime.job_logs,
        job=wanted,
        after=None if begin is None else position_of(begin),
    )
    return EventStream.of(reading, request.app.state.streams, request.state.person)


@router.post("/{job_id}/cancel", summary="Cancel an open job", responses=_CHANGE)
def cancel(job_id: str, runtime: Run, caller: Operator) -> JobView:
    """Cancel a queued or running job; a running attempt can no longer commit."""
    wanted = JobId(parse_uuid(job_id, "job"))
    with runtime.ledger.transaction() as tx:
        return JobView.of(tx.jobs.cancel(wanted, by=caller.name))


@router.post("/{job_id}/replay", summary="Replay an ended job", responses=_CHANGE)
def replay(job_id: str, runtime: Run, caller: Operator) -> JobView:
    """Queue a dead, failed or cancelled job again, with fresh attempts."""
    wanted = JobId(parse_uuid(job_id, "job"))
    return JobView.of(operations.replay(runtime.ledger, runtime.clock, wanted, by=caller.name))
