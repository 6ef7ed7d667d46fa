"""The loops of the control process that are only rhythm: membership in the fleet, and acts that repeat."""

import json
import os
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import structlog

from grace_workers.entrypoints.node.ports import Register
from grace_workers.fleet import HEARTBEAT_EVERY, Instance
from grace_workers.foundation.errors import TransientError
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.jobs import FencedError

_LATER = 0.25

log = structlog.get_logger()


class Membership:
    """Registers the node, keeps its heart beating, and leaves at the end.

    The epoch is remembered in `record` together with the node's process, so that a control process which dies alone
    goes on with it: a new epoch would take every running job away from pools that are alive and well.
    """

    name = "membership"

    def __init__(
        self,
        register: Register,
        instance: InstanceName,
        pools: Sequence[str],
        record: Path,
        *,
        roles: Sequence[str] = ("control",),
    ) -> None:
        self._register = register
        self._instance = instance
        self._pools = pools
        self._roles = roles
        self._record = record

    def run(self, stop: threading.Event) -> None:
        """Be a member until `stop` is set.

        Raises:
            FencedError: the fleet has declared this node dead; its pools must end before it registers again.
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
            else:
                stop.wait(HEARTBEAT_EVERY.total_seconds())
        if instance is not None:
            self._leave(instance)

    def _beat(self, instance: Instance | None) -> Instance:
        known = instance or self._remembered()
        if known is not None:
            return self._register.heartbeat(known)
        fresh = self._register.register(self._instance, pools=self._pools, roles=self._roles)
        self._remember(fresh)
        log.info("instance_registered", instance=fresh.name, epoch=fresh.epoch)
        return fresh

    def _leave(self, instance: Instance) -> None:
        self._record.unlink(missing_ok=True)
        try:
            self._register.leave(instance)
        except TransientError:
            # The fleet finds out by the missing heartbeat.
            log.warning("instance_left_silently", instance=instance.name)

    def _remembered(self) -> Instance | None:
        try:
            known = json.loads(self._record.read_text())
        except (FileNotFoundError, ValueError):
            return None
        if known.get("node") != os.getppid():
            return None
        mine = (self._instance, known.get("epoch"))
        return next((entry for entry in self._register.list_all() if (entry.name, entry.epoch) == mine), None)

    def _remember(self, instance: Instance) -> None:
        fresh = self._record.with_suffix(".new")
        fresh.write_text(json.dumps({"node": os.getppid(), "epoch": instance.epoch}))
        fresh.replace(self._record)


class Repeating:
    """Does one thing every so often while `when` allows. What cannot be reached now is tried at the next turn."""

    def __init__(
        self, name: str, act: Callable[[], object], *, every: timedelta, when: Callable[[], bool] = lambda: True
    ) -> None:
        self.name = name
        self._act = act
        self._every = every.total_seconds()
        self._when = when

    def run(self, stop: threading.Event) -> None:
        """Repeat until `stop` is set."""
        while not stop.is_set():
            if self._when():
                self._turn()
            stop.wait(self._every)

    def _turn(self) -> None:
        try:
            self._act()
        except (TransientError, FencedError) as error:
            log.warning("loop_waits", loop=self.name, error=str(error))
