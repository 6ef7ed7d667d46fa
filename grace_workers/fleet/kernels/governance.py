"""Governance: decides sample plans correctly under the policy in force, and refuses when anything is missing."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from grace_workers.actions import Aspect, BlastRadius, Domain, Ownership, Target
from grace_workers.fleet.kernel import Kernel, Readiness, Ready, Tier, Unready
from grace_workers.fleet.probe import Probe
from grace_workers.foundation.ids import IncidentId, TargetKind, TargetName, uuid7
from grace_workers.governance import (
    INDISPENSABLE,
    AutonomyLevel,
    Decision,
    Facts,
    Gate,
    Granted,
    History,
    Load,
    Policy,
    StepTraits,
    Switch,
    decide,
)
from grace_workers.playbooks import Expectation, Guards, Operator, Plan, Step

_SUBJECT = TargetName("sample")
# A fixed weekday noon, so that a rule about hours does not change the meaning of the sample at night.
_AT = datetime(2026, 1, 7, 12, tzinfo=UTC)


def _readiness(probe: Probe) -> Readiness:
    gates, policy = probe.definitions.gates, probe.definitions.policy()
    absent = INDISPENSABLE - {gate.name for gate in gates}
    if absent:
        return Unready(f"gates are missing: {', '.join(sorted(absent))}")
    turned = [name for name in ("kill", "freeze") if probe.records.switch(name).on]
    core = [gate for gate in gates if gate.name in INDISPENSABLE]
    plain = decide(_plan(), _facts(), _AT, gates=core, policy=Policy(version=1))
    if not isinstance(plain, Granted):
        return Unready(f"a harmless plan is not granted although no gate objects: {plain}")
    samples = list(_harmful(gates, policy))
    granted = [what for what, decision in samples if isinstance(decision, Granted)]
    if granted:
        return Unready(f"governance grants {', '.join(granted)}")
    said = type(decide(_plan(), _facts(), _AT, gates=gates, policy=policy)).__name__
    seen = f"{len(gates)} gates stop {len(samples)} harmful samples; a harmless one gets {said} under the policy"
    return Ready(f"{seen}; switched on: {', '.join(turned)}" if turned else seen)


def _harmful(gates: Sequence[Gate], policy: Policy) -> Iterator[tuple[str, Decision]]:
    """Yield plans that no policy may grant without people, or at all, each with the decision on it."""
    plan, known = _plan(), _facts()
    on = Switch(on=True, reason="self-test", by="governance")
    foreign = {_SUBJECT: replace(known.targets[_SUBJECT], owner=Ownership.EXTERNAL)}
    abroad = replace(plan, domain=Domain.EXTERNAL_INFRASTRUCTURE, aspect=Aspect.INFRASTRUCTURE)
    for what, wanted, facts in (
        ("a plan while the kill switch is on", plan, replace(known, kill=on)),
        ("a new plan during a freeze", plan, replace(known, freeze=on)),
        ("a plan for an undeclared target", plan, replace(known, targets={})),
        ("a plan without its history", plan, replace(known, history=None)),
        ("a plan with unknown steps", plan, replace(known, steps=None)),
        ("a plan without the state of the switches", plan, replace(known, kill=None, freeze=None)),
        ("a plan without knowledge of the busy targets", plan, replace(known, busy=None)),
        ("a plan that no reading supports", replace(plan, measured=False), known),
        ("an unapproved change to external infrastructure", abroad, replace(known, targets=foreign)),
    ):
        yield what, decide(wanted, facts, _AT, gates=gates, policy=policy)
    without = [gate for gate in gates if gate.name != "kill_switch"]
    yield "a plan without the gate of the kill switch", decide(plan, known, _AT, gates=without, policy=policy)


def _plan() -> Plan:
    return Plan(
        incident=IncidentId(uuid7()),
        playbook="self_test",
        playbook_digest="0" * 64,
        aspect=Aspect.PERFORMANCE,
        domain=Domain.INTERNAL_PERFORMANCE,
        mode=None,
        target=_SUBJECT,
        steps=(Step(index=0, id="restart", primitive="restart_service", target=_SUBJECT, params={}),),
        expectations=(
            Expectation(
                id="runs",
                check="alive",
                target=_SUBJECT,
                params={},
                operator=Operator.EQ,
                bound=1,
                within=timedelta(seconds=10),
            ),
        ),
        guards=Guards(),
        budget=timedelta(minutes=1),
        cause="process_down",
        confidence=0.9,
        proposer="grace",
        reason="self-test of governance; never run",
        measured=True,
    )


def _facts() -> Facts:
    blast = BlastRadius(count=1, unit="service", share=0.1)
    return Facts(
        targets={_SUBJECT: Target(name=_SUBJECT, kind=TargetKind("process"), owner=Ownership.INTERNAL)},
        steps=(StepTraits(aspect=Aspect.PERFORMANCE, risk=0.1, reversible=True, blast=blast),),
        history=History(),
        kill=Switch(),
        freeze=Switch(),
        busy=frozenset(),
        load=Load(),
        autonomy=AutonomyLevel.REPORT,
    )


DEFINITION = Kernel(
    name="governance",
    tier=Tier.FOUNDATION,
    needs=("audit_log",),
    host="orchestration",
    every=timedelta(seconds=10),
    readiness=_readiness,
)
