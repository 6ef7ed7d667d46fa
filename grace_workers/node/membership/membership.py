"""Membership in the fleet: a node registers, sends a heartbeat twice a second, and leaves at the end."""

import json
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import structlog

from grace_workers.fleet import DEAD_AFTER, HEARTBEAT_EVERY, Instance, InstanceHealth, ScorePart, is_degraded, total
from grace_workers.foundation.errors import ConflictError, InputError, TransientError
from grace_workers.foundation.ids import InstanceName
from grace_workers.foundation.own_file import read_own, write_own
from grace_workers.node.ports import Register
from grace_workers.orchestration.job import FencedError

_LATER = 0.25
_NAME_WITHIN = 2 * DEAD_AFTER.total_seconds()

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """The entry of a node in the fleet. `home` distinguishes it from another node of its name."""

    name: InstanceName
    pools: Sequence[str]
    roles: Sequence[str] = ("control",)
    home: str | None = None


class Membership:
    """Registers the node, sends its heartbeats, and leaves at the end.

    The epoch is stored in `record` together with the node's process, so that a control process that dies alone
    continues with it: a new epoch would take every running job away from healthy pools.
    """

    name = "membership"

    def __init__(
        self,
        register: Register,
        member: Member,
        record: Path,
        *,
        measure: Callable[[timedelta], Sequence[ScorePart]] = lambda _longest: (),
    ) -> None:
        """`measure` returns the parts of the node's score, given the longest pause between its last heartbeats."""
        self._register = register
        self._member = member
        self._record = record
        self._measure = measure
        self._pauses = HeartbeatPauses()
        self._taken_since: float | None = None

    def run(self, stop: threading.Event) -> None:
        """Be a member until `stop` is set.

        Raises:
            FencedError: the fleet has declared this node dead; its pools must end before it registers again.
            ConflictError: another node of this name stays alive.
        """
        instance: Instance | None = None
        while not stop.is_set():
            try:
                instance = self._beat(instance)
            except TransientError:
                stop.wait(_LATER)
            except FencedError:
                self._record.unlink(missing_ok=True)
                raise
            except ConflictError:
                if not self._may_wait_for_the_name():
                    raise
                stop.wait(_LATER)
            else:
                stop.wait(HEARTBEAT_EVERY.total_seconds())
        if instance is not None:
            self._leave(instance)

    def _beat(self, instance: Instance | None) -> Instance:
        known = instance or self._remembered()
        if known is not None:
            return self._alive(known)
        me = self._member
        fresh = self._register.register(me.name, pools=me.pools, roles=me.roles, home=me.home)
        self._taken_since = None
        self._remember(fresh)
        log.info("instance_registered", instance=fresh.name, epoch=fresh.epoch)
        return fresh

    def _alive(self, known: Instance) -> Instance:
        parts = self._measure(self._pauses.longest)
        health = InstanceHealth.DEGRADED if is_degraded(parts) else InstanceHealth.HEALTHY
        found = self._register.heartbeat(known, health=health, score=total(parts), parts=parts)
        self._pauses.beat(time.monotonic())
        return found

    def _may_wait_for_the_name(self) -> bool:
        """Whether the other node of this name may turn out to be an earlier life of ours, which soon goes silent."""
        now = time.monotonic()
        self._taken_since = self._taken_since or now
        return now - self._taken_since < _NAME_WITHIN

    def _leave(self, instance: Instance) -> None:
        self._record.unlink(missing_ok=True)
        try:
            self._register.leave(instance)
        except TransientError:
            # The fleet notices by the missing heartbeat.
            log.warning("instance_left_silently", instance=instance.name)

    def _remembered(self) -> Instance | None:
        try:
            known = json.loads(read_own(self._record))
        except (FileNotFoundError, ValueError, InputError):
            return None
        if known.get("node") != os.getppid():
            return None
        mine = (self._member.name, known.get("epoch"))
        return next((entry for entry in self._register.list_all() if (entry.name, entry.epoch) == mine), None)

    def _remember(self, instance: Instance) -> None:
        write_own(self._record, json.dumps({"node": os.getppid(), "epoch": instance.epoch}))


class HeartbeatPauses:
    """The pauses between the last heartbeats, by this machine's monotonic clock."""

    def __init__(self, *, remembered: int = 60) -> None:
        self._last: float | None = None
        self._pauses: deque[float] = deque(maxlen=remembered)

    def beat(self, now: float) -> None:
        """Record a heartbeat."""
        if self._last is not None:
            self._pauses.append(now - self._last)
        self._last = now

    @property
    def longest(self) -> timedelta:
        """The longest recorded pause, zero before the second heartbeat."""
        return timedelta(seconds=max(self._pauses, default=0.0))
