"""What a person is given with an incident that Grace has given up: what to do by hand, as its cause's file says it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grace_workers.actions import Target
from grace_workers.diagnosis import Causes, Hypothesis, Instruction
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import TargetName
from grace_workers.orchestration.dossier import Dossier
from grace_workers.signals import IncidentState

_GIVEN_UP = frozenset({IncidentState.ESCALATED, IncidentState.REFUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What a person does about `cause` on `target`. `because` says why no playbook acts on it; None where one does."""

    cause: str
    target: TargetName
    because: str | None
    instructions: Sequence[Instruction]


def handover(dossier: Dossier, causes: Causes, targets: Mapping[TargetName, Target]) -> Handover | None:
    """Return what a person does now; None unless the incident is given up, and its cause says what to do."""
    blamed = _blamed(dossier) if dossier.incident.state in _GIVEN_UP else None
    cause = None if blamed is None else causes.get(blamed.cause)
    if blamed is None or cause is None or cause.by_hand is None:
        return None
    subject = targets.get(blamed.subject)
    scope: dict[str, JsonValue] = {"target": str(blamed.subject), "incident.id": str(dossier.incident.id)}
    scope.update((f"binding.{name}", value) for name, value in blamed.bindings.items())
    scope.update((f"label.{name}", value) for name, value in ({} if subject is None else subject.labels).items())
    scope.update((f"signal.{name}", value) for name, value in dossier.signal.labels.items())
    return Handover(
        cause=cause.name,
        target=blamed.subject,
        because=cause.by_hand.because if dossier.plan is None else None,
        instructions=cause.by_hand.instructions(scope),
    )


def _blamed(dossier: Dossier) -> Hypothesis | None:
    """Return the hypothesis that the plan is for, or the best one where there is no plan."""
    hypotheses = () if dossier.diagnosis is None else dossier.diagnosis.hypotheses
    plan = dossier.plan
    fitting = [one for one in hypotheses if plan is None or (one.cause, one.subject) == (plan.cause, plan.target)]
    return next(iter(fitting), None)
