"""Which function does which job. A job function takes the process's runtime and the claim, and returns an ending."""

import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic import Field

from grace_workers.bootstrap import Runtime
from grace_workers.entrypoints.tasks.edge import EdgeRuntime, JobFunction
from grace_workers.foundation.document import Document
from grace_workers.foundation.ids import IncidentId
from grace_workers.orchestration.job import Claim, Ending, Succeeded
from grace_workers.orchestration.line.advance import advance
from grace_workers.orchestration.line.transition import ADVANCE
from grace_workers.orchestration.work.canary import CANARY, run_canary
from grace_workers.orchestration.work.look import TELEMETRY, TRIGGERS, keep_telemetry, look_at_triggers
from grace_workers.orchestration.work.requests import HEAL, run_requested
from grace_workers.orchestration.work.tasks import SIGNAL, run_signal

_LONGEST_SLEEP = 600


class AdvanceOrder(Document):
    """What `incident.advance` is asked for."""

    incident: UUID


class SleepOrder(Document):
    """What `system.sleep` is asked for."""

    seconds: float = Field(default=0.0, ge=0, le=_LONGEST_SLEEP)


def noop(_runtime: EdgeRuntime, _claim: Claim) -> Ending:
    """Do nothing: what a measurement runs."""
    return Succeeded()


def canary(_runtime: EdgeRuntime, claim: Claim) -> Ending:
    """Bring a canary's nonce back."""
    return run_canary(claim)


def sleep(_runtime: EdgeRuntime, claim: Claim) -> Ending:
    """Hold a slot for a while, at most ten minutes: what drills and measurements run."""
    order = SleepOrder.read(dict(claim.job.payload), f"payload of {claim.job.name}")
    threading.Event().wait(order.seconds)
    return Succeeded(result={"slept": timedelta(seconds=order.seconds).total_seconds()})


def advance_incident(runtime: Runtime, claim: Claim) -> Ending:
    """Carry an incident on along the line."""
    order = AdvanceOrder.read(dict(claim.job.payload), f"payload of {claim.job.name}")
    return advance(runtime.line, claim, IncidentId(order.incident))


def heal(runtime: Runtime, claim: Claim) -> Ending:
    """Open the incident that somebody asks for, and carry it on."""
    return run_requested(runtime.line, claim)


def signal(runtime: Runtime, claim: Claim) -> Ending:
    """Accept the signal that somebody hands in as a task."""
    return run_signal(runtime.intake, claim)


def look(runtime: Runtime, claim: Claim) -> Ending:
    """Read what the triggers watch, and raise signals."""
    return look_at_triggers(runtime.line, runtime.intake, runtime.catalogs.triggers, claim)


def telemetry(runtime: Runtime, claim: Claim) -> Ending:
    """Keep how the fleet does now."""
    return keep_telemetry(runtime.line, claim)


FUNCTIONS: Mapping[str, JobFunction[Any]] = {
    ADVANCE: advance_incident,
    HEAL: heal,
    SIGNAL: signal,
    TRIGGERS: look,
    TELEMETRY: telemetry,
    CANARY: canary,
    "system.noop": noop,
    "system.sleep": sleep,
}
