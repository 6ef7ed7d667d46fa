"""What a node's control process keeps going: membership, leadership, relay, sweep, sealer, rescue."""

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from grace_workers.adapters.postgres.audit import Sealer
from grace_workers.adapters.postgres.events import EventMover
from grace_workers.adapters.postgres.fleet.instances import PostgresInstances, Reaper
from grace_workers.adapters.postgres.fleet.leader import LeaderLease
from grace_workers.adapters.postgres.fleet.outcomes import PostgresOutcomes
from grace_workers.adapters.postgres.jobs.relay import Relay
from grace_workers.adapters.postgres.jobs.sweep import Sweep
from grace_workers.adapters.postgres.retention import Keep, Retention
from grace_workers.bootstrap.addresses import addresses
from grace_workers.bootstrap.archive import sealer_of
from grace_workers.bootstrap.home import home_of, membership_of
from grace_workers.bootstrap.ledger import limits_of
from grace_workers.bootstrap.runtime import Runtime, open_runtime
from grace_workers.bootstrap.vitals import OwnVitals
from grace_workers.fleet import Part, QuarantineRules
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.fleet.quarantine import QuarantineController
from grace_workers.orchestration.line.stalled import rescue
from grace_workers.orchestration.work.unreadable import UnreadableWatch
from grace_workers.settings import Settings

REAP_EVERY = timedelta(milliseconds=250)
KEEP_EVERY = timedelta(seconds=1)
SWEEP_EVERY = timedelta(seconds=1)
FORGET_EVERY = timedelta(minutes=1)
RESCUE_EVERY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Running:
    """A loop that runs by itself until it is told to stop."""

    name: str
    run: Callable[[threading.Event], None]


@dataclass(frozen=True, slots=True)
class Repeated:
    """An act to repeat every so often, while `when` allows."""

    name: str
    act: Callable[[], object]
    every: timedelta
    when: Callable[[], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlParts:
    """The parts of the control process; entrypoints give them their rhythm."""

    register: PostgresInstances
    instance: InstanceName
    pools: Sequence[str]
    roles: Sequence[str]
    home: str
    measure: Callable[[timedelta], Sequence[Part]]
    record: Path
    running: Sequence[Running]
    repeated: Sequence[Repeated]


def control_parts(settings: Settings) -> ControlParts:
    """Return what this node's control process keeps going. Raises InputError when the settings do not fit.

    A node of one pool is only a member of the fleet: steering is for nodes that share the audit log's keys.
    """
    runtime = open_runtime(settings, application="grace-control")
    running, repeated = _steering(settings, runtime) if settings.role.steers else ((), ())
    return ControlParts(
        register=PostgresInstances(runtime.engine),
        instance=runtime.instance,
        pools=settings.role.pools,
        roles=["control"] if settings.role.steers else [],
        home=home_of(settings.data_dir),
        measure=OwnVitals(runtime.instance, settings.data_dir, PostgresOutcomes(runtime.engine)).parts,
        record=membership_of(settings.data_dir),
        running=running,
        repeated=repeated,
    )


def _steering(settings: Settings, runtime: Runtime) -> tuple[Sequence[Running], Sequence[Repeated]]:
    engine = runtime.engine
    lease = LeaderLease(engine, InstanceName(f"{runtime.instance}:{os.getpid()}"))
    sealer: Sealer = sealer_of(settings, addresses(settings), runtime.clock, leads=lease.is_leading)
    relay = Relay(engine, runtime.doorbells, limits=limits_of(settings), leads=lease.is_leading)
    keeper = QuarantineController(runtime, lambda: lease.lease, rules=_rules(settings))
    reaper, sweep = Reaper(engine), Sweep(engine, runtime.doorbells)
    unreadable = UnreadableWatch(runtime.ledger, runtime.doorbells, runtime.clock)
    retention = Retention(engine, Keep(**settings.retention.model_dump()))
    mover = EventMover(engine, keep=settings.events.keep, most=settings.events.most, leads=lease.is_leading)
    idle = settings.line.stalled_after
    running = (
        Running("lease", lease.hold_loop),
        Running("relay", relay.run),
        Running("sealer", sealer.run),
        Running("events", mover.run),
    )
    repeated = (
        # Any number may judge; a new leader would have to watch for a while first.
        Repeated("reaper", reaper.reap, REAP_EVERY, lambda: True),
        Repeated("keeper", keeper.look_once, KEEP_EVERY, lease.is_leading),
        Repeated("sweep", sweep.sweep_once, SWEEP_EVERY, lease.is_leading),
        Repeated("unreadable", unreadable.look_once, SWEEP_EVERY, lease.is_leading),
        Repeated("retention", retention.forget_once, FORGET_EVERY, lease.is_leading),
        Repeated("event retention", mover.trim, FORGET_EVERY, lease.is_leading),
        Repeated("rescue", lambda: rescue(runtime.line, idle=idle), RESCUE_EVERY, lease.is_leading),
    )
    return running, repeated


def _rules(settings: Settings) -> QuarantineRules:
    given = settings.fleet
    return QuarantineRules(
        below=given.quarantine_below,
        sick_for=given.sick_for,
        repair_within=given.repair_within,
        validate_within=given.validate_within,
        attempts=given.attempts,
        canaries=given.canaries,
    )
