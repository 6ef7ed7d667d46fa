"""Replaying a case: what causes, playbooks and policy of now would have made of an incident of then. Pure, and offline.

It uses the readings that were taken then. A cause whose readings were not taken is not shown by them, and the replay
names what was not read. What depends on the moment counts as quiet: switches, windows, running contracts, earlier
runs, rejections. Nothing can be previewed, so the blast radius of a step is the widest that its primitive declares.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grace_workers.actions import AnyPrimitive, Target
from grace_workers.checks import AnyCheck
from grace_workers.diagnosis import (
    Causes,
    Diagnosis,
    Engine,
    Findings,
    Knowledge,
    Subject,
    rank,
)
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.ids import TargetName
from grace_workers.governance import (
    Facts,
    Gate,
    Granted,
    History,
    Load,
    NeedsApproval,
    Policy,
    Refused,
    StepTraits,
    Switch,
    decide,
    in_force,
)
from grace_workers.learning import experience
from grace_workers.orchestration.case import CaseCourse, IncidentCase
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.line.stages.govern import WHOLE
from grace_workers.playbooks import Library, NoPlan, Plan, choose

_PROPOSER = "grace"
_MOST_REASONS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """What a replay decides by."""

    causes: Causes
    library: Library
    engines: Catalog[Engine]
    checks: Catalog[AnyCheck]
    primitives: Catalog[AnyPrimitive]
    gates: Catalog[Gate]
    policy: Policy


def rules_of(line: Line) -> Rulebook:
    """Return what the fleet decides by now."""
    return Rulebook(
        causes=line.causes(),
        library=line.library(),
        engines=line.engines,
        checks=line.checks,
        primitives=line.primitives,
        gates=line.gates,
        policy=line.policy,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A case, what happened then, and what would happen now. `unread` are readings of the new cause not taken then."""

    case: IncidentCase
    now: CaseCourse
    unread: Sequence[str] = ()

    @property
    def differs(self) -> Sequence[str]:
        """What is different now, of cause, playbook and decision; an expectation that the case leaves out is none."""
        then = self.case.happened
        pairs = (
            ("cause", then.cause, self.now.cause),
            ("subject", then.subject, self.now.subject),
            ("playbook", then.playbook, self.now.playbook),
            ("decision", then.decision, self.now.decision),
            ("gate", then.gate, self.now.gate),
        )
        # Gates of the moment are not replayed, so a refusal by one of them is no difference of the rules.
        moment = then.gate in OF_THE_MOMENT
        return [name for name, was, now in pairs if was != now and not (moment and name in {"decision", "gate"})]


OF_THE_MOMENT = frozenset(
    {
        *("approval", "busy_target", "cooldown", "first_effect", "freeze", "ineffective", "kill_switch"),
        *("maintenance", "run_rate", "separation", "standing_no"),
        *("automatic_rate", "autonomy", "dependencies", "minimum_healthy", "not_approaching"),
        *("runs_at_once", "too_much_down", "unhelpful_nearby"),
    }
)
"""Gates that depend on what else went on then."""


def replay(case: IncidentCase, rules: Rulebook) -> Replayed:
    """Return what the rules would have made of the case."""
    targets = case.targets_then()
    diagnosis = rank(_findings(case, rules, targets), rules.engines)
    best = diagnosis.hypotheses[0] if diagnosis.hypotheses else None
    if best is None:
        return Replayed(case=case, now=CaseCourse(reasons=("no cause matches",)))
    unread = _unread(case, rules, best.cause)
    named = {"cause": best.cause, "subject": best.subject}
    found = _planned(case, rules, diagnosis, targets)
    if isinstance(found, NoPlan):
        # Playbooks for other causes come last, because they say least.
        told = sorted(found.considered, key=lambda one: ": it applies to " in one)
        reasons = (found.reason, *told)[:_MOST_REASONS]
        return Replayed(case=case, now=CaseCourse(**named, reasons=reasons), unread=unread)
    return Replayed(case=case, now=_decided(case, rules, found, targets, named), unread=unread)


def _findings(case: IncidentCase, rules: Rulebook, targets: Mapping[TargetName, Target]) -> Findings:
    return Findings(
        incident=case.incident_then(),
        signals=tuple(one.signal(number) for number, one in enumerate(case.signals)),
        evidence=tuple(one.evidence() for one in case.evidence),
        knowledge=Knowledge(case.known_then()),
        causes=rules.causes,
        subjects={name: Subject.of(target) for name, target in targets.items()},
    )


def _planned(
    case: IncidentCase, rules: Rulebook, diagnosis: Diagnosis, targets: Mapping[TargetName, Target]
) -> Plan | NoPlan:
    prospects = experience(case.records_then(), ())
    incident = case.incident_then()
    return choose(diagnosis, targets, rules.library, prospects, incident=incident.id, proposer=_PROPOSER)


def _decided(
    case: IncidentCase, rules: Rulebook, plan: Plan, targets: Mapping[TargetName, Target], named: Mapping[str, str]
) -> CaseCourse:
    decision = decide(plan, _facts(case, rules, plan, targets), case.opened_at, gates=rules.gates, policy=rules.policy)
    gate: str | None = None
    match decision:
        case Granted(reasons=reasons):
            word = "granted"
        case NeedsApproval(reasons=reasons):
            word = "asked"
        case Refused(gate=gate, reason=reason):
            word, reasons = "refused", (reason,)
    told = {"decision": word, "gate": gate, "reasons": reasons[:_MOST_REASONS]}
    return CaseCourse.model_validate({**named, "playbook": plan.playbook, **told})


def _facts(case: IncidentCase, rules: Rulebook, plan: Plan, targets: Mapping[TargetName, Target]) -> Facts:
    primitives = [rules.primitives[step.primitive] for step in plan.steps]
    return Facts(
        targets={name: targets[name] for name in {plan.target, *plan.targets} if name in targets},
        steps=tuple(
            StepTraits(
                aspect=one.aspect,
                risk=one.risk,
                reversible=one.irreversible is None,
                blast=one.worst or WHOLE,
            )
            for one in primitives
        ),
        history=History(),
        kill=Switch(),
        freeze=Switch(),
        busy=frozenset(),
        load=Load(),
        autonomy=in_force(plan.playbook, plan.domain, {}, rules.policy.autonomy),
        environment=case.environment,
    )


def _unread(case: IncidentCase, rules: Rulebook, name: str) -> Sequence[str]:
    cause = rules.causes.get(name)
    read = {one.kind for one in case.evidence}
    return sorted({one.check for one in (() if cause is None else cause.measures)} - read)
