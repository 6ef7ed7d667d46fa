"""The targets of now: those of the settings, and those that discoveries have found since the process began."""

import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy import Engine

from grace_workers.actions import Target, World
from grace_workers.adapters.fleet_world import FleetWorld
from grace_workers.adapters.guard import BreakerRegistry, Limits
from grace_workers.adapters.world import TargetWorld
from grace_workers.diagnosis import Subject
from grace_workers.foundation.breaker import BreakerPolicy, Rate
from grace_workers.foundation.errors import GraceError
from grace_workers.foundation.ids import TargetName
from grace_workers.node.kernels.target import WithKernels, kernel_subject, kernel_target
from grace_workers.orchestration.discovery.looking import Discoveries
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.stores import LineLedger
from grace_workers.orchestration.stores.discovered import DiscoveredStore
from grace_workers.orchestration.work.intake import Intake
from grace_workers.signals import Heartbeat

FRESH_FOR = 1.0

log = structlog.get_logger(__name__)

Targets = Mapping[TargetName, Target]


LOOKED = Limits(policy=BreakerPolicy(longest=timedelta(seconds=30)), rate=Rate(per_second=5.0, burst=20))


def guarded(known: Discoveries, guards: BreakerRegistry) -> Discoveries:
    """Return the discoveries with every look behind a guard, one for each."""
    rules = {
        name: replace(rule, look=partial(guards.of(f"discovery:{name}", LOOKED).run, rule.look, lambda _seen: False))
        for name, rule in known.rules.items()
    }
    return replace(known, rules=rules)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetParts:
    """The parts of the line that depend on which targets there are. A job keeps those that it began with."""

    targets: Targets
    subjects: Mapping[TargetName, Subject]
    world: World
    heartbeats: Sequence[Heartbeat] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetParts:
    """What adds the fleet itself, and the kernels of all nodes, to the targets. `levers` are those of the settings."""

    engine: Engine
    kernels: Collection[str]
    levers: Mapping[str, int]

    def joined(self, targets: Targets, world: World, heartbeats: Sequence[Heartbeat] = ()) -> TargetParts:
        """Return the parts of these targets, with the heartbeats that they declare, and of the fleet's own."""
        subjects = {name: Subject.of(one) for name, one in targets.items()}
        return TargetParts(
            targets=WithKernels(targets, self.kernels, kernel_target),
            subjects=WithKernels(subjects, self.kernels, kernel_subject),
            world=FleetWorld(world, self.kernels, self.engine, self.levers),
            heartbeats=heartbeats,
        )


class LiveTargets:
    """Reads what was discovered at most once a second, and only by what has work to do. Safe between threads.

    Without a declared discovery it reads nothing. While it cannot be read, the last known targets hold.
    """

    def __init__(
        self,
        ledger: LineLedger,
        known: Discoveries,
        declared: Targets,
        world: TargetWorld,
        fleet: FleetParts,
        *,
        fresh_for: float = FRESH_FOR,
    ) -> None:
        """`declared` are the targets of the settings, and `world` has them open; `first` are the parts of these."""
        self._ledger = ledger
        self.known = known
        self._declared = dict(declared)
        self._fixed = self._world = world
        self._fleet = fleet
        self._fresh_for = fresh_for
        self._reading = threading.Lock()
        self._read_at = float("-inf")
        self._revisions: Mapping[str, int] = {}
        self.first = self._parts = fleet.joined(self._declared, world)
        self._intake: tuple[Intake, Intake] | None = None

    def line(self, line: Line) -> Line:
        """Return the line with the targets of now."""
        now = self.parts()
        if line.targets is now.targets:
            return line
        return replace(line, targets=now.targets, subjects=now.subjects, world=now.world)

    def intake(self, intake: Intake) -> Intake:
        """Return the intake with the targets of now. It keeps the last one, which has the graph of these targets."""
        now, last = self.parts(), self._intake
        if last is not None and last[0] is intake and last[1].targets is now.targets:
            return last[1]
        names = {one.name for one in intake.heartbeats}
        # What the settings declare outranks what a target says of itself.
        beats = [one for one in now.heartbeats if one.name not in names]
        made = replace(intake, targets=now.targets, heartbeats=(*intake.heartbeats, *beats))
        self._intake = (intake, made)
        return made

    def parts(self) -> TargetParts:
        """Return what depends on the targets of now."""
        due = self.known.rules and time.monotonic() - self._read_at > self._fresh_for
        if due and self._reading.acquire(blocking=False):
            try:
                self._read()
            except GraceError:
                # What asks is about to use the database itself, and reports that it is unreachable.
                pass
            finally:
                self._read_at = time.monotonic()
                self._reading.release()
        return self._parts

    def _read(self) -> None:
        with self._ledger.transaction() as tx:
            revisions = tx[DiscoveredStore].revisions()
            if revisions == self._revisions:
                return
            stored = tx[DiscoveredStore].targets()
        found = {one.name: one for one in map(self.known.target, stored) if one is not None}
        beats = [beat for one in stored if one.name in found and (beat := self.known.heartbeat(one)) is not None]
        there = self._declared.keys() | found.keys()
        # A dependency that is gone or not there yet holds nothing up.
        joined = [replace(one, depends_on=tuple(it for it in one.depends_on if it in there)) for one in found.values()]
        self._world = self._fixed.extended(joined, self._world)
        for name, why in self._world.faults.items():
            log.warning("discovered_target_unusable", target=name, error=why)
        self._parts = self._fleet.joined({**self._declared, **{one.name: one for one in joined}}, self._world, beats)
        self._revisions = revisions
