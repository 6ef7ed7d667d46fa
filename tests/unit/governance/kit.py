"""Plans, facts and gates for the tests of this folder."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import grace_workers.governance.gates
from grace_workers.actions import Aspect, BlastRadius, Domain, Ownership, Target
from grace_workers.foundation.catalog import discover
from grace_workers.foundation.ids import IncidentId, TargetKind, TargetName, uuid7
from grace_workers.governance import (
    Approval,
    AutonomyLevel,
    Decision,
    Facts,
    Gate,
    History,
    Load,
    Policy,
    Role,
    StepTraits,
    Switch,
    decide,
    shipped_policy,
)
from grace_workers.playbooks import Expectation, Guards, Operator, Plan, Step

GATES = discover(grace_workers.governance.gates, Gate, label="gate")
POLICY = shipped_policy()
WEDNESDAY_NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
WEB = TargetName("web")


def plan(**changes: Any) -> Plan:
    step = Step(index=0, id="mend", primitive="mend", target=WEB, params={})
    runs = Expectation(
        id="runs", check="alive", target=WEB, params={}, operator=Operator.EQ, bound=1, within=timedelta(seconds=10)
    )
    given: dict[str, Any] = {
        "incident": IncidentId(uuid7()),
        "playbook": "mend_it",
        "playbook_digest": "0" * 64,
        "aspect": Aspect.PERFORMANCE,
        "domain": Domain.INTERNAL_PERFORMANCE,
        "mode": None,
        "target": WEB,
        "steps": (step,),
        "expectations": (runs,),
        "guards": Guards(),
        "budget": timedelta(minutes=2),
        "cause": "broken",
        "confidence": 0.02,
        "proposer": "grace",
        "reason": "it broke",
        "measured": True,
    }
    return Plan(**{**given, **changes})


def target(owner: Ownership = Ownership.INTERNAL, **labels: str) -> Target:
    return Target(name=WEB, kind=TargetKind("process"), owner=owner, labels=labels)


def traits(**changes: Any) -> StepTraits:
    blast = BlastRadius(count=1, unit="service", share=1.0)
    return replace(StepTraits(aspect=Aspect.PERFORMANCE, risk=0.3, reversible=False, blast=blast), **changes)


def facts(**changes: Any) -> Facts:
    given: dict[str, Any] = {
        "targets": {WEB: target()},
        "steps": (traits(),),
        "history": History(),
        "kill": Switch(),
        "freeze": Switch(),
        "busy": frozenset(),
        "load": Load(),
        "autonomy": AutonomyLevel.REPORT,
    }
    return Facts(**{**given, **changes})


def approval(wanted: Plan, by: str = "ada", **changes: Any) -> Approval:
    yes = Approval(
        by=by, role=Role.APPROVER, approved=True, reason="looks right", at=WEDNESDAY_NOON, plan_digest=wanted.digest
    )
    return replace(yes, **changes)


def decided(wanted: Plan, known: Facts, now: datetime = WEDNESDAY_NOON, policy: Policy = POLICY) -> Decision:
    return decide(wanted, known, now, gates=GATES, policy=policy)
