"""How far playbooks may act by themselves, and the evidence for it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from grace_workers.actions import Domain
from grace_workers.foundation.ids import PlanId
from grace_workers.governance import Autonomy, RunEnd, RunEvidence


class AutonomyStore(Protocol):
    """Levels by playbook and domain. One that was never set has no row."""

    def lock(self) -> None:
        """Let one transaction at a time change levels."""

    def known(self, playbook: str, domain: Domain) -> Mapping[str, Autonomy]:
        """Return the rows of the playbook and of every playbook in the domain, by playbook."""

    def all(self) -> Sequence[Autonomy]:
        """Return all rows, by playbook and domain."""

    def put(self, autonomy: Autonomy) -> None:
        """Set a level."""

    def evidence(self) -> Mapping[tuple[str, Domain], RunEvidence]:
        """Return the clear runs of each playbook in each domain since its level was last set."""

    def ran(self, plan: PlanId) -> tuple[str, Domain] | None:
        """Return the playbook and the domain of a run; None when neither is known."""

    def newest(self, playbook: str, domain: Domain, *, limit: int) -> Sequence[RunEnd]:
        """Return the newest clear runs since the level was last set, newest first."""

    def spent(self, domain: Domain, *, since: datetime) -> tuple[int, int]:
        """Return how many clear runs of the domain ended since then, and how many of them missed.

        Runs before the level of every playbook in the domain was last set are not counted.
        """
