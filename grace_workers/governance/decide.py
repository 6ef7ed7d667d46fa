"""The decision: all gates are consulted, the strictest wins, and valid answers of people count."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from grace_workers.governance.approval import blocking_answer, broken_glass, supporters, wanted
from grace_workers.governance.decision import Decision, Facts, Granted, NeedsApproval, Refused, Risk, Role
from grace_workers.governance.policy import Policy
from grace_workers.governance.risk import risk as score
from grace_workers.governance.ruling import Ask, Case, Gate, Refuse
from grace_workers.playbooks import Mode, Plan

INDISPENSABLE = frozenset({"domain_mode", "freeze", "kill_switch", "missing_facts", "unknown_target"})

# A fleet that gets to act on a permission this late was down, and what people agreed to may no longer be what is wrong.
_HONOURED = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Demand:
    """What all gates that ask people require together."""

    mode: Mode
    role: Role
    quorum: int
    reasons: tuple[str, ...]


def decide(plan: Plan, facts: Facts, now: datetime, *, gates: Iterable[Gate], policy: Policy) -> Decision:
    """Return whether `plan` may run now. The order of the gates does not matter, and no gate loosens another's ruling.

    Without the indispensable gates nothing is granted. A grant lasts for the plan's budget plus `start_within`.
    """
    heard = sorted({gate.name: gate for gate in gates}.values(), key=lambda gate: gate.name)
    risk = score(plan, facts, policy, now)
    absent = sorted(INDISPENSABLE - {gate.name for gate in heard})
    if absent:
        return Refused(gate="governance", reason=f"gates are missing: {', '.join(absent)}", risk=risk)
    case = Case(plan=plan, facts=facts, policy=policy, risk=risk, now=now)
    rulings = [(gate.name, gate.judge(case)) for gate in heard]
    refusals = [(name, ruling) for name, ruling in rulings if isinstance(ruling, Refuse)]
    if refusals:
        return _refused(refusals, risk)
    return _answered(case, _demand([(name, ruling) for name, ruling in rulings if isinstance(ruling, Ask)]))


def _refused(refusals: list[tuple[str, Refuse]], risk: Risk) -> Refused:
    """Combine all refusals into one. If waiting does not help against some gate, the refusal names that gate.

    `retry_at` is set only when waiting helps against every one.
    """
    lasting = [name for name, ruling in refusals if ruling.retry_at is None]
    times = [ruling.retry_at for _, ruling in refusals if ruling.retry_at is not None]
    return Refused(
        gate=lasting[0] if lasting else refusals[0][0],
        reason="; ".join(ruling.why for _, ruling in refusals),
        risk=risk,
        retry_at=None if lasting else max(times),
    )


def _demand(asks: list[tuple[str, Ask]]) -> _Demand:
    roles = list(Role)
    return _Demand(
        mode=max((ruling.mode for _, ruling in asks), key=lambda mode: mode.strictness, default=Mode.AUTO),
        role=max((ruling.role for _, ruling in asks), key=roles.index, default=Role.OPERATOR),
        quorum=max((ruling.quorum for _, ruling in asks), default=0),
        reasons=tuple(f"{name}: {ruling.why}" for name, ruling in asks),
    )


def _answered(case: Case, demand: _Demand) -> Decision:
    plan, facts, now, policy = case.plan, case.facts, case.now, case.policy
    expires_at = (facts.asked_at or now) + policy.answer_within
    no = blocking_answer(plan, facts.approvals)
    if no is not None:
        return Refused(gate="approval", reason=f"{no.by} rejected it: {no.reason}", risk=case.risk)
    until = now + policy.start_within + plan.budget
    if demand.mode is Mode.AUTO:
        why = (f"domain {plan.domain} is automatic and the risk {case.risk.score:.2f} is low",)
        automatic = not wanted(plan, facts)
        return Granted(until=until, mode=demand.mode, risk=case.risk, by=("policy",), reasons=why, automatic=automatic)
    yes = supporters(plan, facts, demand.role, now=now, before=expires_at)
    alone = broken_glass(plan, facts, now=now, before=expires_at)
    if alone is not None:
        yes = (alone,) * max(demand.quorum, 1)
    late = _late(len(yes), demand.quorum, expires_at, now)
    if late is not None:
        return Refused(gate="approval", reason=late, risk=case.risk)
    if len(yes) >= demand.quorum:
        said = tuple(
            f"{one.by} {'broke the glass' if one.breaks_glass else 'agreed'}: {one.reason}"
            for one in dict.fromkeys(yes)
        )
        by = tuple(dict.fromkeys(answer.by.strip() for answer in yes))
        reasons = tuple(chain(said, demand.reasons))
        return Granted(until=until, mode=demand.mode, risk=case.risk, by=by, reasons=reasons, automatic=False)
    return NeedsApproval(
        mode=demand.mode,
        role=demand.role,
        quorum=demand.quorum,
        expires_at=expires_at,
        risk=case.risk,
        reasons=demand.reasons,
    )


def _late(agreed: int, quorum: int, expires_at: datetime, now: datetime) -> str | None:
    """Return why it is too late, or None: answers count by when they were given, not by when the line looks."""
    if now < expires_at:
        return None
    by = f"by {expires_at:%Y-%m-%d %H:%M:%S} UTC"
    if not agreed:
        return f"no one answered in time; answers were due {by}"
    if agreed < quorum:
        return f"{agreed} of {quorum} people agreed in time; answers were due {by}"
    if now >= expires_at + _HONOURED:
        return f"people agreed {by}, but too long ago to act on it now; retry to ask them again"
    return None
