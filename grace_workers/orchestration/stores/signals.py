"""Accepted signals, and what happened to them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.orchestration.dossier import Receipt
from grace_workers.signals import Condition, Signal, Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """An earlier delivery: its condition, and what happened to it."""

    condition: Condition | None
    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalCounts:
    """How many signals met each fate, and how many of them named no declared target."""

    fates: Mapping[str, int]
    unmatched: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalFrequency:
    """How many signals of one signature came to a target lately, and how many came before."""

    signature: Signature
    recent: int
    earlier: int


class SignalStore(Protocol):
    """Accepted signals and what happened to them."""

    def known(self, delivery_keys: Collection[str]) -> Mapping[str, Delivered]:
        """Return what happened to earlier deliveries, by key; unknown keys are absent."""

    def keep(self, settled: Sequence[tuple[Signal, Receipt]], *, again: Collection[str] = ()) -> None:
        """Store signals with what happened to them. The keys `again` pass from their earlier signals to these."""

    def find(
        self, *, incident: IncidentId | None = None, unmatched: bool = False, limit: int = 100
    ) -> Sequence[tuple[Signal, Receipt]]:
        """Return the newest signals, newest first; `unmatched`: only those that named no declared target."""

    def of_group(self, leader: IncidentId, *, limit: int = 100) -> Sequence[tuple[Signal, Receipt]]:
        """Return the newest signals of an incident and of those that it leads, newest first."""

    def iter_all(self) -> Iterator[tuple[Signal, Receipt]]:
        """Yield all signals, oldest first, without holding them in memory; read them inside the transaction."""

    def counts(self, window: timedelta) -> SignalCounts:
        """Return what happened to the signals of the last `window`."""

    def frequencies(
        self, target: TargetName, *, since: datetime, before: datetime, limit: int
    ) -> Sequence[SignalFrequency]:
        """Return the most frequent signatures of a target since a time, and how often they came from `before` to it."""
        ...
