"""`Improvement`: an adjustment of a playbook that the cycle proposes, what it predicts, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import Field

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
    """What a replay of stored incidents showed: of so many of the playbook, which would have gone another way.

    `avoided` of those did not end well, `lost` did.
    """

    replayed: int = 0
    avoided: int = 0
    lost: int = 0


class Improvement(Document):
    """One adjustment. `before` and `predicted` are shares of runs that help; `since` is what was measured after.

    `moved_at` is when it came into its state, `told` the last thing that happened to it.
    """

    playbook: str
    figure: AdjustedFigure
    value: int
    base: str
    why: str
    runs: int
    before: float
    predicted: float
    replayed: int
    avoided: int
    lost: int
    proposed_at: datetime
    state: ImprovementState = ImprovementState.PROPOSED
    moved_at: datetime
    in_force_at: datetime | None = None
    runs_since: int = 0
    since: float | None = None
    told: str = ""

    @property
    def name(self) -> str:
        """What its figure is called as a limit of the fleet."""
        return f"{self.playbook}.{self.figure}"

    @property
    def words(self) -> str:
        """Return it as a line of the playbook's file."""
        return f"{self.figure}: {self.figure.words(self.value)}"

    @property
    def plan(self) -> str:
        """The name of the plan that puts it into force."""
        return f"adjust_{self.playbook}"[:64].rstrip("_")

    def moved(self, state: ImprovementState, now: datetime, told: str) -> "Improvement":
        """Return it in another state."""
        return self.model_copy(update={"state": state, "moved_at": now, "told": told})


class ImprovementMemory(Document):
    """What the cycle remembers: what is not over, and the newest of what is, the latest last."""

    open: tuple[Improvement, ...] = ()
    past: tuple[Improvement, ...] = Field(default=(), max_length=MOST_PAST)

    @classmethod
    def of(cls, stored: JsonValue) -> "ImprovementMemory":
        """Return what is stored; nothing for a memory of an earlier release, which kept only the time of its look."""
        told = isinstance(stored, dict) and "open" in stored
        return cls.read(stored, "the memory of the improvement cycle") if told else cls()
