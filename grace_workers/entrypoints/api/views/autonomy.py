"""How far playbooks may act by themselves."""

from typing import Self

from pydantic import Field

from grace_workers.entrypoints.api.views.view import Moment, View
from grace_workers.governance import Standing


class RunEvidenceView(View):
    """The clear runs since the level last changed."""

    runs: int
    verified: int
    restores: int
    failed_restores: int
    days: int = Field(description="different days on which runs ended")
    since: Moment | None
    at_least: float = Field(description="the lower bound of the success rate")


class StandingView(View):
    """A playbook in one domain: its level, what bounds it, and the evidence. `*` stands for every playbook there."""

    playbook: str
    domain: str
    level: str = Field(description="L0 observe, L1 propose, L2 act when approved, L3 act and report, L4 act and sample")
    ceiling: str
    by: str
    reason: str
    at: Moment | None
    evidence: RunEvidenceView
    missing: str | None = Field(description="what is lacking for one level more")

    @classmethod
    def of_standing(cls, found: Standing) -> Self:
        """Return the view of a standing."""
        return cls.of(found, evidence=RunEvidenceView.of(found.evidence))


class AutonomyView(View):
    """A level that was just set."""

    playbook: str
    domain: str
    level: str
    by: str
    reason: str
    at: Moment
