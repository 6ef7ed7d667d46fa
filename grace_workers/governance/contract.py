"""`Contract`: the permission to run exactly one plan, and whether it is still valid."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from grace_workers.foundation.ids import IncidentId, PlanId, TargetName
from grace_workers.governance.decision import Granted, Refused, Switch
from grace_workers.playbooks import Plan, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """Permission for exactly one plan: nothing outside its digest, steps, targets, budget and time.

    `steps` are the digests of the permitted steps, in their order.
    """

    plan: PlanId
    incident: IncidentId
    plan_digest: str
    targets: frozenset[TargetName]
    granted_by: tuple[str, ...]
    budget: timedelta
    not_after: datetime
    max_steps: int
    steps: tuple[str, ...]
    evidence: tuple[str, ...] = field(default=())

    def covers(self, step: Step) -> bool:
        """Return whether this very step, with these very params on this target, is permitted."""
        return (
            0 <= step.index < min(self.max_steps, len(self.steps))
            and step.target in self.targets
            and self.steps[step.index] == step.digest
        )


def draw_up(plan: Plan, granted: Granted, now: datetime) -> Contract | Refused:
    """Return the contract for `plan`, or a refusal when the grant has expired."""
    if now >= granted.until:
        return Refused(gate="contract", reason=f"the grant expired at {granted.until:%H:%M:%S}; decide again")
    return Contract(
        plan=plan.id,
        incident=plan.incident,
        plan_digest=plan.digest,
        targets=plan.targets,
        granted_by=granted.by,
        budget=plan.budget,
        not_after=min(granted.until, now + plan.budget),
        max_steps=len(plan.steps),
        steps=tuple(step.digest for step in plan.steps),
        evidence=granted.reasons,
    )


def breach(
    contract: Contract, plan: Plan, step: Step, *, kill: Switch, freeze: Switch | None = None, now: datetime
) -> str | None:
    """Return why `step` may not act now, or None when the contract permits it. Ask right before every effect.

    Give `freeze` before the first effect of a run; leave it out later, because a run in progress may finish. The
    kill switch stops every step.
    """
    if contract.plan != plan.id or contract.plan_digest != plan.digest:
        return "the plan differs from the contracted one"
    if not contract.covers(step):
        return f"step {step.id!r} is not covered by the contract"
    if now >= contract.not_after:
        return f"the contract expired at {contract.not_after:%H:%M:%S} UTC"
    if kill.on:
        return f"the kill switch is on ({said(kill)})"
    if freeze is not None and freeze.on:
        return f"a freeze is on ({said(freeze)})"
    return None


def said(switch: Switch) -> str:
    """Return why and by whom a switch was turned."""
    return f"{switch.reason or 'no reason given'}, by {switch.by or 'unknown'}"
