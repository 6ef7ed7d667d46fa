"""`DeliveryBatch`: what one delivery's signals need to know. It is read in a few statements and written at the end."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from grace_workers.actions import Target
from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.governance import MaintenanceWindow, WindowEffect
from grace_workers.orchestration.dossier import Dossier, Fate, Receipt
from grace_workers.orchestration.job import JobRequest
from grace_workers.orchestration.line.fairness import Shares
from grace_workers.orchestration.line.transition import Change, record_all
from grace_workers.orchestration.stores import Delivered, LineTransaction, Queue
from grace_workers.orchestration.stores.windows import WindowStore
from grace_workers.signals import Condition, Firing, FlapRule, Incident, Signal, SignalStatus


class DeliveryBatch:
    """One delivery's working set, under the lock of everything that it decides about. `flush` writes it."""

    def __init__(
        self,
        tx: LineTransaction,
        signals: Sequence[Signal],
        *,
        sender: str,
        shares: Shares,
        following: Sequence[Signal] = (),
    ) -> None:
        self.tx = tx
        self.sender = sender
        self.shares = shares
        self.jobs: list[JobRequest] = []
        self.told: Counter[tuple[str, str]] = Counter()
        self._conditions = sorted({one for signal in signals if (one := condition_of(signal)) is not None})
        self._keys = sorted({signal.delivery_key for signal in signals})
        targets = {condition.target for condition in self._conditions}
        nowhere = [""] if any(signal.target is None for signal in signals) else []
        tx.conditions.lock([*nowhere, *sorted(targets)])
        self._targets = targets
        self._firing_at = {
            condition_of(signal): at
            for at, signal in enumerate([*signals, *following])
            if signal.status is SignalStatus.FIRING
        }
        self.targets: Mapping[TargetName, Target] = {}
        self._windows: Sequence[MaintenanceWindow] | None = None
        self._settled: dict[str, tuple[Signal, Receipt]] = {}
        self._earlier: list[tuple[Signal, Receipt]] = []
        self._again: set[str] = set()
        self._queue: Queue | None = None
        self._touched: dict[IncidentId, Incident] = {}
        self._opened: list[tuple[Dossier, Change]] = []

    def read(self, now: datetime, *, window: timedelta, expiry: timedelta, flaps: FlapRule) -> None:
        """Read what is known, once for all signals. `now` is the time of their delivery."""
        self.now, self.window, self.flaps = now, window, flaps
        self._delivered = dict(self.tx.signals.known(self._keys))
        self._since = now - max(window, flaps.within)
        recent = self.tx.incidents.recent(self._conditions, since=self._since)
        self._incidents = {condition: list(recent.get(condition, ())) for condition in self._conditions}
        self._before: Mapping[Condition, Firing] = self.tx.conditions.firing(self._conditions, since=now - expiry)
        self._firing = dict(self._before)

    def delivered(self, signal: Signal) -> Delivered | None:
        """Return what happened to the newest delivery of this key, in this batch or an earlier one."""
        return self._delivered.get(signal.delivery_key)

    def incidents(self, condition: Condition) -> Sequence[Incident]:
        """Return the condition's incidents that are open or were closed recently."""
        return self._incidents[condition]

    def firing(self, condition: Condition) -> Firing:
        """Return who fires."""
        return self._firing.get(condition, {})

    def more(self, condition: Condition, at: int) -> bool:
        """Return whether a later signal of the delivery, after number `at`, fires."""
        return self._firing_at.get(condition, -1) > at

    def windows(self) -> Sequence[MaintenanceWindow]:
        """Return the maintenance windows that mute and are not over."""
        if self._windows is None:
            open_ones = self.tx[WindowStore].open(self.now)
            self._windows = [one for one in open_ones if one.effect is WindowEffect.MUTE]
        return self._windows

    def queue(self) -> Queue:
        """Return what is in progress on the targets, including those this batch opened."""
        if self._queue is None:
            self._queue = self.tx.incidents.queue(self._targets, self.sender, since=self.now - self.shares.span)
        return self._queue

    def open(self, condition: Condition, dossier: Dossier, change: Change) -> None:
        """Add a new incident and the record of it."""
        self._opened.append((dossier, change))
        self.put(condition, dossier.incident)

    def opened(self) -> Sequence[Dossier]:
        """Return the incidents opened so far that are not written yet, oldest first."""
        return [dossier for dossier, _ in self._opened]

    def reopen(self, changed: Mapping[IncidentId, tuple[Dossier, Change]]) -> None:
        """Take what is given for some of them instead, before they are written."""
        self._opened = [changed.get(dossier.incident.id, (dossier, change)) for dossier, change in self._opened]

    def touched(self) -> Collection[IncidentId]:
        """Return the incidents whose counts are still to be written."""
        return self._touched.keys()

    def amend(self, receipts: Sequence[Receipt], words: Mapping[IncidentId, str]) -> Sequence[Receipt]:
        """Add words to the receipts of signals that opened these incidents; return all receipts."""

        def amended(one: Receipt) -> Receipt:
            known = one.fate is Fate.OPENED and one.incident is not None and one.incident in words
            return replace(one, reason=f"{one.reason}; {words[one.incident]}") if known and one.incident else one

        self._settled = {key: (signal, amended(receipt)) for key, (signal, receipt) in self._settled.items()}
        return [amended(one) for one in receipts]

    def write_opened(self) -> None:
        """Write the incidents opened so far, so that one of them can be loaded and advanced."""
        opened, self._opened = self._opened, []
        if opened:
            self.tx.incidents.add_all([dossier for dossier, _ in opened])
            record_all(self.tx, [change for _, change in opened])

    def put(self, condition: Condition, incident: Incident, *, counted: bool = False) -> None:
        """Record an incident's new state; `counted`: its signals have yet to be written."""
        others = [one for one in self._incidents[condition] if one.id != incident.id]
        self._incidents[condition] = [*others, incident]
        if counted:
            self._touched[incident.id] = incident

    def read_again(self, condition: Condition) -> None:
        """Read the condition's incidents again, because the line has moved one of them."""
        found = self.tx.incidents.recent([condition], since=self._since).get(condition, ())
        self._incidents[condition] = [self._with_counts(incident) for incident in found]

    def _with_counts(self, incident: Incident) -> Incident:
        mine = self._touched.get(incident.id)
        if mine is None:
            return incident
        return replace(incident, signals=mine.signals, severity=mine.severity, last_signal_at=mine.last_signal_at)

    def fire(self, condition: Condition, firing: Firing) -> None:
        """Record who fires now."""
        self._firing[condition] = firing

    def settle(self, signal: Signal, receipt: Receipt) -> None:
        """Record what happened to a signal; its key passes to it from an earlier signal of that key."""
        key = signal.delivery_key
        if key in self._settled:
            earlier, its_receipt = self._settled[key]
            self._earlier.append((replace(earlier, delivery_key=f"{key}:{earlier.id}"), its_receipt))
        elif key in self._delivered:
            self._again.add(key)
        self._settled[key] = (signal, receipt)
        self._delivered[key] = Delivered(condition=condition_of(signal), receipt=receipt)

    def flush(self) -> None:
        """Write everything."""
        self.write_opened()
        self.tx.incidents.touch_all(sorted(self._touched.values(), key=lambda one: one.id))
        firing = {condition: (self._before.get(condition, {}), after) for condition, after in self._firing.items()}
        self.tx.conditions.keep({condition: one for condition, one in firing.items() if one[0] is not one[1]})
        self.tx.signals.keep([*self._earlier, *self._settled.values()], again=self._again)
        if self.jobs:
            self.tx.jobs.submit(self.jobs)


def condition_of(signal: Signal) -> Condition | None:
    """Return the condition that the signal belongs to; None when it names no declared target."""
    return None if signal.target is None else Condition(TargetName(signal.target), signal.signature)
