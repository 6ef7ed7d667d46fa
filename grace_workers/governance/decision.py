"""What governance reads and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from grace_workers.actions import Aspect, BlastRadius, Target
from grace_workers.foundation.ids import ApprovalId, IncidentId, PlanId, TargetName
from grace_workers.playbooks import Mode


class Role(StrEnum):
    """What a person or token may do, each including the ones before."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    APPROVER = "approver"
    ADMIN = "admin"

    def includes(self, other: "Role") -> bool:
        """Return whether this role may do what `other` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What this playbook did on this target before. `ineffective_streak` counts back from the newest run."""

    runs: int = 0
    verified: int = 0
    runs_last_hour: int = 0
    last_run_at: datetime | None = None
    ineffective_streak: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTraits:
    """What governance must know of one step: the primitive's declaration and the preview's blast radius."""

    aspect: Aspect
    risk: float
    reversible: bool
    blast: BlastRadius | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """A global switch that somebody turned: `kill` stops all effects, `freeze` all but runs that have begun."""

    on: bool = False
    reason: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """An answer that a person gave."""

    by: str
    role: Role
    approved: bool
    reason: str
    at: datetime
    plan_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything a gate may read. Gathered by the caller; a value that could not be had is None and counts as no.

    `busy` names the targets on which another contract is in force. `asked_at` is when people were first asked about
    this plan, None before. Without an `environment` every tightening rule about environments applies.
    """

    targets: Mapping[TargetName, Target]
    steps: tuple[StepTraits, ...] | None
    history: History | None
    kill: Switch | None
    freeze: Switch | None
    busy: frozenset[TargetName] | None
    approvals: tuple[Approval, ...] = ()
    mode_floor: Mode = Mode.AUTO
    asked_at: datetime | None = None
    environment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskPart:
    """One summand of the risk score: its name, its value, and the words for it."""

    name: str
    value: float
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """0.0 to 1.0, with the parts that make it."""

    score: float
    parts: tuple[RiskPart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """The plan may run until `until`."""

    until: datetime
    mode: Mode
    risk: Risk
    by: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsApproval:
    """A person must say yes before `expires_at`; no answer is a no."""

    mode: Mode
    role: Role
    quorum: int
    expires_at: datetime
    risk: Risk
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The plan may not run. `gate` names the rule that said so; after `retry_at`, if given, asking again may help."""

    gate: str
    reason: str
    risk: Risk | None = None
    retry_at: datetime | None = None


Decision = Granted | NeedsApproval | Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequest:
    """A question put to people, as stored: answered by `Approval`s until its quorum, its expiry or its first no."""

    id: ApprovalId
    incident: IncidentId
    plan: PlanId
    plan_digest: str
    proposer: str
    mode: Mode
    role: Role
    quorum: int
    requested_at: datetime
    expires_at: datetime
    answers: tuple[Approval, ...] = ()
