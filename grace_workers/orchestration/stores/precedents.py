"""Outcomes of diagnosed runs, from which diagnosis learns. Every change to an outcome gets the next revision."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from grace_workers.foundation.ids import PlanId, TargetName
from grace_workers.learning import Precedent


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest revision of outcomes, and the newest version of each model; 0 while there is none."""

    revision: int
    models: Mapping[str, int]


class PrecedentStore(Protocol):
    """Outcomes by plan. Write them under the lock of `RecordStore`, so that revisions commit in order."""

    def put(self, outcome: Precedent) -> None:
        """Store an outcome under the next revision, replacing the earlier one of its plan."""

    def find(self, plan: PlanId) -> Precedent | None:
        """Return the outcome of a plan, None when there is none."""
        ...

    def revision(self) -> int:
        """Return the newest revision; 0 while there is none."""
        ...

    def newest(self, models: Collection[str]) -> Newest:
        """Return how new outcomes and these models are; every diagnosis asks."""
        ...

    def count(self) -> int:
        """Return how many there are."""
        ...

    def changes(self, *, after: int, limit: int = 1000) -> Sequence[tuple[int, Precedent]]:
        """Return what changed after a revision, oldest first; each outcome comes once, as it is now.

        An outcome that cannot be read is logged and left out, here and in `before`.
        """
        ...

    def before(self, revision: int | None = None, *, limit: int = 1000) -> Sequence[tuple[int, Precedent]]:
        """Return the newest outcomes up to a revision, or of all, newest first."""
        ...

    def of_problem(self, cause: str, target: TargetName, *, limit: int = 1000) -> Sequence[Precedent]:
        """Return the newest outcomes of a cause on a target, newest first."""
        ...
