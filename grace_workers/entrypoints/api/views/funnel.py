"""The funnel: how far signals and playbooks came, and why not further."""

from typing import Self
from uuid import UUID

from pydantic import Field

from grace_workers.entrypoints.api.views.view import Moment, View
from grace_workers.orchestration.funnel import Funnel, PlaybookFunnels, SignalFunnel


class LossView(View):
    """How many were lost after a stage for one reason."""

    after: str = Field(description="received, matched, correlated, diagnosed, planned, granted or acted")
    reason: str
    count: int
    gate: str | None = Field(description="the gate of governance that refused; null if none did")
    incident: UUID | None = Field(description="one example")


class FunnelView(View):
    """How many reached each stage, and why the others did not; most frequent losses first."""

    about: str
    reached: dict[str, int] = Field(description="by stage, in order, ending with healed")
    losses: list[LossView]

    @classmethod
    def of_funnel(cls, funnel: Funnel) -> Self:
        """Return the view of a funnel."""
        reached = {stage.value: count for stage, count in funnel.reached.items()}
        return cls.of(funnel, reached=reached, losses=[LossView.of(one) for one in funnel.losses])


class SignalFunnelView(View):
    """The funnel of all signals since a time, and of each condition, most signals first."""

    since: Moment
    whole: FunnelView
    conditions: list[FunnelView]
    complete: bool = Field(description="false where the bound cut off the oldest")

    @classmethod
    def of_signals(cls, found: SignalFunnel) -> Self:
        """Return the view of the signals' funnel."""
        conditions = [FunnelView.of_funnel(one) for one in found.conditions]
        return cls.of(found, whole=FunnelView.of_funnel(found.whole), conditions=conditions)


class PlaybookFunnelsView(View):
    """The funnel of each playbook since a time, counted in incidents."""

    since: Moment
    playbooks: list[FunnelView]
    complete: bool = Field(description="false where the bound cut off the oldest")

    @classmethod
    def of_playbooks(cls, found: PlaybookFunnels) -> Self:
        """Return the view of the playbooks' funnels."""
        return cls.of(found, playbooks=[FunnelView.of_funnel(one) for one in found.playbooks])
