"""Signals, and their outcomes."""

from typing import Self
from uuid import UUID

from pydantic import Field

from grace_workers.entrypoints.api.views.view import Moment, View
from grace_workers.foundation.document import JsonValue
from grace_workers.orchestration.dossier import Receipt
from grace_workers.signals import Signal


class ReceiptView(View):
    """The outcome of one signal."""

    signal: UUID
    fate: str = Field(description="opened, joined, revived, resolved, ignored or repeated")
    incident: UUID | None
    reason: str


class LeftOutView(View):
    """What was left out of a delivery: a whole condition, or a part of one. `position` counts from 1."""

    position: int
    name: str
    reason: str
    whole: bool


class ReceiptsView(View):
    """A receipt for each signal, in the order of the delivery."""

    receipts: list[ReceiptView]


class DeliveryView(ReceiptsView):
    """That, what was not taken, and how many deployments were."""

    left_out: list[LeftOutView]
    left_out_in_all: int
    deployments: int


class PlainSignalView(View):
    """One observation from outside."""

    id: UUID
    source: str
    name: str
    target: str | None
    severity: str = Field(description="info, warning, error or critical")
    status: str = Field(description="firing or resolved")
    summary: str
    text: str | None
    labels: dict[str, str]
    attributes: dict[str, JsonValue]
    signature: str
    delivery_key: str
    observed_at: Moment
    member: str
    began_at: Moment | None


class SignalView(PlainSignalView):
    """A signal and its outcome."""

    fate: str = Field(description="opened, joined, revived, resolved, ignored or repeated")
    incident: UUID | None
    reason: str

    @classmethod
    def of_both(cls, signal: Signal, receipt: Receipt) -> Self:
        """Return the view of a signal with its receipt."""
        return cls.of(signal, fate=receipt.fate, incident=receipt.incident, reason=receipt.reason)
