"""`Runtime`: everything one process of the fleet works with, built once."""

import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from prometheus_client import Metric
from sqlalchemy import Engine

from grace_workers.adapters.adjusted_playbooks import AdjustedPlaybooks
from grace_workers.adapters.celery import BrokerJobStacks, DoorbellPublisher
from grace_workers.adapters.figures import sending_figures
from grace_workers.adapters.files.accepted_causes import AcceptedCauses
from grace_workers.adapters.guard import BreakerRegistry
from grace_workers.adapters.live_targets import LiveTargets, TargetParts
from grace_workers.adapters.llm import open_model
from grace_workers.adapters.notify import open_people
from grace_workers.adapters.oidc import open_provider
from grace_workers.adapters.postgres.audit.counting import CounterPublisher
from grace_workers.adapters.postgres.clock import DatabaseClock
from grace_workers.adapters.postgres.fleet.breakers import PostgresBoard
from grace_workers.adapters.postgres.fleet.kernels import PostgresKernels, PostgresOrders
from grace_workers.adapters.postgres.fleet.watch import PostgresFleetWatch
from grace_workers.adapters.postgres.jobs.claimer import PostgresJobClaimer
from grace_workers.adapters.postgres.jobs.ringing import Ringer
from grace_workers.adapters.postgres.jobs.tuned import Levers
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.adapters.process.aside import aside
from grace_workers.adapters.redis.job_logs import RedisJobLogs
from grace_workers.adapters.tracing import open_tracer
from grace_workers.bootstrap.archive import counters_of, open_audit
from grace_workers.bootstrap.catalogs import catalogs
from grace_workers.bootstrap.coding import open_workshop
from grace_workers.bootstrap.definitions import cause_shelf, open_targets, playbook_shelf, policy_of, targets_of
from grace_workers.bootstrap.servers import job_logs_of, open_engine
from grace_workers.coding import Workshop
from grace_workers.foundation.aside import Aside
from grace_workers.foundation.clock import Clock
from grace_workers.foundation.ids import InstanceName
from grace_workers.foundation.shelf import Shelf
from grace_workers.foundation.tracing import Tracer
from grace_workers.orchestration.audit_archive import AuditArchive
from grace_workers.orchestration.definitions import Catalogs
from grace_workers.orchestration.discovery.looking import Discoveries
from grace_workers.orchestration.fleet.job_look import JobStacks
from grace_workers.orchestration.fleet.kernel_control import KernelControl
from grace_workers.orchestration.fleet.watch import FleetWatch
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.people.roster import People
from grace_workers.orchestration.ports import JobClaimer
from grace_workers.orchestration.sign_in import IdentityProvider
from grace_workers.orchestration.stores import LineLedger
from grace_workers.orchestration.work.doorbells import Doorbells
from grace_workers.orchestration.work.intake import Intake
from grace_workers.playbooks import Library
from grace_workers.settings import Settings, addresses, figures_wanted, shipped, tracing_installed, tracing_wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """The parts of one process. `close` it to release connections and threads."""

    settings: Settings
    instance: InstanceName
    clock: Clock
    ledger: LineLedger
    claims: JobClaimer
    doorbells: Doorbells
    stacks: JobStacks
    job_logs: RedisJobLogs
    catalogs: Catalogs
    shelf: Shelf[Library]
    first_line: Line
    first_intake: Intake
    live: LiveTargets
    engine: Engine
    ringer: Ringer
    guards: BreakerRegistry
    counters: CounterPublisher
    kernel_control: KernelControl
    fleet: FleetWatch
    audit: Callable[[], AuditArchive]
    workshop: Callable[[], Workshop]
    identity: Callable[[], IdentityProvider | None]
    aside: Aside = aside
    tracer: Tracer | None = None

    @property
    def line(self) -> Line:
        """The line, with the targets of now. A job asks once, and keeps what it began with."""
        return self.live.line(self.first_line)

    @property
    def intake(self) -> Intake:
        """Where signals are accepted, with the targets of now."""
        return self.live.intake(self.first_intake)

    @property
    def discoveries(self) -> Discoveries:
        """The declared discoveries."""
        return self.live.known

    @property
    def cadences(self) -> Mapping[str, timedelta]:
        """The cadences that the settings give, by cycle."""
        return self.settings.cycles

    def sending_figures(self, service: str, read: Callable[[], Iterable[Metric]]) -> AbstractContextManager[None]:
        """Send what `read` returns for the length of the block, if the environment names a collector."""
        if not figures_wanted():
            return nullcontext()
        return sending_figures(service, self.instance, self.guards, read, installed=tracing_installed())

    def close(self) -> None:
        """Release connections and threads."""
        self.ringer.close()
        self.counters.close()
        self.job_logs.close()
        if self.tracer is not None:
            self.tracer.close()
        self.engine.dispose()


def open_runtime(settings: Settings, *, application: str = "grace") -> Runtime:
    """Return the runtime of this process. Nothing connects before its first use.

    Raises:
        InputError: the settings do not fit: no servers, an unusable target, a faulty playbook or policy.
    """
    found, known = addresses(settings), catalogs()
    engine = open_engine(settings, application)
    guards = BreakerRegistry(board=PostgresBoard(engine, settings.instance, lambda: f"{application}-{os.getpid()}"))
    bells: DoorbellPublisher = DoorbellPublisher(found.broker.get_secret_value(), guards=guards)
    ringer = Ringer(engine, bells)
    ledger: LineLedger = PostgresLedger(engine, ringer=ringer)
    clock: Clock = DatabaseClock(engine)
    live = open_targets(settings, ledger, engine, guards)
    line = _line(settings, ledger, live.first, clock, open_people(settings.people, guards))
    return Runtime(
        settings=settings,
        instance=line.instance,
        clock=clock,
        ledger=ledger,
        claims=PostgresJobClaimer(engine, limits=settings.limits.slots, ringer=ringer, levers=Levers(engine)),
        doorbells=bells,
        stacks=BrokerJobStacks(found.broker.get_secret_value()),
        job_logs=job_logs_of(settings),
        catalogs=known,
        shelf=playbook_shelf(settings, known),
        first_line=line,
        first_intake=intake_of(settings, ledger, clock),
        live=live,
        engine=engine,
        ringer=ringer,
        guards=guards,
        counters=CounterPublisher(engine, counters_of(found)),
        kernel_control=KernelControl(known.kernels, PostgresKernels(engine), PostgresOrders(engine)),
        audit=partial(open_audit, settings),
        workshop=partial(open_workshop, model=open_model(settings.model, guards), indexes=settings.code_indexes),
        identity=partial(open_provider, settings.sign_in, guards),
        fleet=PostgresFleetWatch(engine, shipped("migrations")),
        tracer=open_tracer(application, line.instance, guards, wanted=tracing_wanted(), installed=tracing_installed),
    )


def _line(settings: Settings, ledger: LineLedger, parts: TargetParts, clock: Clock, people: People) -> Line:
    known = catalogs()
    return Line(
        ledger=ledger,
        world=parts.world,
        clock=clock,
        pause=time.sleep,
        instance=settings.instance,
        targets=parts.targets,
        subjects=parts.subjects,
        primitives=known.primitives,
        checks=known.checks,
        engines=known.engines,
        gates=known.gates,
        policy=policy_of(settings),
        causes=AcceptedCauses(ledger, settings.learned_causes, cause_shelf(settings, known)).current,
        library=AdjustedPlaybooks(ledger, playbook_shelf(settings, known).current).current,
        busy_wait=settings.line.busy_wait,
        patience=settings.line.patience,
        environment=settings.environment,
        shares=settings.line.shares,
        people=people,
    )


def intake_of(settings: Settings, ledger: LineLedger, clock: Clock) -> Intake:
    """Return what is needed to accept signals."""
    return Intake(
        ledger=ledger,
        clock=clock,
        targets=targets_of(settings),
        window=settings.line.correlation_window,
        expiry=settings.line.silent_after,
        shares=settings.line.shares,
        flaps=settings.line.flaps,
        heartbeats=[one.declared() for one in settings.heartbeats],
    )
