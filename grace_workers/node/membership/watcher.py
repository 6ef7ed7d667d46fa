"""Following the fleet's decisions about this node: quarantined, under repair, readmitted, or to leave.

Runs on a thread of the node's own process. A pool decides at its start whether to read the shared queues, so each
change is a restart of the pools; the ledger refuses claims from the first moment, whatever a worker reads.
"""

import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog

from grace_workers.fleet import Instance, InstanceHealth
from grace_workers.foundation.errors import ConflictError, GraceError, TransientError
from grace_workers.node.ports import PlaceInFleet, Supervision

_EVERY = 0.5
_BACK_WITHIN = 20.0

log = structlog.get_logger()


def ask_to_stop() -> None:
    """Ask this process to stop, as an operator would; its main thread waits for signals."""
    ident = threading.main_thread().ident
    if ident is not None:
        signal.pthread_kill(ident, signal.SIGTERM)


class MembershipWatcher:
    """Looks at the node's own entry twice a second. `leave` is called once, when the node is to drain."""

    def __init__(
        self,
        place: PlaceInFleet,
        pools: Sequence[str],
        group: Supervision,
        leave: Callable[[], object] = ask_to_stop,
    ) -> None:
        self._place = place
        self._pools = tuple(pools)
        self._group = group
        self._leave = leave
        self._stop = threading.Event()
        self._apart = False
        self._leaving = False
        self._thread = threading.Thread(target=self._run, name="membership-watcher", daemon=True)

    def start(self) -> None:
        """Start."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and request no more drain; a restart in progress continues by itself."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.wait(_EVERY):
            try:
                found = self._place.look()
                if found is not None:
                    self.heed(found)
            except TransientError as error:
                log.debug("fleet_not_asked", error=str(error))
            except Exception:
                # A node that no longer heeds its entry could be neither drained nor set apart.
                log.exception("membership_watcher_broke")

    def heed(self, instance: Instance) -> None:
        """Do what the entry asks for, if it is not done yet."""
        if instance.health is InstanceHealth.DRAINING:
            self._go()
        elif instance.health is InstanceHealth.REPAIRING:
            self._repair(instance)
        elif instance.health.apart != self._apart:
            self._apart = instance.health.apart
            log.warning("node_set_apart" if self._apart else "node_let_back", reason=instance.reason)
            self._restart()

    def _go(self) -> None:
        if not (self._leaving or self._stop.is_set()):
            self._leaving = True
            log.warning("node_drains")
            self._leave()

    def _repair(self, instance: Instance) -> None:
        self._apart = True
        try:
            trouble = self._restart()
            if trouble is None:
                self._place.repaired(instance, f"{', '.join(self._pools) or 'no pool'} restarted and ready")
        except ConflictError as error:
            log.info("repair_out_of_date", error=str(error))
        else:
            log.warning("node_repaired" if trouble is None else "node_not_repaired", trouble=trouble)

    def _restart(self) -> str | None:
        """Restart all pools concurrently; return what went wrong, or None when all are ready again."""
        if not self._pools:
            return None
        with ThreadPoolExecutor(len(self._pools)) as hands:
            troubles = list(hands.map(self._restarted, self._pools))
        return next((trouble for trouble in troubles if trouble is not None), None)

    def _restarted(self, pool: str) -> str | None:
        try:
            self._group.restart(pool, within=_BACK_WITHIN)
        except GraceError as error:
            return str(error)
        return None
