"""Choose the playbook for a diagnosis, with a reason for every one that was not chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from grace_workers.actions import Target
from grace_workers.diagnosis import Diagnosis, Hypothesis
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.playbooks.bind import Occasion, bind
from grace_workers.playbooks.library import Library
from grace_workers.playbooks.plan import NoPlan, Plan
from grace_workers.playbooks.playbook import Playbook, When


class PastRuns(Protocol):
    """How a playbook's runs ended, as the room above records them."""

    @property
    def playbook(self) -> str:
        """The playbook's name."""
        ...

    @property
    def verified(self) -> int:
        """Runs whose effect was verified."""
        ...

    @property
    def ineffective(self) -> int:
        """Runs that went through but did not help."""
        ...

    @property
    def failed(self) -> int:
        """Runs in which a step failed."""
        ...


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A plan that could be taken. `worth`: whether measured, then confidence times the remedy's success so far."""

    plan: Plan
    worth: tuple[bool, float]


def choose(
    diagnosis: Diagnosis,
    targets: Mapping[TargetName, Target],
    library: Library,
    records: Sequence[PastRuns],
    *,
    incident: IncidentId,
    proposer: str,
) -> Plan | NoPlan:
    """Return the plan of the best playbook for the best hypothesis it fits.

    `records` are those of the incident's signature. A playbook counts as having succeeded once and failed once before
    its first run, so an untried one ranks below a proven one and above one that keeps failing. A cause that readings
    show comes before one that only texts or memory suggest, whatever their scores. Equal worth is decided by the order
    of the hypotheses, which is the diagnosis' own, then by name.
    """
    if not diagnosis.hypotheses:
        return NoPlan(reason="the diagnosis names no cause")
    candidates: list[_Candidate] = []
    considered: list[str] = []
    for hypothesis in diagnosis.hypotheses:
        for playbook in library:
            found = _consider(playbook, hypothesis, library, targets, (incident, proposer))
            if isinstance(found, Plan):
                worth = hypothesis.confidence * success_rate(playbook.name, records)
                candidates.append(_Candidate(found, (hypothesis.measured, worth)))
            else:
                considered.append(f"{playbook.name} for {hypothesis.cause}: {found}")
    if not candidates:
        causes = ", ".join(dict.fromkeys(hypothesis.cause for hypothesis in diagnosis.hypotheses))
        return NoPlan(reason=f"no playbook fits {causes}", considered=tuple(considered))
    return max(candidates, key=lambda candidate: candidate.worth).plan


def success_rate(playbook: str, records: Sequence[PastRuns]) -> float:
    """Return the expected success of the playbook's next run: (verified + 1) / (runs + 2)."""
    own = [record for record in records if record.playbook == playbook]
    verified = sum(record.verified for record in own)
    missed = sum(record.ineffective + record.failed for record in own)
    return (verified + 1) / (verified + missed + 2)


def _consider(
    playbook: Playbook,
    hypothesis: Hypothesis,
    library: Library,
    targets: Mapping[TargetName, Target],
    origin: tuple[IncidentId, str],
) -> Plan | str:
    objection = _mismatch(playbook, hypothesis, targets)
    if objection is not None:
        return objection
    incident, proposer = origin
    occasion = Occasion(
        incident=incident,
        subject=hypothesis.subject,
        proposer=proposer,
        reason=hypothesis.reasoning,
        cause=hypothesis.cause,
        confidence=hypothesis.confidence,
        measured=hypothesis.measured,
        bindings=hypothesis.bindings,
    )
    try:
        return bind(library, playbook.name, occasion, targets)
    except InputError as error:
        return str(error)


def _mismatch(playbook: Playbook, hypothesis: Hypothesis, targets: Mapping[TargetName, Target]) -> str | None:
    when, target = playbook.when, targets.get(hypothesis.subject)
    if not playbook.enabled:
        return "it is not enabled"
    if hypothesis.cause not in when.causes:
        return f"it applies to {', '.join(when.causes)}"
    if hypothesis.confidence < when.min_confidence:
        return f"confidence {hypothesis.confidence:.2f} is below {when.min_confidence:.2f}"
    return _unsuited(when, target) if target else f"target {hypothesis.subject!r} is not declared"


def _unsuited(when: When, target: Target) -> str | None:
    if when.target_kinds and target.kind not in when.target_kinds:
        return f"target {target.name!r} is a {target.kind}; it applies to {', '.join(when.target_kinds)}"
    for key, value in when.labels.items():
        if target.labels.get(key) != value:
            return f"target {target.name!r} has no label {key}={value}"
    return None
