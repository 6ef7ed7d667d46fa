"""A transaction that gathers what accepting a batch of signals writes, so that a thousand alerts cost a few statements.

What is asked for each signal is read for all of them at once; what is written is kept and written together. Anything
else that is asked of the transaction is answered after what was gathered has been written, so nobody sees less than
was done. Nothing is kept beyond `gathering`.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, cast

from grace_workers.audit import Entry
from grace_workers.foundation.ids import EventId, IncidentId, SignalId, TargetName
from grace_workers.orchestration.dossier import Dossier, Happening, Receipt
from grace_workers.orchestration.jobs import JobRequest
from grace_workers.orchestration.mesh import Draft, draft
from grace_workers.orchestration.stores import LineTransaction, Pair
from grace_workers.orchestration.topic import B, Topic
from grace_workers.signals import Incident, Signal, Signature


@contextmanager
def gathering(tx: LineTransaction, signals: Sequence[Signal], *, since: datetime) -> Iterator[LineTransaction]:
    """Store the signals and lock what they are about; give a transaction in which to say what each led to.

    `since` is from when on closed incidents are of interest.
    """
    pairs = {(signal.target, signal.signature) for signal in signals}
    tx.incidents.lock_all(pairs)
    gathered = _Gathered(tx, signals, pairs, since)
    yield cast("LineTransaction", gathered)
    gathered.write()


class _Asked:
    """A store, asked only after everything gathered so far has been written."""

    def __init__(self, store: Any, write: Callable[[], None]) -> None:
        self._store = store
        self._write = write

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._store, name)

        def ask(*args: Any, **options: Any) -> Any:
            self._write()
            return member(*args, **options)

        return ask


class _Gathered:
    """The transaction. Each of its stores keeps what can wait in the lists here."""

    def __init__(
        self, tx: LineTransaction, signals: Sequence[Signal], pairs: Collection[Pair], since: datetime
    ) -> None:
        self._tx = tx
        self.dossiers: list[Dossier] = []
        self.touched: dict[IncidentId, Incident] = {}
        self.notes: list[tuple[IncidentId, Happening]] = []
        self.drafts: list[Draft] = []
        self.entries: list[Entry] = []
        self.requests: list[JobRequest] = []
        self.receipts: list[Receipt] = []
        self.signals = _Signals(self, tx, signals)
        self.incidents = _Incidents(self, tx, pairs, since)
        self.jobs = _Jobs(self, tx)
        self.events = _Events(self, tx)
        self.audit = _Audit(self)

    def __getattr__(self, name: str) -> Any:
        return _Asked(getattr(self._tx, name), self.write)

    def write(self) -> None:
        """Write what was gathered, what others refer to first."""
        tx = self._tx
        tx.incidents.add_all(_taken(self.dossiers))
        tx.incidents.touch_all(list(self.touched.values()))
        self.touched.clear()
        tx.incidents.note_all(_taken(self.notes))
        tx.events.publish_all(_taken(self.drafts))
        tx.audit.append_all(_taken(self.entries))
        if self.requests:
            tx.jobs.submit(_taken(self.requests))
        tx.signals.settle_all(_taken(self.receipts))


def _taken(gathered: list[Any]) -> list[Any]:
    taken = list(gathered)
    gathered.clear()
    return taken


class _Signals(_Asked):
    def __init__(self, gathered: _Gathered, tx: LineTransaction, signals: Sequence[Signal]) -> None:
        super().__init__(tx.signals, gathered.write)
        self._gathered = gathered
        self._new: set[SignalId] = set(tx.signals.add_all(signals))
        known = [signal.delivery_key for signal in signals if signal.id not in self._new]
        self._receipts = dict(tx.signals.receipts(set(known)))
        self._keys = {signal.id: signal.delivery_key for signal in signals}

    def add(self, signal: Signal) -> bool:
        return signal.id in self._new

    def receipt(self, delivery_key: str) -> Receipt | None:
        return self._receipts.get(delivery_key)

    def settle(self, receipt: Receipt) -> None:
        self._gathered.receipts.append(receipt)
        self._receipts[self._keys[receipt.signal]] = receipt


class _Incidents(_Asked):
    def __init__(self, gathered: _Gathered, tx: LineTransaction, pairs: Collection[Pair], since: datetime) -> None:
        super().__init__(tx.incidents, gathered.write)
        self._gathered = gathered
        self._recent: dict[Pair, dict[IncidentId, Incident]] = {pair: {} for pair in pairs}
        for pair, incidents in tx.incidents.recent_of(pairs, since=since).items():
            self._recent[pair] = {incident.id: incident for incident in incidents}

    def recent(self, target: TargetName | None, signature: Signature, *, since: datetime) -> Sequence[Incident]:
        found = self._recent[target, signature].values()
        return [one for one in found if one.closed_at is None or one.closed_at > since]

    def load(self, incident: IncidentId) -> Dossier:
        """Return the dossier as it is now, and let `recent` show it so: the line may have moved it meanwhile."""
        self._write()
        found: Dossier = self._store.load(incident)
        self._keep(found.incident)
        return found

    def add(self, dossier: Dossier) -> None:
        self._gathered.dossiers.append(dossier)
        self._keep(dossier.incident)

    def touch(self, incident: Incident) -> None:
        self._gathered.touched[incident.id] = incident
        self._keep(incident)

    def save(self, dossier: Dossier, *, expected_version: int) -> None:
        self._write()
        self._store.save(dossier, expected_version=expected_version)
        self._keep(dossier.incident)

    def note(self, incident: IncidentId, happening: Happening) -> None:
        self._gathered.notes.append((incident, happening))

    def _keep(self, incident: Incident) -> None:
        self._recent.setdefault((incident.target, incident.signature), {})[incident.id] = incident


class _Jobs(_Asked):
    def __init__(self, gathered: _Gathered, tx: LineTransaction) -> None:
        super().__init__(tx.jobs, gathered.write)
        self._gathered = gathered

    def submit(self, requests: Sequence[JobRequest]) -> None:
        """Gather the jobs. Nothing in a batch asks for the rows."""
        self._gathered.requests += requests


class _Events(_Asked):
    def __init__(self, gathered: _Gathered, tx: LineTransaction) -> None:
        super().__init__(tx.events, gathered.write)
        self._gathered = gathered

    def publish(self, topic: Topic[B], body: B, *, event_id: EventId | None = None) -> EventId:
        made = draft(topic, body, event_id)
        self._gathered.drafts.append(made)
        return made.id


class _Audit:
    def __init__(self, gathered: _Gathered) -> None:
        self._gathered = gathered

    def append(self, entry: Entry) -> None:
        self._gathered.entries.append(entry)
