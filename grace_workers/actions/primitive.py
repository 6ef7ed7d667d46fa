"""`Primitive`: a kind of action the fleet can take, with everything needed to undo it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.ids import TargetName
from grace_workers.foundation.redaction import starred, without_secrets

R = TypeVar("R")
P = TypeVar("P", bound=Document)


class Repeat(StrEnum):
    """What a second run of the same step does: nothing more, something that can be detected, or harm."""

    IDEMPOTENT = "idempotent"
    PROBEABLE = "probeable"
    ONCE = "once"


class Reversibility(StrEnum):
    """What a restore achieves: the first state; the first state except for what is lost; or nothing."""

    REVERSIBLE = "reversible"
    COMPENSABLE = "compensable"
    IRREVERSIBLE = "irreversible"


class Effect(StrEnum):
    """What the target shows about a step that may or may not have acted."""

    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class OutcomeStatus(StrEnum):
    """What a step did."""

    DONE = "done"
    UNCHANGED = "unchanged"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlastRadius:
    """How much a step may touch. `share` is the part of the target affected, 0 to 1; `count` the things, in `unit`."""

    count: int
    unit: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would change, one sentence each, without changing it, and without secrets.

    `put_back_by` is what is known to put such a change back, because it declares the target elsewhere.
    """

    changes: tuple[str, ...]
    blast: BlastRadius
    put_back_by: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "changes", tuple(starred(change) for change in self.changes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The state saved before a step, as JSON; bulky content is in the role's own store and is named here.

    `content` must never contain a secret, because it is stored and shown.
    """

    primitive: str
    content: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a step or its restore did; `detail` is a sentence, `data` its figures. Secrets in them are stars."""

    status: OutcomeStatus
    detail: str
    data: Mapping[str, JsonValue] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "detail", starred(self.detail))
        object.__setattr__(self, "data", without_secrets(self.data))


def done(detail: str, **data: JsonValue) -> Outcome:
    """Return the outcome of a step that changed something."""
    return Outcome(status=OutcomeStatus.DONE, detail=detail, data=data)


def unchanged(detail: str, **data: JsonValue) -> Outcome:
    """Return the outcome of a step that found nothing to change."""
    return Outcome(status=OutcomeStatus.UNCHANGED, detail=detail, data=data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Primitive(Generic[R, P]):
    """One kind of action on one role of a target.

    `risk` is the base risk, 0 to 1. `effect` is required of a probeable primitive. `restored` checks whether the
    target is in the state of the snapshot again. `restore` after `apply` returns the target to its first state; if
    that is impossible, wholly or in part (an ended session does not come back), `reversibility` says so,
    `irreversible` says what stays, and `restored` checks the rest. Every function except `preview` works on a
    snapshot that another process took and JSON carried. `apply` and `restore` may raise; the caller turns any error
    into a failed Outcome. With `keeps_copy`, it only keeps a copy of the target, which a restore drops; the copy stays
    where a run could not put everything back. `tried_on` says on which copy the step proves itself before it touches
    the target.
    """

    name: str
    summary: str
    role: type[R]
    params: type[P]
    aspect: Aspect
    risk: float
    repeat: Repeat
    preview: Callable[[R, P], Preview]
    snapshot: Callable[[R, P], Snapshot]
    apply: Callable[[R, P, Snapshot], Outcome]
    restore: Callable[[R, P, Snapshot], Outcome]
    restored: Callable[[R, P, Snapshot], bool]
    effect: Callable[[R, P, Snapshot], Effect] | None = None
    irreversible: str | None = None
    reversibility: Reversibility = Reversibility.REVERSIBLE
    worst: BlastRadius | None = None
    keeps_copy: bool = False
    tried_on: str | None = None

    def __post_init__(self) -> None:
        """Check the declaration against its own rules."""
        if self.repeat is Repeat.PROBEABLE and self.effect is None:
            raise ValueError(f"primitive {self.name!r} is probeable but has no `effect`")
        if not 0 <= self.risk <= 1:
            raise ValueError(f"primitive {self.name!r}: risk {self.risk} is not between 0 and 1")
        if (self.reversibility is Reversibility.REVERSIBLE) is not (self.irreversible is None):
            raise ValueError(
                f"primitive {self.name!r} is {self.reversibility}; give `irreversible`, the sentence about what stays, "
                f"if and only if it is compensable or irreversible"
            )

    def keeps_to(self, blast: BlastRadius) -> bool:
        """Return whether the definition allows a step to touch this much."""
        worst = self.worst
        return worst is None or (blast.count <= worst.count and blast.share <= worst.share and blast.unit == worst.unit)


AnyPrimitive = Primitive[Any, Any]


class World(Protocol):
    """The targets as they can be acted on: a role of a target, played by the driver of its kind."""

    def role(self, target: TargetName, role: type[R]) -> R:
        """Return the target's implementation of `role`.

        Raises:
            NotFoundError: no such target.
            InputError: targets of this kind do not have the role.
        """
        ...
