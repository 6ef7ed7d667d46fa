"""How many jobs a node and the fleet run at once."""

from typing import TYPE_CHECKING

from pydantic import Field

from grace_workers.foundation.document import Document

if TYPE_CHECKING:
    from grace_workers.orchestration.job import SlotLimits


class PoolSettings(Document):
    """Slots per worker pool of this node; `express` are extra slots for priority 9 and 10."""

    healing: int = Field(default=8, ge=1, le=64)
    coding: int = Field(default=1, ge=1, le=64)
    orchestration: int = Field(default=8, ge=1, le=64)
    express: int = Field(default=2, ge=1, le=16)


class LimitSettings(Document):
    """Fleet-wide limits on running jobs of the two agents."""

    agents: int = Field(default=10, ge=1)
    per_agent: int = Field(default=5, ge=1)

    @property
    def slots(self) -> "SlotLimits":
        """The limits as claims observe them."""
        # Most of what reads settings has no use for jobs.
        from grace_workers.orchestration.job import Pool, SlotLimits

        return SlotLimits(total=self.agents, per_pool={Pool.HEALING: self.per_agent, Pool.CODING: self.per_agent})
