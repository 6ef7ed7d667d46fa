"""The cycles as people see and steer them: list, show, run now, pause, resume."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from grace_workers.audit import Entry
from grace_workers.cycles import AnyCycle, KnownFinding, Missed, declared_cycles
from grace_workers.foundation.clock import Clock
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError
from grace_workers.orchestration.events.topics.cycle_paused import DEFINITION as CYCLE_PAUSED
from grace_workers.orchestration.events.topics.cycle_paused import cycle_paused
from grace_workers.orchestration.job import Job
from grace_workers.orchestration.stores import LineLedger, Transaction
from grace_workers.orchestration.stores.cycles import CycleStore, Pause
from grace_workers.orchestration.stores.findings import FindingStore
from grace_workers.orchestration.work.catalog import declared_jobs, scheduled
from grace_workers.orchestration.work.definition import JobDefinition
from grace_workers.orchestration.work.schedule import next_slot

_SHOWN, _RECENT = 20, 12
Cadences = Mapping[str, timedelta]


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleStatus:
    """A cycle: how often it runs, when next (None while it is paused), and its newest runs, newest first."""

    name: str
    summary: str
    cadence: timedelta
    missed: Missed
    next_at: datetime | None
    pause: Pause | None
    recent: Sequence[Job]
    findings: int

    @property
    def last(self) -> Job | None:
        """The newest run that is kept."""
        return self.recent[0] if self.recent else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleStory:
    """One cycle with its newest runs, what it found that holds, and the newest of what is over."""

    status: CycleStatus
    runs: Sequence[Job]
    findings: Sequence[KnownFinding]
    gone: Sequence[KnownFinding]


def cycles(ledger: LineLedger, clock: Clock, cadences: Cadences) -> Sequence[CycleStatus]:
    """Return every cycle, by name. `cadences` are the settings."""
    known = list(declared_cycles())
    with ledger.transaction() as tx:
        return _statuses(tx, known, cadences, clock.now())


def cycle(ledger: LineLedger, clock: Clock, cadences: Cadences, name: str) -> CycleStory:
    """Return one cycle's story. Raises NotFoundError."""
    known = _named(name)
    with ledger.transaction() as tx:
        return CycleStory(
            status=_statuses(tx, [known], cadences, clock.now())[0],
            runs=tx[CycleStore].runs([_job(known).address], limit=_SHOWN),
            findings=tx[FindingStore].find(cycle=name),
            gone=tx[FindingStore].find(cycle=name, gone=True, limit=_SHOWN),
        )


def findings(ledger: LineLedger, *, gone: bool = False, limit: int = 100) -> Sequence[KnownFinding]:
    """Return what all cycles found that holds, or what is over, the latest change first."""
    with ledger.transaction() as tx:
        return tx[FindingStore].find(gone=gone, limit=limit)


def run_now(ledger: LineLedger, name: str, *, by: str) -> Job:
    """Start a cycle now, even a paused one; while such a run is open, it is returned instead of a second one.

    Raises:
        NotFoundError: there is no such cycle.
    """
    with ledger.transaction() as tx:
        return run_in(tx, name, by=by)


def run_in(tx: Transaction, name: str, *, by: str) -> Job:
    """Do what `run_now` does, inside the caller's transaction."""
    job = _job(_named(name))
    return tx.jobs.submit([job.request({}, dedupe_key=f"{job.address}:now", by=by)])[0]


def pause(ledger: LineLedger, clock: Clock, name: str, *, by: str, reason: str) -> Pause:
    """Let a cycle's slots pass without a run, until it is resumed.

    Raises:
        NotFoundError: there is no such cycle.
        ConflictError: it is paused already.
        InputError: no reason was given.
    """
    _named(name)
    if not reason.strip():
        raise InputError("pausing a cycle needs a reason; give one that others can act on")
    wanted = Pause(by=by, reason=reason, at=clock.now())
    with ledger.transaction() as tx:
        if not tx[CycleStore].pause(name, wanted):
            found = tx[CycleStore].paused()[name]
            raise ConflictError(f"cycle {name!r} is paused already, by {found.by}: {found.reason}")
        _record(tx, name, wanted, paused=True)
    return wanted


def resume(ledger: LineLedger, clock: Clock, name: str, *, by: str, reason: str) -> None:
    """End a pause; the cycle runs at its next slot, and what passed is not made up for. Raises as `pause` does."""
    _named(name)
    with ledger.transaction() as tx:
        if not tx[CycleStore].resume(name):
            raise ConflictError(f"cycle {name!r} is not paused")
        _record(tx, name, Pause(by=by, reason=reason, at=clock.now()), paused=False)


def _named(name: str) -> AnyCycle:
    known = declared_cycles()
    if name not in known.names:
        raise NotFoundError(f"unknown cycle {name[:80]!r}; known: {', '.join(known.names)}")
    return known[name]


def _job(cycle: AnyCycle) -> JobDefinition:
    return declared_jobs()[f"cycle_{cycle.name}"]


def _statuses(tx: Transaction, known: Sequence[AnyCycle], cadences: Cadences, now: datetime) -> Sequence[CycleStatus]:
    every = {one.name: one.every for one in scheduled(cadences)}
    paused, newest = tx[CycleStore].paused(), _newest(tx, known)
    holding = tx[FindingStore].holding()
    return [
        CycleStatus(
            name=one.name,
            summary=one.summary,
            cadence=every[one.name],
            missed=one.missed,
            next_at=None if one.name in paused else next_slot(now, every[one.name]),
            pause=paused.get(one.name),
            recent=[run for run in newest if run.name == _job(one).address],
            findings=holding.get(one.name, 0),
        )
        for one in known
    ]


def _newest(tx: Transaction, known: Sequence[AnyCycle]) -> Sequence[Job]:
    return tx[CycleStore].runs([_job(one).address for one in known], limit=_RECENT)


def _record(tx: Transaction, name: str, pause: Pause, *, paused: bool) -> None:
    tx.events.publish(CYCLE_PAUSED, cycle_paused(name, paused=paused, reason=pause.reason, by=pause.by))
    tx.audit.append(
        Entry(
            at=pause.at,
            actor=pause.by,
            action="cycle.paused" if paused else "cycle.resumed",
            subject=f"cycle:{name}",
            outcome="paused" if paused else "resumed",
            data={"reason": pause.reason},
        )
    )
