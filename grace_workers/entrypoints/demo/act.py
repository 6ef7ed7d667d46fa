"""Playing one fault: break, watch the line, answer the question to a person, check that the world is well."""

import time
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rich.console import Console

from grace_workers.bootstrap.runtime import Runtime
from grace_workers.entrypoints.demo import show
from grace_workers.entrypoints.demo.faults import DemoFault, DemoStage
from grace_workers.foundation.errors import ConflictError, TransientError
from grace_workers.foundation.ids import ApprovalId, IncidentId
from grace_workers.orchestration import approvals, operations, queries
from grace_workers.orchestration.dossier import Dossier
from grace_workers.signals import IncidentState

PATIENCE = 120.0
_ENDED = frozenset({IncidentState.CLOSED, IncidentState.ESCALATED, IncidentState.REFUSED})
_LOOK = 0.05
_WELL_WITHIN = 5.0


@dataclass
class _Watch:
    """What was seen so far of one fault's incidents.

    They are those since `since`, before anything was staged; what is printed counts from `broken_at`, when the
    fault really began. `answered` names the incident of every question that was answered.
    """

    since: datetime
    broken_at: datetime
    printed: dict[IncidentId, int] = field(default_factory=dict)
    answered: dict[ApprovalId, IncidentId] = field(default_factory=dict)

    def offset(self, at: datetime) -> float:
        """Return the seconds from the break to `at`."""
        return (at - self.broken_at).total_seconds()


def play(console: Console, runtime: Runtime, stage: DemoStage, fault: DemoFault) -> show.Result:
    """Break, watch until the incident or the waiting time has ended, and return the result."""
    since = datetime.now(UTC)
    with fault.held(stage) as broken_at:
        watch = _Watch(since, broken_at)
        ended = _follow(console, runtime, stage, fault, watch)
        seconds = watch.offset(datetime.now(UTC))
    well = ended is not None and _well(stage, fault)
    agreed = ended is not None and ended.incident.id in watch.answered.values()
    return show.result_of(fault, ended, well=well, agreed=agreed, seconds=seconds)


def clear_away(runtime: Runtime) -> None:
    """Close what an earlier demo left with people, because its repeats would only be counted there."""
    for one in queries.incidents(runtime.ledger, limit=100):
        # The fleet itself closes one whose problem is gone, and may do so at this very moment.
        with suppress(ConflictError), _looking():
            if one.incident.state in operations.RESTING:
                operations.close(runtime.ledger, runtime.clock, one.incident.id, by="demo", reason="a new demo starts")


def settle(runtime: Runtime, *, within: float) -> None:
    """Wait until no incident is on the line, so that the aftermath of one fault does not start the next."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        with _looking():
            if all(one.incident.state in _ENDED for one in queries.incidents(runtime.ledger, limit=20)):
                return
        time.sleep(_LOOK)


def _follow(console: Console, runtime: Runtime, stage: DemoStage, fault: DemoFault, watch: _Watch) -> Dossier | None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with _looking():
            mine = _incidents(runtime, fault, watch.since)
            for dossier in mine:
                _print_new(console, runtime, dossier.incident.id, watch)
                if dossier.incident.state is IncidentState.AWAITING_APPROVAL:
                    _approve(console, runtime, stage, dossier, watch)
            # One fault may cause several signals; the first one with a plan is judged.
            ended = [one for one in mine if one.incident.state in _ENDED and one.plan is not None]
            if ended:
                _print_new(console, runtime, ended[0].incident.id, watch)
                return ended[0]
        time.sleep(_LOOK)
    return None


def _looking() -> AbstractContextManager[None]:
    """Leave a look that the database did not answer to the next one: a busy machine may end a transaction of ours."""
    return suppress(TransientError)


def _incidents(runtime: Runtime, fault: DemoFault, since: datetime) -> list[Dossier]:
    found = [
        one
        for one in queries.incidents(runtime.ledger, limit=20)
        if one.incident.opened_at >= since and one.incident.target in fault.targets
    ]
    return sorted(found, key=lambda one: one.incident.opened_at)


def _print_new(console: Console, runtime: Runtime, incident: IncidentId, watch: _Watch) -> None:
    timeline = queries.incident(runtime.ledger, incident).timeline
    for one in timeline[watch.printed.get(incident, 0) :]:
        show.happening(console, one, watch.offset(one.at))
    watch.printed[incident] = len(timeline)


def _approve(console: Console, runtime: Runtime, stage: DemoStage, dossier: Dossier, watch: _Watch) -> None:
    question = approvals.of_incident(runtime.ledger, dossier.incident.id)
    if question.id in watch.answered:
        return
    console.print(
        f"           [magenta]you[/magenta] approve it through the API, approval {question.id}", highlight=False
    )
    stage.answer(f"/api/v1/approvals/{question.id}", {"approved": True, "reason": "seen in the demo"})
    watch.answered[question.id] = dossier.incident.id


def _well(stage: DemoStage, fault: DemoFault) -> bool:
    deadline = time.monotonic() + _WELL_WITHIN
    while not fault.well(stage):
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK)
    return True
