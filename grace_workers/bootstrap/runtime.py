"""`Runtime`: everything one process of the fleet works with, put together once."""

import os
import time
from dataclasses import dataclass

from sqlalchemy import Engine

from grace_workers.actions import Target, World
from grace_workers.adapters.celery import DoorbellPublisher
from grace_workers.adapters.fleet_world import FleetWorld
from grace_workers.adapters.guard import BreakerRegistry
from grace_workers.adapters.postgres.audit.counting import CounterPublisher
from grace_workers.adapters.postgres.clock import DatabaseClock
from grace_workers.adapters.postgres.fleet.breakers import PostgresBoard
from grace_workers.adapters.postgres.fleet.kernels import PostgresKernels, PostgresOrders
from grace_workers.adapters.postgres.fleet.watch import PostgresFleetWatch
from grace_workers.adapters.postgres.jobs.claimer import PostgresJobClaimer
from grace_workers.adapters.postgres.jobs.ringing import Ringer
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.bootstrap.archive import counters_of
from grace_workers.bootstrap.catalogs import Catalogs, catalogs
from grace_workers.bootstrap.definitions import cause_shelf, open_world, playbook_shelf, policy_of, targets_of
from grace_workers.bootstrap.ledger import doorbells_of, engine_of, limits_of
from grace_workers.bootstrap.tracing import open_tracer
from grace_workers.diagnosis import Causes, Subject
from grace_workers.foundation.clock import Clock
from grace_workers.foundation.ids import InstanceName
from grace_workers.foundation.shelf import Shelf
from grace_workers.foundation.tracing import Tracer
from grace_workers.node.kernels.target import WithKernels, kernel_subject, kernel_target
from grace_workers.orchestration.fleet.kernel_control import KernelControl
from grace_workers.orchestration.fleet.watch import FleetWatch
from grace_workers.orchestration.line.fairness import Shares
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.ports import JobClaimer
from grace_workers.orchestration.stores import LineLedger
from grace_workers.orchestration.work.doorbells import Doorbells
from grace_workers.orchestration.work.intake import Intake
from grace_workers.playbooks import Library
from grace_workers.settings import Settings, addresses, shipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """The parts of one process. `close` it to give connections and threads back."""

    settings: Settings
    instance: InstanceName
    clock: Clock
    ledger: LineLedger
    claims: JobClaimer
    doorbells: Doorbells
    catalogs: Catalogs
    causes: Shelf[Causes]
    shelf: Shelf[Library]
    line: Line
    intake: Intake
    engine: Engine
    ringer: Ringer
    guards: BreakerRegistry
    counters: CounterPublisher
    kernel_control: KernelControl
    fleet: FleetWatch
    tracer: Tracer | None = None

    @property
    def world(self) -> World:
        """The targets."""
        return self.line.world

    def library(self) -> Library:
        """Return the playbooks as they are now."""
        return self.shelf.current()

    def close(self) -> None:
        """Give connections and threads back."""
        self.ringer.close()
        self.counters.close()
        if self.tracer is not None:
            self.tracer.close()
        self.engine.dispose()


def open_runtime(settings: Settings, *, application: str = "grace") -> Runtime:
    """Return the runtime of this process. Nothing connects before its first use.

    Raises:
        InputError: the settings do not fit: no servers, an unusable target, a faulty playbook or policy.
    """
    found = addresses(settings)
    engine = engine_of(settings, found, application=application)
    guards = BreakerRegistry(board=PostgresBoard(engine, settings.instance, lambda: f"{application}-{os.getpid()}"))
    bells: DoorbellPublisher = doorbells_of(found, guards)
    ringer = Ringer(engine, bells)
    ledger: LineLedger = PostgresLedger(engine, ringer=ringer)
    claims: JobClaimer = PostgresJobClaimer(engine, limits=limits_of(settings), ringer=ringer)
    clock: Clock = DatabaseClock(engine)
    known = catalogs()
    causes = cause_shelf(settings, known)
    shelf = playbook_shelf(settings, known)
    world = FleetWorld(open_world(settings, guards), known.kernels.names, engine)
    line = _line(settings, _Read(known, causes, shelf), ledger, world, clock)
    return Runtime(
        settings=settings,
        instance=line.instance,
        clock=clock,
        ledger=ledger,
        claims=claims,
        doorbells=bells,
        catalogs=known,
        causes=causes,
        shelf=shelf,
        line=line,
        intake=_intake(settings, line),
        engine=engine,
        ringer=ringer,
        guards=guards,
        counters=CounterPublisher(engine, counters_of(found)),
        kernel_control=KernelControl(known.kernels, PostgresKernels(engine), PostgresOrders(engine)),
        fleet=PostgresFleetWatch(engine, shipped("migrations")),
        tracer=open_tracer(application, settings.instance, guards),
    )


def _intake(settings: Settings, line: Line) -> Intake:
    return Intake(
        ledger=line.ledger,
        clock=line.clock,
        targets=line.targets,
        window=settings.line.correlation_window,
        expiry=settings.line.silent_after,
        shares=line.shares,
        heartbeats=[one.declared() for one in settings.heartbeats],
    )


def _shares(settings: Settings) -> Shares:
    return Shares(
        under_way=settings.line.under_way,
        urgent_by_target=settings.line.urgent_by_target,
        urgent_by_sender=settings.line.urgent_by_sender,
        span=settings.line.urgent_span,
    )


def _subject(target: Target) -> Subject:
    return Subject(
        name=target.name,
        kind=target.kind,
        roles=target.roles or frozenset(),
        depends_on=target.depends_on,
        labels=target.labels,
    )


@dataclass(frozen=True, slots=True)
class _Read:
    """What was found by its file."""

    known: Catalogs
    causes: Shelf[Causes]
    shelf: Shelf[Library]


def _line(settings: Settings, read: _Read, ledger: LineLedger, world: World, clock: Clock) -> Line:
    known = read.known
    targets = targets_of(settings)
    subjects = {name: _subject(one) for name, one in targets.items()}
    return Line(
        ledger=ledger,
        world=world,
        clock=clock,
        pause=time.sleep,
        instance=InstanceName(settings.instance),
        targets=WithKernels(targets, known.kernels.names, kernel_target),
        subjects=WithKernels(subjects, known.kernels.names, kernel_subject),
        primitives=known.primitives,
        checks=known.checks,
        engines=known.engines,
        gates=known.gates,
        policy=policy_of(settings),
        causes=read.causes.current,
        library=read.shelf.current,
        busy_wait=settings.line.busy_wait,
        patience=settings.line.patience,
        environment=settings.environment,
        shares=_shares(settings),
    )
