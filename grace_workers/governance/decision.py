"""What governance reads and what it decides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from grace_workers.actions import Aspect, BlastRadius, Target
from grace_workers.foundation.ids import ApprovalId, IncidentId, PlanId, TargetName
from grace_workers.governance.autonomy import AutonomyLevel
from grace_workers.governance.storm.load import Load
from grace_workers.governance.window import MaintenanceWindow
from grace_workers.playbooks import Mode


class Role(StrEnum):
    """What a person or token may do. Each role includes the ones before, except that a viewer may not report."""

    REPORTER = "reporter"
    VIEWER = "viewer"
    OPERATOR = "operator"
    APPROVER = "approver"
    ADMIN = "admin"

    def includes(self, other: "Role") -> bool:
        """Return whether this role may do what `other` may."""
        if {self, other} == {Role.REPORTER, Role.VIEWER}:
            return False
        order = list(Role)
        return order.index(self) >= order.index(other)


class Involvement(StrEnum):
    """How a person caused a plan: by a signal, a request, a retry, a replayed job, or a change of its params."""

    SIGNAL = "signal"
    REQUEST = "request"
    RETRY = "retry"
    REPLAY = "replay"
    EDIT = "edit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposer:
    """Someone who caused an incident's plan and so may not approve it; `at` is when they last did so."""

    by: str
    part: Involvement
    at: datetime


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
    """What governance must know of one step: the primitive's declaration, and the preview's blast radius.

    `put_back_by` is what is known to put the step's change back.
    """

    aspect: Aspect
    risk: float
    reversible: bool
    blast: BlastRadius | None
    put_back_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """A global switch and who turned it: `kill` stops all effects, `freeze` all but runs that have begun."""

    on: bool = False
    reason: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """An answer that a person gave, and the token they gave it by; `revoked` when that token is no longer trusted.

    A yes that `breaks_glass` needs neither the role nor a second person, and raises an alarm. It counts for one person
    together with those whom its author `stands_in_for`.
    """

    by: str
    role: Role
    approved: bool
    reason: str
    at: datetime
    plan_digest: str
    token: str = ""
    revoked: bool = False
    breaks_glass: bool = False
    stands_in_for: tuple[str, ...] = ()

    @property
    def persons(self) -> tuple[str, ...]:
        """Everyone for whom it counts."""
        return (self.by, *self.stands_in_for)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A no to the same playbook on the same target that no later yes has lifted, and what its question required.

    `same_problem` says that it was about the same signature too.
    """

    by: str
    reason: str
    at: datetime
    mode: Mode
    role: Role
    quorum: int
    same_problem: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything a gate may read. Gathered by the caller; a value that could not be read is None and counts as no.

    `busy` names the targets on which another contract is in force. `asked_at` is when people were first asked about
    this plan, None before. `proposers` are all who caused the plan apart from the one that it names. Without an
    `environment` every tightening rule about environments applies. `scopes` are those that the run counts in, `members`
    the targets of the services that it touches, `upstream` what its target depends on, `autonomy`
    the level of its playbook in its domain. `flapping`: the incident's condition comes and goes. `obstacle` is why
    `steps` could not be read.
    """

    targets: Mapping[TargetName, Target]
    steps: tuple[StepTraits, ...] | None
    history: History | None
    kill: Switch | None
    freeze: Switch | None
    busy: frozenset[TargetName] | None
    approvals: tuple[Approval, ...] = ()
    proposers: tuple[Proposer, ...] = ()
    rejection: Rejection | None = None
    mode_floor: Mode = Mode.AUTO
    asked_at: datetime | None = None
    environment: str | None = None
    windows: tuple[MaintenanceWindow, ...] | None = ()
    load: Load | None = None
    scopes: frozenset[str] = frozenset()
    members: Mapping[str, frozenset[TargetName]] = field(default_factory=dict)
    upstream: frozenset[TargetName] = frozenset()
    autonomy: AutonomyLevel | None = None
    flapping: bool = False
    obstacle: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskPart:
    """One summand of the risk score: its name, its value, and its explanation."""

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
    """The plan may run until `until`. `automatic`: no person asked for it or agreed to it."""

    until: datetime
    mode: Mode
    risk: Risk
    by: tuple[str, ...]
    reasons: tuple[str, ...]
    automatic: bool = True


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
    """The plan may not run. `gate` names the refusing rule; after `retry_at`, if given, asking again may help."""

    gate: str
    reason: str
    risk: Risk | None = None
    retry_at: datetime | None = None


Decision = Granted | NeedsApproval | Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequest:
    """A question put to people, as stored: answered by `Approval`s until its quorum, its expiry or its first no.

    `signature` is of the incident; `target` is the plan's own. A question stored by an older release names neither.
    """

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
    playbook: str = ""
    target: str = ""
    signature: str = ""
    reasons: tuple[str, ...] = ()
    answers: tuple[Approval, ...] = ()
