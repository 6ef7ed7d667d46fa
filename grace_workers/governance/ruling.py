"""What a gate is, what it reads and what it may return."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from grace_workers.governance.decision import Facts, Risk, Role
from grace_workers.governance.policy import Policy
from grace_workers.playbooks import Mode, Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What every gate reads: the plan, the facts, the policy in force, the resulting risk, and the time."""

    plan: Plan
    facts: Facts
    policy: Policy
    risk: Risk
    now: datetime


@dataclass(frozen=True, slots=True)
class Allow:
    """The gate does not object to the plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """People must agree: `quorum` of them, each of at least `role`."""

    mode: Mode
    role: Role
    quorum: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """The plan must not run; after `retry_at`, if given, asking again may help."""

    why: str
    retry_at: datetime | None = None


Ruling = Allow | Ask | Refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One rule of governance. It can delay a plan; it can never speed one past another gate."""

    name: str
    summary: str
    judge: Callable[[Case], Ruling]


def ask(mode: Mode, why: str, *, quorum: int = 1, role: Role | None = None) -> Ruling:
    """Return the ruling that asks people as `mode` requires; AUTO asks no one.

    A review needs an operator, a permission an approver.
    """
    if mode is Mode.AUTO:
        return Allow()
    least = Role.OPERATOR if mode is Mode.REVIEW else Role.APPROVER
    wanted = role if role is not None and role.includes(least) else least
    return Ask(mode=mode, role=wanted, quorum=max(quorum, 1), why=why)
