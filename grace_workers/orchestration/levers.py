"""The fleet's levers as people see and set them. A change is a plan like any other."""

from collections.abc import Sequence
from dataclasses import dataclass

from grace_workers.actions import ServiceLimits
from grace_workers.cycles import (
    FLEET,
    ON_TRIAL,
    Lever,
    LeverSetting,
    Tried,
    TuningMemory,
    UnderTest,
    declared_levers,
    setting_plan,
)
from grace_workers.foundation.errors import InputError, NotFoundError
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.stores import LineLedger
from grace_workers.orchestration.stores.levers import LeverStore
from grace_workers.playbooks import ReadyPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class LeverStanding:
    """A lever, its present value, and what was set of it."""

    lever: Lever
    value: int
    setting: LeverSetting


def levers(line: Line) -> Sequence[LeverStanding]:
    """Return all levers, by name."""
    limits = {one.name: one.value for one in line.world.role(FLEET, ServiceLimits).limits()}
    with line.ledger.transaction() as tx:
        known = tx[LeverStore].settings()
    return [
        LeverStanding(lever=one, value=limits[one.name] or 0, setting=known.get(one.name, LeverSetting(name=one.name)))
        for one in declared_levers()
    ]


STATE = "cycle.optimiser"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeverExperiments:
    """The experiment that runs, and those that are over, the newest first."""

    running: UnderTest | None
    past: Sequence[Tried]


def experiments(ledger: LineLedger) -> LeverExperiments:
    """Return what the optimiser tries and has tried."""
    with ledger.transaction() as tx:
        memory = TuningMemory.of(tx.cycle_states.read(STATE))
    return LeverExperiments(running=memory.running, past=memory.tried[::-1])


def changing(name: str, value: int, reason: str, *, trial: bool) -> ReadyPlan:
    """Return the plan that sets a lever, or puts a value on trial.

    Raises:
        NotFoundError: there is no such lever.
        InputError: the value lies outside of its bounds.
    """
    known = declared_levers()
    if name not in known.names:
        raise NotFoundError(f"unknown lever {name[:80]!r}; known: {', '.join(known.names)}")
    lever = known[name]
    if not lever.lowest <= value <= lever.highest:
        told = f"{lever.lowest} to {lever.highest} {lever.unit}".rstrip()
        raise InputError(f"lever {name!r} may be {told}, not {value}")
    return setting_plan(f"{'try' if trial else 'set'}_{name}", f"{name}{ON_TRIAL}" if trial else name, value, reason)
