"""Tasks as their senders see them: a job, the incident it led to, and one state for both."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import NAMESPACE_URL, UUID, uuid5

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import IncidentId, JobId
from grace_workers.orchestration.dossier import Closing, Dossier, Happening
from grace_workers.orchestration.job import (
    Job,
    JobRequest,
    JobState,
    Priority,
    senders,
)
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.work.catalog import declared_jobs, job_at
from grace_workers.orchestration.work.wishes import OrchestrationTask
from grace_workers.signals import IncidentState

SIGNAL = "grace.signal"
LONGEST_KEY = 200


class TaskState(StrEnum):
    """The state of a task. A healing task succeeds when its incident is healed, not when its job has passed it on."""

    QUEUED = "queued"
    RUNNING = "running"
    AWAITING_APPROVAL = "awaiting_approval"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    DEAD = "dead"

    @property
    def ended(self) -> bool:
        """Whether the task is final."""
        return self not in {TaskState.QUEUED, TaskState.RUNNING, TaskState.AWAITING_APPROVAL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A job and, once it exists, the incident it led to with its timeline."""

    job: Job
    incident: Dossier | None = None
    timeline: Sequence[Happening] = ()

    @property
    def state(self) -> TaskState:
        """The state of the task."""
        if self.job.state is not JobState.SUCCEEDED or self.incident is None or not _ends_with_incident(self.job):
            return TaskState(self.job.state.value)
        return _state_of(self.incident)

    @property
    def result(self) -> JsonValue:
        """The task's result; for a healing task the incident's ending, for a signal its fate."""
        if self.incident is None or not _ends_with_incident(self.job):
            return self.job.result
        closing = self.incident.closing
        return {
            "incident": str(self.incident.incident.id),
            "state": self.incident.incident.state.value,
            "closing": None if closing is None else closing.value,
            "verdict": self.incident.verdict,
            "reasons": list(self.incident.reasons),
        }


def orchestration_request(task: OrchestrationTask, *, by: str) -> JobRequest:
    """Return the job of an orchestration task.

    Raises:
        InputError: no such task.
    """
    definition = job_at(task.name)
    if definition is None or not definition.orderable:
        raise InputError(f"unknown orchestration task {task.name[:80]!r}; known: {', '.join(orderable())}")
    key = senders(task.dedupe_key)
    return definition.request(task.payload, priority=Priority(task.priority), dedupe_key=key, by=by)


def orderable() -> tuple[str, ...]:
    """Return the names of the jobs that an operator may start."""
    return tuple(one.address for one in declared_jobs() if one.orderable)


def asked_for() -> tuple[str, ...]:
    """Return the names of the jobs that people and programs see as tasks."""
    return tuple(one.address for one in declared_jobs() if one.asked_for)


def once(request: JobRequest, sender: str, key: str) -> JobRequest:
    """Return the request with an id made from the sender and its key: asking again, even later, gives the same job.

    Raises:
        InputError: the key is empty, too long or not printable.
    """
    if not key.strip() or len(key) > LONGEST_KEY or not key.isprintable():
        raise InputError(f"an idempotency key is 1 to {LONGEST_KEY} printable characters")
    return replace(request, id=JobId(uuid5(NAMESPACE_URL, f"grace-task:{sender}:{key}")))


def look_up(tx: LineTransaction, job_id: JobId) -> Task:
    """Return a task. Raises NotFoundError."""
    return task_of(tx, tx.jobs.get(job_id))


def task_of(tx: LineTransaction, job: Job) -> Task:
    """Return the task of a job, with its result."""
    incident = _incident_of(job)
    if incident is None:
        return Task(job=job)
    return Task(job=job, incident=tx.incidents.load(incident), timeline=tx.incidents.timeline(incident))


def tasks_of(tx: LineTransaction, jobs: Sequence[Job]) -> Sequence[Task]:
    """Return the tasks of many jobs, without timelines."""
    incidents = {job.id: _incident_of(job) for job in jobs}
    dossiers = tx.incidents.load_all({incident for incident in incidents.values() if incident is not None})
    return [Task(job=job, incident=dossiers.get(incidents[job.id])) for job in jobs]


def _ends_with_incident(job: Job) -> bool:
    definition = job_at(job.name)
    return definition is not None and definition.ends_with_incident


def _incident_of(job: Job) -> IncidentId | None:
    if isinstance(job.result, dict) and isinstance(job.result.get("incident"), str):
        return IncidentId(UUID(str(job.result["incident"])))
    return job.incident


def _state_of(dossier: Dossier) -> TaskState:
    match dossier.incident.state:
        case IncidentState.CLOSED:
            good = dossier.closing in {Closing.HEALED, Closing.RESOLVED, Closing.DONE}
            return TaskState.SUCCEEDED if good else TaskState.FAILED
        case IncidentState.REFUSED | IncidentState.ESCALATED:
            return TaskState.FAILED
        case IncidentState.AWAITING_APPROVAL:
            return TaskState.AWAITING_APPROVAL
        case _:
            return TaskState.RUNNING
