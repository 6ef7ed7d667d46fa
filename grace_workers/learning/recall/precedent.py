"""`Precedent`: what was seen of a problem, what was diagnosed, and what the run against it proved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import isfinite

from grace_workers.foundation.ids import IncidentId, PlanId, TargetName
from grace_workers.learning.episode import Ending

FEWEST = 20
"""How many verified outcomes the first model takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Precedent:
    """One ended run of a diagnosed incident, by its plan.

    `features` are what was seen when it was diagnosed. `engine` named the cause, `measured` by readings or not, with a
    `confidence` that the ending judges. `words_alone`: nothing but words spoke for the cause, so a success verified the
    remedy and not the words. `stayed` is the longest span in seconds after which the problem was still gone, and
    `recurred` says that it came again. `kin` are the other names under which the run counts in track records,
    `knowledge` the entry that it counts in.
    """

    plan: PlanId
    incident: IncidentId
    at: datetime
    signature: str
    cause: str
    target: TargetName
    complaining: TargetName | None
    playbook: str
    engine: str
    measured: bool
    confidence: float
    ending: Ending
    words_alone: bool = False
    features: Mapping[str, float] = field(default_factory=dict)
    stayed: float = 0.0
    recurred: bool = False
    forgotten: bool = False
    kin: tuple[str, ...] = ()
    knowledge: str | None = None

    def __post_init__(self) -> None:
        """Refuse what nothing here can be computed with. Raises ValueError."""
        if not all(isfinite(amount) and amount >= 0 for amount in self.features.values()):
            raise ValueError(f"plan {self.plan}: every feature has a finite amount of at least 0")
        if not 0 <= self.confidence <= 1:
            raise ValueError(f"plan {self.plan}: confidence {self.confidence} is not between 0 and 1")

    @property
    def right(self) -> bool | None:
        """Whether acting on the cause helped; None where that is not known, or is to be forgotten."""
        if self.forgotten or self.ending is Ending.INCONCLUSIVE:
            return None
        return self.ending is Ending.VERIFIED

    @property
    def teaches(self) -> bool:
        """Whether it shows what such a problem is."""
        return self.right is True and not self.words_alone and bool(self.features)
