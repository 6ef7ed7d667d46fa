"""Builders: a whole line in memory, its signals, and a loop that runs its jobs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import Any, NoReturn
from uuid import uuid4

from grace_workers.actions import (
    Aspect,
    Domain,
    Ownership,
    Repeat,
    Target,
)
from grace_workers.coding import NoSandbox, Workshop
from grace_workers.diagnosis import Causes, Subject
from grace_workers.foundation.aside import Aside
from grace_workers.foundation.catalog import Catalog, discover
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError, TransientError
from grace_workers.foundation.ids import IncidentId, InstanceName, TargetKind, TargetName, uuid7
from grace_workers.governance import Gate, gates, shipped_policy
from grace_workers.learning import Ending as RunEnding
from grace_workers.learning import Episode
from grace_workers.orchestration.audit_archive import AuditArchive
from grace_workers.orchestration.discovery.looking import Discoveries
from grace_workers.orchestration.dossier import Dossier, Receipt
from grace_workers.orchestration.job import Claim, Ending, FencedError, Job, JobFailed, JobState, TryAgain
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.queries import IncidentView, incident
from grace_workers.orchestration.stores import LineLedger
from grace_workers.orchestration.stores.groups import GroupStore
from grace_workers.orchestration.work.catalog import job_at
from grace_workers.orchestration.work.definition import JobDefinition
from grace_workers.orchestration.work.intake import Intake, accept
from grace_workers.playbooks import Expectation, Guards, Operator, Plan, Step
from grace_workers.signals import Severity, Signal, SignalStatus, sign
from grace_workers.testing import FakeClock, MemoryWorld
from tests.aside import here
from tests.few_files import FewFiles
from tests.memory.claimer import MemoryJobClaimer
from tests.memory.ledger import MemoryLedger
from tests.memory.transaction import MemoryTransaction
from tests.patients import CHECKS, ENGINES, PRIMITIVES, Patient, library
from tests.shelves import Shelves, shelves

WEB, DATABASE, PARTNER = TargetName("web"), TargetName("database"), TargetName("partner")
HERE = InstanceName("here")


class CrashError(BaseException):
    """The process is gone at this very instruction; nothing catches this."""


@cache
def _gates() -> Catalog[Gate]:
    return discover(gates, Gate, label="gate")


TARGETS: Mapping[TargetName, Target] = {
    WEB: Target(name=WEB, kind=TargetKind("process"), owner=Ownership.INTERNAL, depends_on=(DATABASE,)),
    DATABASE: Target(name=DATABASE, kind=TargetKind("postgres"), owner=Ownership.INTERNAL),
    PARTNER: Target(name=PARTNER, kind=TargetKind("process"), owner=Ownership.EXTERNAL),
}


def no_archive() -> AuditArchive:
    """Refuse: a ward in memory has no audit log to read."""
    raise NotFoundError("this ward has no audit log")


def idle_workshop() -> Workshop:
    """Return a workshop in which nothing can be opened or run."""

    def refuse(*_: object) -> NoReturn:
        raise InputError("there is no repository here")

    return Workshop(sandbox=NoSandbox("none is needed"), open_repository=refuse, open_branch=refuse, version="0")


@dataclass(slots=True)
class Ward:
    """A whole line in memory: three patients, one playbook, a fake clock, and jobs run one by one."""

    repeat: Repeat = Repeat.IDEMPOTENT
    clock: FakeClock = field(default_factory=FakeClock)
    ledger: MemoryLedger = field(init=False)
    claimer: MemoryJobClaimer = field(init=False)
    patients: dict[TargetName, Patient] = field(default_factory=lambda: {name: Patient() for name in TARGETS})
    line: Line = field(init=False)
    intake: Intake = field(init=False)
    workshop: Callable[[], Workshop] = idle_workshop
    audit: Callable[[], AuditArchive] = no_archive
    settings: FewFiles = field(default_factory=FewFiles)
    discoveries: Discoveries = field(default_factory=Discoveries)
    aside: Aside = here

    def __post_init__(self) -> None:
        self.ledger = MemoryLedger(self.clock)
        self.claimer = MemoryJobClaimer(self.ledger)
        self.claimer.register(HERE)
        stores: LineLedger = self.ledger
        self.line = Line(
            ledger=stores,
            world=MemoryWorld(roles={(name, Patient): patient for name, patient in self.patients.items()}),
            clock=self.clock,
            pause=lambda seconds: self.clock.advance(timedelta(seconds=seconds)),
            instance=HERE,
            targets=TARGETS,
            subjects={
                name: Subject(name=name, kind=one.kind, depends_on=one.depends_on) for name, one in TARGETS.items()
            },
            primitives=PRIMITIVES,
            checks=CHECKS,
            engines=ENGINES,
            gates=_gates(),
            policy=shipped_policy(),
            causes=Causes,
            library=lambda: library(self.repeat),
        )
        self.intake = Intake(ledger=stores, clock=self.clock, targets=TARGETS, window=timedelta(minutes=15))

    @property
    def cadences(self) -> Mapping[str, timedelta]:
        """Return no cadences but the cycles' own."""
        return {}

    @property
    def catalogs(self) -> "Shelves":
        """Return what jobs find by its file."""
        return shelves()

    def fall_ill(self, target: TargetName = WEB, **changes: Any) -> IncidentId:
        """Send a signal that `target` is ill; return the incident it belongs to."""
        receipt = self.receive(signal(target, at=self.clock, **changes))
        assert receipt.incident is not None, receipt.reason
        return receipt.incident

    def receive(self, one: Signal) -> Receipt:
        """Accept one signal."""
        return accept(self.intake, [one], by="sender")[0]

    def due(self) -> Sequence[Job]:
        """Return the queued jobs that are due, oldest first."""
        now = self.clock.now()
        with self.ledger.transaction() as tx:
            queued = tx.jobs.find(state=JobState.QUEUED, limit=1000)
        return [job for job in reversed(queued) if job.not_before is None or job.not_before <= now]

    def claim(self, job: Job) -> Claim | None:
        """Take one job."""
        return self.claimer.claim(job.id, HERE)

    def run(self, claim: Claim) -> Ending | None:
        """Run a claimed job as the task edge does, without recording its end; None when the claim was lost."""
        try:
            definition = job_at(claim.job.name)
            assert definition is not None, claim.job.name
            return definition.run(self, claim)
        except FencedError:
            return None
        except (TransientError, ConflictError) as error:
            return TryAgain(error=str(error), after=timedelta(0))
        except NotFoundError as error:
            return JobFailed(error=str(error))

    def work(self, *, most: int = 60) -> None:
        """Run all due jobs, and those they lead to, until none is due."""
        for _ in range(most):
            jobs = self.due()
            if not jobs:
                return
            for job in jobs:
                claim = self.claim(job)
                ending = self.run(claim) if claim is not None else None
                if claim is not None and ending is not None:
                    self.claimer.finish(claim, ending)
        raise AssertionError(f"still work after {most} rounds: {self.due()}")

    def work_until_crash(self, *, most: int = 60) -> None:
        """Do the same until a job's process is gone; its job is then taken over."""
        for _ in range(most):
            claim = next((claim for job in self.due() if (claim := self.claim(job)) is not None), None)
            assert claim is not None, "all work was done without a crash"
            try:
                ending = self.run(claim)
            except CrashError:
                self.claimer.give_back(claim.job.id, HERE)
                return
            if ending is not None:
                self.claimer.finish(claim, ending)
        raise AssertionError(f"no crash in {most} jobs")

    def live(self, span: timedelta = timedelta(minutes=20), *, tick: timedelta = timedelta(seconds=1)) -> None:
        """Let time pass in ticks, with all due work done at each."""
        end = self.clock.now() + span
        self.work()
        while self.clock.now() < end:
            self.clock.advance(tick)
            self.work()

    def view(self, of: IncidentId) -> IncidentView:
        """Return an incident's whole story."""
        return incident(self.ledger, of)

    def dossier(self, of: IncidentId) -> Dossier:
        """Return an incident's dossier."""
        return self.view(of).dossier

    def states(self, of: IncidentId) -> list[str]:
        """Return the states the incident went through, without waits."""
        states = [one.state for one in self.view(of).timeline]
        return [state for n, state in enumerate(states) if n == 0 or state != states[n - 1]]

    def held(self) -> frozenset[TargetName]:
        """Return the targets that runs hold."""
        with self.ledger.transaction() as tx:
            return tx[GroupStore].in_the_way(IncidentId(uuid4()), hold=timedelta(0)).busy


def crash() -> None:
    """Die."""
    raise CrashError


@contextmanager
def interrupted(ward: Ward, number: int, moment: str, act: Callable[[], None] = crash) -> Iterator[None]:
    """Do `act` at the ward's transaction of that number: at its `begin`, at its `end`, or `after` its commit."""
    whole, left = ward.ledger.transaction, [number]

    @contextmanager
    def transaction() -> Iterator[MemoryTransaction]:
        left[0] -= 1
        now = left[0] == 0
        if now and moment == "begin":
            act()
        with whole() as tx:
            yield tx
            if now and moment == "end":
                act()
        if now and moment == "after":
            act()

    ward.ledger.transaction = transaction
    try:
        yield
    finally:
        ward.ledger.transaction = whole


def signal(target: TargetName = WEB, *, at: FakeClock, key: str | None = None, **changes: Any) -> Signal:
    """Return a signal that `target` is ill, from a separate delivery."""
    given = Signal(
        source="test",
        name="illness",
        target=target,
        severity=Severity.ERROR,
        status=SignalStatus.FIRING,
        summary=f"{target} is ill",
        signature=sign("illness"),
        delivery_key=key or str(uuid4()),
        observed_at=at.now(),
    )
    return replace(given, **changes)


def plan(**changes: Any) -> Plan:
    """Return a plan of one step on the web."""
    given: dict[str, Any] = {
        "incident": IncidentId(uuid7()),
        "playbook": "cure",
        "playbook_digest": "0" * 64,
        "aspect": Aspect.PERFORMANCE,
        "domain": Domain.INTERNAL_PERFORMANCE,
        "mode": None,
        "target": WEB,
        "steps": (Step(index=0, id="first", primitive="dose_idempotent", target=WEB, params={"key": "first"}),),
        "expectations": (
            Expectation(
                id="well",
                check="illness",
                target=WEB,
                params={},
                operator=Operator.EQ,
                bound=0.0,
                within=timedelta(seconds=5),
            ),
        ),
        "guards": Guards(),
        "budget": timedelta(minutes=1),
        "cause": "illness",
        "confidence": 0.5,
        "proposer": "grace",
        "reason": "it looks ill",
        "measured": True,
    }
    return Plan(**{**given, **changes})


def episode(of: Plan, clock: FakeClock, ending: RunEnding = RunEnding.VERIFIED, **changes: Any) -> Episode:
    """Return how the run of a plan ended."""
    given: dict[str, Any] = {
        "incident": of.incident,
        "playbook": of.playbook,
        "playbook_digest": of.playbook_digest,
        "signature": sign("illness"),
        "cause": of.cause,
        "target": of.target,
        "ending": ending,
        "restored": None,
        "seconds": 1.5,
        "at": clock.now(),
    }
    return Episode(**{**given, **changes})


def claimed(ward: Ward, definition: JobDefinition, payload: Mapping[str, JsonValue]) -> Claim:
    """Return the claim of a new job of that kind."""
    with ward.ledger.transaction() as tx:
        (job,) = tx.jobs.submit([definition.request(payload)])
    claim = ward.claim(job)
    assert claim is not None
    return claim
