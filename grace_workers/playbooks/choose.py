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


class Prospects(Protocol):
    """What past runs predict for a playbook, as the room above counts them; 0 is the least."""

    def expected(self, playbook: str) -> float:
        """Return the expected success rate of its next run."""
        ...

    def promise(self, playbook: str) -> float:
        """Return an optimistic estimate for its next run, in favour of playbooks with few runs."""
        ...


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A plan that could be taken. `rate` is the estimate by which it competes with others for the same cause."""

    plan: Plan
    expected: float
    rate: float
    can_be_undone: bool


_COSTLIER = 2.0
"""How many times as much harm a step that cannot be undone does to a cause that it is not for.

A step that can be undone costs its time there. Then it is right to try it first, unless the other cause is more than
that many times as likely.
"""


def choose(
    diagnosis: Diagnosis,
    targets: Mapping[TargetName, Target],
    library: Library,
    prospects: Prospects,
    *,
    incident: IncidentId,
    proposer: str,
) -> Plan | NoPlan:
    """Return the plan of the best playbook for the best hypothesis it fits.

    `prospects` are those of the incident's signature. Among playbooks for one cause, one with few runs gets the
    benefit of the doubt, so that the line finds out whether it is better; one with a step that cannot be undone does
    not, and ranks by its expected success. The best for each cause then compete by confidence times expected success,
    because hope for a remedy says nothing about which cause it is; a step that cannot be undone counts half there. A
    cause that readings show comes before one that only texts or memory suggest, whatever their scores. Equal worth is
    decided by the order of the hypotheses, which is the diagnosis' own, then by name.
    """
    if not diagnosis.hypotheses:
        return NoPlan(reason="the diagnosis names no cause")
    origin = incident, proposer
    best: list[tuple[tuple[bool, float], Plan]] = []
    for hypothesis in diagnosis.hypotheses:
        found = [_consider(one, hypothesis, library, targets, origin) for one in library.for_cause(hypothesis.cause)]
        rivals = [_candidate(one, library, prospects) for one in found if isinstance(one, Plan)]
        if rivals:
            first = max(rivals, key=lambda candidate: candidate.rate)
            best.append(((hypothesis.measured, hypothesis.confidence * _weight(first, rivals)), first.plan))
    return max(best, key=lambda one: one[0])[1] if best else _none_of(diagnosis, targets, library, origin)


def in_shadow(
    diagnosis: Diagnosis,
    targets: Mapping[TargetName, Target],
    library: Library,
    *,
    incident: IncidentId,
    proposer: str,
) -> Sequence[Plan]:
    """Return the plan of each playbook in shadow mode that fits a hypothesis, for the best that it fits."""
    found = []
    for playbook in library:
        if playbook.shadow and playbook.enabled:
            considered = (
                _consider(playbook, one, library, targets, (incident, proposer), trial=True)
                for one in diagnosis.hypotheses
            )
            found += [plan for plan in considered if isinstance(plan, Plan)][:1]
    return found


def candidates(diagnosis: Diagnosis, library: Library) -> Sequence[str]:
    """Return the names of the playbooks that are for one of the causes."""
    causes = {hypothesis.cause for hypothesis in diagnosis.hypotheses}
    return [playbook.name for playbook in library if playbook.enabled and causes.intersection(playbook.when.causes)]


def _none_of(
    diagnosis: Diagnosis, targets: Mapping[TargetName, Target], library: Library, origin: tuple[IncidentId, str]
) -> NoPlan:
    """Return why no playbook fits, with what speaks against each of them."""
    causes = ", ".join(dict.fromkeys(hypothesis.cause for hypothesis in diagnosis.hypotheses))
    considered = (
        f"{playbook.name} for {one.cause}: {_consider(playbook, one, library, targets, origin)}"
        for one in diagnosis.hypotheses
        for playbook in library
    )
    return NoPlan(reason=f"no playbook fits {causes}", considered=tuple(considered))


def _candidate(plan: Plan, library: Library, prospects: Prospects) -> _Candidate:
    expected, undone = prospects.expected(plan.playbook), _can_be_undone(plan, library)
    return _Candidate(plan, expected, prospects.promise(plan.playbook) if undone else expected, undone)


def _weight(first: _Candidate, rivals: Sequence[_Candidate]) -> float:
    """Return what the remedies of a cause are worth against those of others, if `first` of them is tried first."""
    surest = max(one.expected for one in rivals)
    return surest if first.can_be_undone else surest / _COSTLIER


def _can_be_undone(plan: Plan, library: Library) -> bool:
    return all(library.primitives[step.primitive].irreversible is None for step in plan.steps)


def _consider(
    playbook: Playbook,
    hypothesis: Hypothesis,
    library: Library,
    targets: Mapping[TargetName, Target],
    origin: tuple[IncidentId, str],
    *,
    trial: bool = False,
) -> Plan | str:
    objection = _mismatch(playbook, hypothesis, targets)
    if objection is None and playbook.shadow and not trial:
        objection = "it is in shadow mode"
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
        trial=trial,
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
