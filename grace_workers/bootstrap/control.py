"""What a node's control process runs: membership, leadership, relay, sweep, sealer, rescue."""

import os
from collections.abc import Sequence
from datetime import timedelta

from grace_workers.adapters.postgres.audit import Sealer
from grace_workers.adapters.postgres.engine import sparing
from grace_workers.adapters.postgres.events import EventMover
from grace_workers.adapters.postgres.fleet.instances import PostgresInstances, Reaper
from grace_workers.adapters.postgres.fleet.leader import LeaderLease
from grace_workers.adapters.postgres.fleet.outcomes import PostgresOutcomes
from grace_workers.adapters.postgres.jobs.relay import Relay
from grace_workers.adapters.postgres.jobs.sweep import Sweep
from grace_workers.adapters.postgres.jobs.takeover import TimeLimits
from grace_workers.adapters.postgres.jobs.tuned import Levers
from grace_workers.adapters.postgres.lookout import Lookout
from grace_workers.adapters.postgres.retention import Keep, Retention
from grace_workers.adapters.process.machine import use_of
from grace_workers.bootstrap.archive import sealer_of
from grace_workers.bootstrap.runtime import Runtime, open_runtime
from grace_workers.foundation.ids import InstanceName
from grace_workers.node.loops import Loop, Repeating, Running
from grace_workers.node.membership.health import HealthMeter
from grace_workers.node.membership.home import home_of, membership_of
from grace_workers.node.membership.membership import Member, Membership
from grace_workers.orchestration.fleet.quarantine import QuarantineController
from grace_workers.orchestration.line.stalled import rescue
from grace_workers.orchestration.work.catalog import declared_jobs
from grace_workers.orchestration.work.unreadable import UnreadableWatch
from grace_workers.settings import Settings, addresses

REAP_EVERY = timedelta(milliseconds=500)
KEEP_EVERY = timedelta(seconds=1)
SWEEP_EVERY = timedelta(seconds=1)
FORGET_EVERY = timedelta(minutes=1)
RESCUE_EVERY = timedelta(seconds=5)


def control_loops(settings: Settings) -> Sequence[Loop]:
    """Return what this node's control process runs. Raises InputError when the settings do not fit.

    A node of one pool is only a member of the fleet, because leading needs the audit log's keys.
    """
    runtime = open_runtime(settings, application="grace-control")
    role = settings.role
    member = Member(
        name=runtime.instance,
        pools=role.pools,
        roles=["control"] if role.steers else [],
        home=home_of(settings.data_dir),
    )
    meter = HealthMeter(runtime.instance, settings.data_dir, PostgresOutcomes(runtime.engine), use_of)
    register = PostgresInstances(runtime.engine)
    membership = Membership(register, member, membership_of(settings.data_dir), measure=meter.parts)
    return [membership, *(_steering(settings, runtime) if role.steers else ())]


def _steering(settings: Settings, runtime: Runtime) -> Sequence[Loop]:
    engine = sparing(runtime.engine)
    lease = LeaderLease(engine, InstanceName(f"{runtime.instance}:{os.getpid()}"))
    leads = lease.is_leading
    levers = Levers(engine)
    lookout = Lookout(engine, leads=leads, levers=levers)
    sealer: Sealer = sealer_of(
        settings, addresses(settings), runtime.clock, leads=leads, news=lookout.entries, levers=levers
    )
    relay = Relay(engine, runtime.doorbells, limits=settings.limits.slots, leads=leads, news=lookout.jobs)
    relay.levers = levers
    keeper = QuarantineController(runtime, lambda: lease.lease, rules=settings.fleet.quarantine)
    reaper, sweep = Reaper(engine), Sweep(engine, runtime.doorbells)
    unreadable = UnreadableWatch(runtime.ledger, runtime.doorbells, runtime.clock)
    retention = Retention(engine, Keep(**settings.retention.model_dump()))
    limits = TimeLimits(engine, {one.address: one.time_limit for one in declared_jobs()})
    mover = EventMover(engine, keep=settings.events.keep, most=settings.events.most, leads=leads, news=lookout.events)
    return [
        Running("lease", lease.hold_loop),
        Running("lookout", lookout.run),
        Running("relay", relay.run),
        Running("sealer", sealer.run),
        Running("events", mover.run),
        # Any number may judge; a new leader would have to watch for a while first.
        Repeating("reaper", reaper.reap, every=REAP_EVERY),
        Repeating("keeper", keeper.look_once, every=KEEP_EVERY, when=leads),
        Repeating("sweep", sweep.sweep_once, every=SWEEP_EVERY, when=leads),
        Repeating("time limits", limits.enforce_once, every=RESCUE_EVERY, when=leads),
        Repeating("unreadable", unreadable.look_once, every=SWEEP_EVERY, when=leads),
        Repeating("retention", retention.forget_once, every=FORGET_EVERY, when=leads),
        Repeating("event retention", mover.trim, every=FORGET_EVERY, when=leads),
        Repeating(
            "rescue", lambda: rescue(runtime.line, idle=settings.line.stalled_after), every=RESCUE_EVERY, when=leads
        ),
    ]
