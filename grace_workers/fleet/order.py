"""The order: what a person or a playbook wants a node to do with itself or one of its kernels, and the result."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from grace_workers.foundation.ids import InstanceName


class Verb(StrEnum):
    """What a node can be asked to do. The last three concern the node as a whole."""

    RESTART = "restart"
    PAUSE = "pause"
    RESUME = "resume"
    DRAIN = "drain"
    QUARANTINE = "quarantine"
    REJOIN = "rejoin"


class OrderState(StrEnum):
    """open -> taken -> done, failed or refused."""

    OPEN = "open"
    TAKEN = "taken"
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"

    @property
    def ended(self) -> bool:
        """Whether the order is final."""
        return self in {OrderState.DONE, OrderState.FAILED, OrderState.REFUSED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order. Without a `kernel` it concerns the node. `detail` says what the result was."""

    id: UUID
    instance: InstanceName
    kernel: str | None
    verb: Verb
    asked_by: str
    reason: str
    forced: bool
    at: datetime
    state: OrderState = OrderState.OPEN
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """An order to be given. `forced` overrides what protects a critical kernel."""

    instance: InstanceName
    verb: Verb
    asked_by: str
    reason: str
    kernel: str | None = None
    forced: bool = False
