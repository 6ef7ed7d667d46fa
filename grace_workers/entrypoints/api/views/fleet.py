"""The fleet: who leads, and every instance with its health."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Self

from pydantic import Field

from grace_workers.entrypoints.api.views.view import Moment, Seconds, View
from grace_workers.fleet import Instance, is_overdue, lateness, score_of, standby_of
from grace_workers.orchestration.fleet.operations import FleetStatus
from grace_workers.orchestration.pool_slice import SHOWN, SLICE, PoolSlice
from grace_workers.orchestration.stores.fleet import Leadership


class LeaderView(View):
    """Who leads, in which epoch, and for how many seconds yet unless the lease is renewed."""

    instance: str
    epoch: int
    lease_left: float

    @classmethod
    def of_leadership(cls, found: Leadership) -> Self:
        """Return the view of the lease."""
        return cls(instance=found.instance, epoch=found.epoch, lease_left=max(0.0, _seconds(found.left)))


class ScorePartView(View):
    """One summand of a health score."""

    name: str
    value: float
    why: str


class InstanceView(View):
    """One instance; its score includes its lateness as seen by others. Spans are in seconds."""

    name: str
    state: str = Field(description="alive, silent, dead or left")
    health: str
    score: float
    parts: list[ScorePartView]
    epoch: int
    roles: list[str]
    pools: list[str]
    heartbeat_age: float
    health_for: float
    reason: str | None
    held: bool
    attempts: int
    drain_left: float | None
    registered_at: Moment

    @classmethod
    def of_instance(cls, instance: Instance) -> Self:
        """Return the view of an instance."""
        return cls.of(instance, **_seen(instance))


class PlacedInstanceView(InstanceView):
    """An instance, and its place in the fleet."""

    leads: bool
    standby: str | None = Field(description="why it could not lead next, or null")
    running: int = Field(description="how many jobs it is running")


class FleetView(View):
    """Who leads, and every instance."""

    leader: LeaderView | None
    instances: list[PlacedInstanceView]

    @classmethod
    def of_status(cls, status: FleetStatus) -> Self:
        """Return the view of the fleet as it is now."""
        leader = status.leader
        instances = [
            PlacedInstanceView.of(
                one, **_seen(one), **_part_in_lead(one, leader), running=status.running.get(one.name, 0)
            )
            for one in status.instances
        ]
        return cls(leader=None if leader is None else LeaderView.of_leadership(leader), instances=instances)


class FailoverView(View):
    """Who stepped down."""

    stepped_down: str


def _seen(instance: Instance) -> dict[str, object]:
    return {
        "state": _state(instance),
        "score": score_of(instance),
        "parts": [*instance.parts, lateness(instance.silent_for)],
        "heartbeat_age": _seconds(instance.silent_for),
        "health_for": _seconds(instance.health_for),
        "drain_left": None if instance.drain_left is None else max(0.0, _seconds(instance.drain_left)),
    }


def _part_in_lead(instance: Instance, leader: Leadership | None) -> dict[str, object]:
    leads = leader is not None and leader.instance == instance.name
    return {"leads": leads, "standby": None if leads else standby_of(instance)}


def _state(instance: Instance) -> str:
    if instance.left_at is not None:
        return "left"
    if instance.died_at is not None:
        return "dead"
    return "silent" if is_overdue(instance) else "alive"


def _seconds(span: timedelta) -> float:
    return round(span.total_seconds(), 3)


class PoolSliceView(View):
    """What a pool did in the slice that begins at `at`: jobs ended, those that failed, how long they had waited."""

    pool: str
    at: Moment
    ended: int
    failed: int
    waited: Seconds


class ThroughputView(View):
    """What pools did, in slices of `every` up to `until`, oldest first; without those in which a pool ended none."""

    since: Moment
    until: Moment
    every: Seconds
    slices: list[PoolSliceView]

    @classmethod
    def of_slices(cls, slices: Sequence[PoolSlice], now: datetime) -> Self:
        """Return the view of the last hours."""
        shown = [PoolSliceView.of(one) for one in slices]
        return cls(since=now - SHOWN, until=now, every=SLICE, slices=shown)
