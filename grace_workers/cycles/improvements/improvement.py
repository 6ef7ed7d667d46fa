"""`Improvement`: a change of the fleet that the cycle proposes, what it predicts, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, Field

from grace_workers.foundation.document import Document, JsonValue
from grace_workers.playbooks import AdjustedFigure

MOST_PAST = 200


class ImprovementState(StrEnum):
    """`left`: never in force. `kept`: its effect was what was predicted. `leaving`: the plan that ends it is asked."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    KEPT = "kept"
    LEAVING = "leaving"
    TAKEN_BACK = "taken_back"
    LEFT = "left"

    @property
    def is_over(self) -> bool:
        """Whether nothing will become of it any more."""
        return self in {ImprovementState.TAKEN_BACK, ImprovementState.LEFT}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedCases:
    """What a replay of stored incidents showed: of so many that it is about, which would have gone another way.

    `avoided` of those did not end well, `lost` did.
    """

    replayed: int = 0
    avoided: int = 0
    lost: int = 0


class Improvement(Document):
    """One proposal of a `kind`, about one `subject`. `change` says in words what it changes, `content` as data.

    `version` names what is in force once it is; it is for the subject as `base` names it, if that can change. `before`,
    `predicted` and `since` are figures of what the kind measures, before it, with it as a replay predicts, and since it
    is in force, `seen` on so many cases. `moved_at` is when it came into its state, `told` the last thing that
    happened to it.
    """

    kind: str
    subject: str
    change: str
    content: dict[str, JsonValue]
    version: str
    base: str = ""
    why: str
    before: float
    predicted: float
    replayed: int
    avoided: int
    lost: int
    proposed_at: datetime
    state: ImprovementState = ImprovementState.PROPOSED
    moved_at: datetime
    in_force_at: datetime | None = None
    seen: int = 0
    since: float | None = None
    told: str = "its plan is submitted"

    @property
    def key(self) -> str:
        """Its kind and subject, of which one proposal is open at a time."""
        return key_of(self.kind, self.subject)

    def moved(self, state: ImprovementState, now: datetime, told: str) -> "Improvement":
        """Return it in another state."""
        return self.model_copy(update={"state": state, "moved_at": now, "told": told})


def key_of(kind: str, subject: str) -> str:
    """Return what names a kind's subject."""
    return f"{kind}:{subject}"


class ImprovementMemory(Document):
    """What the cycle remembers: what is not over, and the newest of what is, the latest last."""

    open: tuple[Improvement, ...] = ()
    past: tuple[Improvement, ...] = Field(default=(), max_length=MOST_PAST)

    @classmethod
    def of(cls, stored: JsonValue) -> "ImprovementMemory":
        """Return what is stored; nothing for a memory of an earlier release, which kept only the time of its look."""
        if not isinstance(stored, dict) or "open" not in stored:
            return cls()
        told = {name: _told(stored.get(name)) for name in ("open", "past")}
        return cls.read(told, "the memory of the improvement cycle")


def _told(stored: JsonValue) -> list[JsonValue]:
    return [_of_playbook(one) for one in stored] if isinstance(stored, list) else []


def _of_playbook(stored: JsonValue) -> JsonValue:
    """Return what an earlier release stored, which proposed changes of playbooks only, as it is stored now."""
    if not isinstance(stored, dict) or "playbook" not in stored:
        return stored
    earlier = _EarlierChange.model_validate(stored)
    kept = {name: value for name, value in stored.items() if name not in {"playbook", "figure", "value", "runs"}}
    seen = kept.pop("runs_since", 0)
    figure, value = earlier.figure, earlier.value
    return {
        **kept,
        "kind": "playbook",
        "subject": earlier.playbook,
        "change": f"{figure}: {figure.words(value)}",
        "content": {"figure": figure.value, "value": value},
        "version": f"{figure}={value}",
        "seen": seen,
    }


class _EarlierChange(BaseModel):
    playbook: str
    figure: AdjustedFigure
    value: int
