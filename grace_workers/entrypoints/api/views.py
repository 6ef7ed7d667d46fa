"""How the API shows what the fleet knows: plain JSON, made in one place so that every face sees the same."""

from dataclasses import asdict
from typing import Any, Literal

from fastapi.encoders import jsonable_encoder
from pydantic import Field

from grace_workers.diagnosis import Cause, KnowledgeEntry, Origin
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.governance import ApprovalRequest
from grace_workers.orchestration.dossier import Dossier, Receipt
from grace_workers.orchestration.events.mesh import Parked, Standing
from grace_workers.orchestration.events.topic import Event
from grace_workers.orchestration.job import Job
from grace_workers.orchestration.queries import IncidentView
from grace_workers.orchestration.stores import Token
from grace_workers.orchestration.work.tasks import Task
from grace_workers.playbooks import Playbook
from grace_workers.signals import LeftOut, Signal


class Problem(Document):
    """RFC 9457: what is wrong, with which value, and what to do."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


class Health(Document):
    """The API process is alive."""

    status: Literal["ok"] = "ok"
    message: str = "Grace API is running"


class TaskView(Document):
    """A task: its job and, for a healing task, the incident it led to."""

    id: str
    name: str
    pool: str
    priority: int
    state: str = Field(description="queued, running, awaiting_approval, succeeded, failed, cancelled or dead")
    incident: str | None
    attempt: int
    submitted_at: str
    started_at: str | None
    ended_at: str | None
    result: JsonValue
    error: str | None
    timeline: list[dict[str, JsonValue]] = Field(default_factory=list)


class ReceiptView(Document):
    """What became of one signal."""

    signal: str
    fate: str = Field(description="opened, joined, revived, resolved, ignored or repeated")
    incident: str | None
    reason: str


def shown(value: Any) -> Any:
    """Return any of our values as JSON."""
    return jsonable_encoder(value)


def receipt_view(receipt: Receipt) -> ReceiptView:
    """Return a receipt for the sender."""
    incident = None if receipt.incident is None else str(receipt.incident)
    return ReceiptView(signal=str(receipt.signal), fate=receipt.fate.value, incident=incident, reason=receipt.reason)


def left_out_view(left_out: LeftOut) -> dict[str, Any]:
    """Return what of a delivery was not taken, for the sender."""
    found: dict[str, Any] = asdict(left_out)
    return found


def task_view(task: Task) -> TaskView:
    """Return a task for its sender."""
    job = task.job
    return TaskView(
        id=str(job.id),
        name=job.name,
        pool=job.pool.value,
        priority=job.priority,
        state=task.state.value,
        incident=None if task.incident is None else str(task.incident.incident.id),
        attempt=job.attempt,
        submitted_at=job.submitted_at.isoformat(),
        started_at=None if job.started_at is None else job.started_at.isoformat(),
        ended_at=None if job.ended_at is None else job.ended_at.isoformat(),
        result=task.result,
        error=job.error,
        timeline=[shown(one) for one in task.timeline],
    )


def job_view(job: Job) -> dict[str, Any]:
    """Return a job; its payload is shown to whoever may see jobs."""
    found: dict[str, Any] = shown(job)
    return found


def incident_line(dossier: Dossier) -> dict[str, Any]:
    """Return an incident as one line of a list."""
    found: dict[str, Any] = shown(dossier.incident)
    return found | {
        "playbook": None if dossier.plan is None else dossier.plan.playbook,
        "verdict": dossier.verdict,
        "closing": None if dossier.closing is None else dossier.closing.value,
        "reasons": list(dossier.reasons),
    }


def incident_story(view: IncidentView) -> dict[str, Any]:
    """Return an incident's whole story."""
    dossier = view.dossier
    return incident_line(dossier) | {
        "signal": shown(dossier.signal),
        "diagnosis": shown(dossier.diagnosis),
        "plan": shown(dossier.plan),
        "granted": shown(dossier.granted),
        "contract": shown(dossier.contract),
        "baseline": dict(dossier.baseline),
        "timeline": shown(view.timeline),
        "steps": shown(view.steps),
        "proposers": shown(view.proposers),
        "approvals": [approval_view(one) for one in view.approvals],
        "signals": [signal_view(signal, receipt) for signal, receipt in view.signals],
    }


def signal_view(signal: Signal, receipt: Receipt) -> dict[str, Any]:
    """Return a signal and what became of it."""
    found: dict[str, Any] = shown(signal)
    return found | {"fate": receipt.fate.value, "incident": shown(receipt.incident), "reason": receipt.reason}


def approval_view(request: ApprovalRequest) -> dict[str, Any]:
    """Return a question with its answers."""
    found: dict[str, Any] = shown(request)
    return found


def event_view(event: Event) -> dict[str, Any]:
    """Return an event."""
    found: dict[str, Any] = shown(asdict(event))
    return found


def standing_view(standing: Standing) -> dict[str, Any]:
    """Return how far a subscription has come."""
    found: dict[str, Any] = shown(asdict(standing))
    return found


def parked_view(parked: Parked) -> dict[str, Any]:
    """Return an event that a subscription had to leave aside."""
    found: dict[str, Any] = shown(asdict(parked))
    return found


def playbook_line(playbook: Playbook) -> dict[str, Any]:
    """Return a playbook as one line of a list."""
    return {
        "name": playbook.name,
        "description": playbook.description,
        "version": playbook.version,
        "enabled": playbook.enabled,
        "aspect": playbook.aspect.value,
        "mode": None if playbook.mode is None else playbook.mode.value,
        "causes": list(playbook.when.causes),
        "params": list(playbook.params),
        "digest": playbook.digest,
    }


def token_view(token: Token) -> dict[str, Any]:
    """Return a token without its hash."""
    found: dict[str, Any] = shown(asdict(token))
    del found["hash"]
    return found


def knowledge_view(entry: KnowledgeEntry) -> dict[str, Any]:
    """Return what was learnt with how sure it is."""
    found: dict[str, Any] = {"symptom": None, "subject_kinds": [], **shown(entry)}
    return found | {"confidence": entry.confidence, "proven": entry.proven}


def cause_view(cause: Cause) -> dict[str, Any]:
    """Return a cause as an entry that nothing was learnt of yet."""
    unlearnt = KnowledgeEntry(id=f"shipped:{cause.name}", origin=Origin.SHIPPED, cause=cause.id, summary=cause.summary)
    symptom = {
        "names": sorted(cause.signal_names),
        "exceptions": sorted(cause.symptoms.exceptions),
        "phrases": list(cause.words),
    }
    return knowledge_view(unlearnt) | {"symptom": symptom, "subject_kinds": list(cause.kinds)}
