"""A storm on a real database: many workers decide at the same moment, and together stay within the limits."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import pytest
from sqlalchemy import Engine, text

from grace_workers.actions import Ownership, Target
from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.adapters.postgres.jobs.claimer import PostgresJobClaimer
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.diagnosis import Subject
from grace_workers.foundation.clock import SystemClock
from grace_workers.foundation.ids import TargetKind, TargetName
from grace_workers.governance import LabelLimit, StormLimits, shipped_policy
from grace_workers.orchestration import storm
from grace_workers.orchestration.job import Job, JobState
from grace_workers.orchestration.work.intake import accept
from grace_workers.signals import IncidentState, Severity, sign
from grace_workers.testing import MemoryWorld
from tests.builders import HERE, Ward, signal
from tests.patients import Patient

TARGETS, DOWN, NAMES, WORKERS = 200, 150, ("slow", "down", "full", "hot", "stuck"), 6
SHOP = "service=shop"
ALLOWED, AT_ONCE = 7, 2
NO_STOP = StormLimits(most_down="100%", labels=(LabelLimit(label="service", at_once=AT_ONCE, per_hour=ALLOWED),))


@dataclass
class Storm:
    """A service on a real database, and how many of its targets were acted on at the same time."""

    engine: Engine
    ward: Ward = field(default_factory=Ward)
    lock: threading.Lock = field(default_factory=threading.Lock)
    acting: int = 0
    most: int = 0
    names: list[TargetName] = field(default_factory=list)

    def open(self, limits: StormLimits, size: int = TARGETS) -> "Storm":
        """Let a service of that many targets live, with these limits in its policy."""
        self.names = [TargetName(f"web-{n:03}") for n in range(size)]
        ward, ledger = self.ward, PostgresLedger(self.engine)
        PostgresInstances(self.engine).register(HERE, pools=["healing", "orchestration"])
        ward.patients = {
            name: Patient(ill=float(n < DOWN), before_act=self._begins, on_act=self._ends)
            for n, name in enumerate(self.names)
        }
        kind = TargetKind("process")
        targets = {
            name: Target(name=name, kind=kind, owner=Ownership.INTERNAL, labels={"service": "shop"})
            for name in self.names
        }
        ward.ledger, ward.claimer = ledger, PostgresJobClaimer(self.engine)
        ward.line = replace(
            ward.line,
            ledger=ledger,
            clock=SystemClock(),
            pause=threading.Event().wait,
            world=MemoryWorld(roles={(name, Patient): patient for name, patient in ward.patients.items()}),
            targets=targets,
            subjects={name: Subject(name=name, kind=kind) for name in self.names},
            policy=shipped_policy().model_copy(update={"storm": limits}),
        )
        ward.intake = replace(ward.intake, ledger=ledger, clock=SystemClock(), targets=targets)
        return self

    def blow(self) -> None:
        """Send five alerts of each target, serious ones of those that are down."""
        alerts = [
            replace(
                signal(name, at=self.ward.clock),
                signature=sign(f"illness {kind}"),
                severity=Severity.ERROR if n < DOWN else Severity.WARNING,
            )
            for kind in NAMES
            for n, name in enumerate(self.names)
        ]
        for start in range(0, len(alerts), TARGETS):
            accept(self.ward.intake, alerts[start : start + TARGETS], by="sender")

    def work(self) -> None:
        """Let six workers run what is due until nothing is."""
        threads = [threading.Thread(target=self._work, daemon=True) for _ in range(WORKERS)]
        for one in threads:
            one.start()
        for one in threads:
            one.join(timeout=240)
            assert not one.is_alive()

    def hurry(self) -> None:
        """Let what waits be due now."""
        with self.engine.begin() as connection:
            connection.execute(text("UPDATE jobs SET due_at = now() WHERE state = 'queued'"))

    def touched(self) -> list[TargetName]:
        return [name for name, patient in self.ward.patients.items() if patient.effects]

    def _work(self) -> None:
        while jobs := self._due():
            for job in jobs:
                claim = self.ward.claimer.claim(job.id, HERE)
                ending = self.ward.run(claim) if claim is not None else None
                if claim is not None and ending is not None:
                    self.ward.claimer.finish(claim, ending)

    def _due(self) -> Sequence[Job]:
        with self.ward.line.ledger.transaction() as tx:
            queued = tx.jobs.find(state=JobState.QUEUED, limit=1000)
        now = SystemClock().now()
        return [job for job in reversed(queued) if job.not_before is None or job.not_before <= now]

    def _begins(self) -> None:
        with self.lock:
            self.acting += 1
            self.most = max(self.most, self.acting)

    def _ends(self) -> None:
        with self.lock:
            self.acting -= 1


@pytest.fixture
def blown(database_url: str) -> Iterator[Storm]:
    engine = make_engine(database_url)
    yield Storm(engine)
    engine.dispose()


def reasons(found: Storm) -> Counter[str]:
    """Return how many incidents there are of each ending, or of each gate that holds them back."""
    ledger = found.ward.line.ledger
    with ledger.transaction() as tx:
        dossiers = list(tx.incidents.iter_all())
    return Counter(
        "parked" if one.incident.parked else one.held_back_by or (one.closing and one.closing.value) or "none"
        for one in dossiers
    )


@pytest.mark.fleet
def test_nothing_is_touched_by_itself_while_too_much_of_a_service_is_down(blown: Storm) -> None:
    blown.open(shipped_policy().storm).blow()
    blown.work()
    assert blown.touched() == []
    told = reasons(blown)
    assert set(told) == {"too_much_down", "parked"}, told
    assert told.total() == TARGETS * len(NAMES)
    with blown.ward.line.ledger.transaction() as tx:
        held = next(one for one in tx.incidents.iter_all() if one.held_back_by)
        timeline = tx.incidents.timeline(held.incident.id)
    assert f"150 of 200 targets of {SHOP} are down" in timeline[-1].headline


@pytest.mark.fleet
def test_workers_that_decide_at_once_stay_within_the_limits_together(blown: Storm) -> None:
    blown.open(NO_STOP, size=30).blow()
    ledger = blown.ward.line.ledger
    blown.work()
    while not (found := storm.load(ledger, SystemClock())).brakes:
        assert len(blown.touched()) < ALLOWED
        blown.hurry()
        blown.work()
    blown.hurry()
    blown.work()
    assert len(blown.touched()) <= ALLOWED
    assert blown.most <= AT_ONCE
    assert [one.scope for one in found.brakes] == [SHOP]
    assert found.tallies[SHOP].begun == ALLOWED
    told = reasons(blown)
    assert "none" not in told, told
    with ledger.transaction() as tx:
        refused = [one for one in tx.incidents.iter_all() if one.incident.state is IncidentState.REFUSED]
    assert refused
    assert all(f"automatic runs in {SHOP} are stopped" in one.reasons[0] for one in refused)


def test_people_lift_the_brake_and_what_they_retry_runs(blown: Storm) -> None:
    blown.open(NO_STOP.model_copy(update={"labels": (LabelLimit(label="service", per_hour=1),)}), size=3)
    ward, first, second = blown.ward, blown.names[0], blown.names[1]
    for name in (first, second):
        accept(ward.intake, [signal(name, at=ward.clock)], by="sender")
        blown.work()
    assert blown.touched() == [first]
    storm.lift(ward.line.ledger, SystemClock(), SHOP, by="ada", reason="the switch was replaced")
    accept(ward.intake, [replace(signal(blown.names[2], at=ward.clock), signature=sign("other"))], by="sender")
    blown.work()
    assert blown.touched() == [first, blown.names[2]]
    assert [one.scope for one in storm.load(ward.line.ledger, SystemClock()).brakes] == [SHOP]
