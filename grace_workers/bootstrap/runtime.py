"""`Runtime`: everything one process of the fleet works with, put together once."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine

from grace_workers import checks, drivers
from grace_workers.actions import KERNEL, AnyDriver, AnyPrimitive, Driver, Primitive, Target, World, primitives
from grace_workers.adapters.celery import DoorbellPublisher
from grace_workers.adapters.guard import BreakerRegistry
from grace_workers.adapters.postgres.audit.counting import CounterPublisher
from grace_workers.adapters.postgres.clock import DatabaseClock
from grace_workers.adapters.postgres.fleet.breakers import PostgresBoard
from grace_workers.adapters.postgres.jobs.claimer import PostgresJobClaimer
from grace_workers.adapters.postgres.jobs.ringing import Ringer
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.adapters.world import build_world
from grace_workers.bootstrap.addresses import addresses
from grace_workers.bootstrap.archive import counters_of
from grace_workers.bootstrap.fleet_world import FleetWorld
from grace_workers.bootstrap.ledger import doorbells_of, engine_of, limits_of
from grace_workers.bootstrap.tracing import open_tracer
from grace_workers.checks import AnyCheck, Check
from grace_workers.diagnosis import Causes, Rule, Subject, Terms, engines, load_causes, rules, shipped_causes
from grace_workers.diagnosis import Engine as DiagnosisEngine
from grace_workers.fleet import Kernel, kernels
from grace_workers.foundation.catalog import Catalog, discover, prove
from grace_workers.foundation.clock import Clock
from grace_workers.foundation.ids import InstanceName, TargetName
from grace_workers.foundation.shelf import Shelf
from grace_workers.foundation.tracing import Tracer
from grace_workers.foundation.yaml_file import SourceError
from grace_workers.governance import Gate, Policy, gates, load_policy, shipped_policy
from grace_workers.node.kernels.target import WithKernels, kernel_subject, kernel_target
from grace_workers.orchestration.line.fairness import Shares
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.ports import JobClaimer
from grace_workers.orchestration.stores import LineLedger
from grace_workers.orchestration.work.doorbells import Doorbells
from grace_workers.orchestration.work.intake import Intake
from grace_workers.playbooks import REQUESTED, Bindings, Library, load_directories
from grace_workers.settings import Settings, TargetSettings, shipped
from grace_workers.signals import Source, Trigger, sources, triggers

# Shipped definitions and those of users speak of these already, and no target can be of them yet.
_WITHOUT_DRIVER = ("aws", "celery", "docker", "git", "host", "kubernetes", "systemd")


T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogs:
    """Everything that is found by its file."""

    drivers: Catalog[AnyDriver]
    primitives: Catalog[AnyPrimitive]
    checks: Catalog[AnyCheck]
    rules: Catalog[Rule]
    engines: Catalog[DiagnosisEngine]
    gates: Catalog[Gate]
    sources: Catalog[Source]
    triggers: Catalog[Trigger]
    kernels: Catalog[Kernel]

    @property
    def kinds(self) -> Sequence[str]:
        """The kinds of targets that definitions may name."""
        return kinds_of(self.drivers)


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
    shelf = playbook_shelf(settings, known, causes)
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
        tracer=open_tracer(application, settings.instance, guards),
    )


def open_world(settings: Settings, guards: BreakerRegistry | None = None) -> World:
    """Return the declared targets alone, without ledger or broker. Raises InputError for an unusable one."""
    return build_world(targets_of(settings), known_drivers(), settings.data_dir, guards)


def known_drivers() -> Catalog[AnyDriver]:
    """Return the drivers, none of them imported before it is looked up. Raises CatalogError for a name used twice."""
    return discover(drivers, Driver, label="driver", lazy=True)


def kinds_of(drivers: Catalog[AnyDriver]) -> Sequence[str]:
    """Return the kinds that definitions may name: those with a driver, the fleet's own, and those still to come."""
    return sorted({*drivers.names, KERNEL, *_WITHOUT_DRIVER})


@cache
def catalogs() -> Catalogs:
    """Return all catalogs, read once: a node's processes share those of the process that they were forked from.

    Raises:
        CatalogError: a definition is faulty, or names another that is not there.
    """
    found = Catalogs(
        drivers=known_drivers(),
        primitives=discover(primitives, Primitive, label="primitive"),
        checks=discover(checks, Check, label="check"),
        rules=discover(rules, Rule, label="rule"),
        engines=discover(engines, DiagnosisEngine, label="engine"),
        gates=discover(gates, Gate, label="gate"),
        sources=discover(sources, Source, label="source"),
        triggers=discover(triggers, Trigger, label="trigger"),
        kernels=discover(kernels, Kernel, label="kernel"),
    )
    return proved(found)


def proved(known: Catalogs) -> Catalogs:
    """Return the catalogs, once what they name of each other is there. Causes prove the rest. Raises CatalogError."""
    names = {"check": known.checks.names, "kind": known.kinds, "kernel": known.kernels.names}
    prove([known.checks, known.triggers, known.kernels], names)
    return known


def playbook_folders(settings: Settings) -> Sequence[Path]:
    """Return the folders that the playbooks come from: the shipped one, then the user's own."""
    return [shipped("playbooks"), *settings.playbooks]


def playbook_shelf(settings: Settings, known: Catalogs, causes: Shelf[Causes] | None = None) -> Shelf[Library]:
    """Return the playbooks, read again when they or the causes that they may be for change. Raises SourceError.

    Without `causes` those of the settings are read. Shelves are kept as catalogs are.
    """
    named = causes or cause_shelf(settings, known)
    return _whole(_playbook_shelf(tuple(playbook_folders(settings)), known, named))


@cache
def _playbook_shelf(folders: tuple[Path, ...], known: Catalogs, named: Shelf[Causes]) -> Shelf[Library]:
    def read() -> Library:
        given = bindings_of(named.current(), known)
        return load_directories(folders, known.primitives, known.checks, known.kinds, given)

    return Shelf(folders, read, beside=lambda: named.current().digest)


def _whole(shelf: Shelf[T]) -> Shelf[T]:
    """Return the shelf as it is now. Raises SourceError when a file has a fault since it was read."""
    shelf.current()
    if faults := shelf.faults:
        raise SourceError(faults)
    return shelf


def bindings_of(causes: Causes, known: Catalogs) -> Bindings:
    """Return the bindings that a diagnosis of each cause gives, by its measures, labels and rules.

    What only people ask for is for the cause `requested`, which no diagnosis names.
    """
    ruled = [(rule.cause, binding) for rule in known.rules for binding in rule.binds]
    given = {one.name: {*one.bindings, *(name for cause, name in ruled if cause == one.name)} for one in causes}
    return {**given, REQUESTED: ()}


def cause_folders(settings: Settings) -> Sequence[Path]:
    """Return the folders that the causes come from: the shipped one, then the user's own."""
    return [shipped_causes(), *settings.causes]


def cause_terms(known: Catalogs) -> Terms:
    """Return what causes may name."""
    played = (one.role.__name__ for one in (*known.checks, *known.primitives))
    return Terms(
        checks=known.checks, kinds=known.kinds, roles=tuple(sorted(set(played))), triggers=known.triggers.names
    )


def cause_shelf(settings: Settings, known: Catalogs) -> Shelf[Causes]:
    """Return the causes, read again when they change.

    Raises:
        SourceError: a file has a fault.
        CatalogError: a rule infers a cause, or reads a check, that is not there.
    """
    return _whole(_cause_shelf(tuple(cause_folders(settings)), known))


@cache
def _cause_shelf(folders: tuple[Path, ...], known: Catalogs) -> Shelf[Causes]:
    terms = cause_terms(known)
    shelf = Shelf(folders, lambda: load_causes(folders, terms))
    prove([known.rules], {"cause": shelf.current().names, "check": known.checks.names})
    return shelf


def policy_of(settings: Settings) -> Policy:
    """Return the policy in force. Raises SourceError for a faulty one."""
    if settings.policy is None:
        return shipped_policy()
    return load_policy(settings.policy, kinds_of(known_drivers()))


def targets_of(settings: Settings) -> Mapping[TargetName, Target]:
    """Return the declared targets, by name, with the roles that they play."""
    drivers = known_drivers()
    return {
        TargetName(one.name): Target(
            name=TargetName(one.name),
            kind=one.kind,
            owner=one.owner,
            connection=one.connection,
            labels=one.labels,
            depends_on=tuple(TargetName(name) for name in one.depends_on),
            roles=_roles_of(one, drivers),
        )
        for one in settings.targets
    }


def _roles_of(declared: TargetSettings, drivers: Catalog[AnyDriver]) -> frozenset[str] | None:
    """Return the names of the roles that a target plays; None for an unknown kind, which a world refuses."""
    if declared.kind not in drivers:
        return None
    return frozenset(role.__name__ for role in drivers[declared.kind].roles_with(declared.connection))


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
