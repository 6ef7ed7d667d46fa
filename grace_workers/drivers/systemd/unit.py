"""One service unit, which its manager can start, stop and restart."""

import time
from collections.abc import Collection
from datetime import timedelta

from grace_workers.actions import Restartable, ServiceStatus
from grace_workers.drivers._shared.running import with_descendants
from grace_workers.drivers._shared.systemctl import Systemctl
from grace_workers.drivers.systemd.reload import ConfigurationTest
from grace_workers.foundation.errors import NotFoundError, PermanentError, TransientError

_PROPERTIES = ("LoadState", "ActiveState", "SubState", "InvocationID", "ActiveEnterTimestampMonotonic", "Result")
_RUNNING = frozenset({"active", "reloading"})
_EVERY = 0.05
_SETTLED = 0.2


class Unit(Restartable):
    """A service unit of one manager. Its incarnation is systemd's invocation id."""

    def __init__(self, manager: Systemctl, name: str, tested: ConfigurationTest) -> None:
        self._manager = manager
        self._name = name
        self._tested = tested

    def status(self) -> ServiceStatus:
        (found,) = self._manager.show(self._name, _PROPERTIES)
        if found.get("LoadState") in ("not-found", "masked", "bad-setting", "error"):
            raise NotFoundError(f"unit {self._name!r} is {found['LoadState']}; correct `unit`, or the unit's file")
        running = found["ActiveState"] in _RUNNING
        entered = int(found.get("ActiveEnterTimestampMonotonic") or 0) / 1e6
        return ServiceStatus(
            running=running,
            incarnation=found.get("InvocationID") or None if running else None,
            detail=f"{found['ActiveState']} ({found['SubState']}), last result {found.get('Result') or 'unknown'}",
            serving=timedelta(seconds=max(0.0, time.monotonic() - entered)) if running and entered else None,
        )

    def pids(self) -> Collection[int]:
        """Return the main process of the unit and all that descend from it."""
        (found,) = self._manager.show(self._name, ("MainPID",))
        main = int(found.get("MainPID") or 0)
        return with_descendants([main]) if main else ()

    def objection(self) -> str | None:
        said = self._tested.objection()
        return None if said is None else f"`{' '.join(self._tested.command())}` refuses its configuration: {said}"

    def start(self) -> ServiceStatus:
        """Start it if it does not run; return once the manager reports it started and it has not ended at once."""
        if not self.status().running:
            # systemd refuses to start a unit that failed too often, until its failure counter is reset.
            if self._state() == "failed":
                self._manager.do("reset-failed", "--", self._name)
            self._manager.do("start", "--", self._name)
        return self._settled()

    def stop(self, grace: timedelta) -> ServiceStatus:
        """Stop it: ask it to end, and after `grace` kill whatever still runs."""
        self._manager.do("stop", "--no-block", "--", self._name)
        if not self._stopped(grace.total_seconds()):
            self._manager.do("kill", "--signal=SIGKILL", "--", self._name)
            if not self._stopped(self._manager.patience.total_seconds()):
                raise TransientError(f"unit {self._name!r} still runs after SIGKILL")
        return self.status()

    def _settled(self) -> ServiceStatus:
        until = time.monotonic() + _SETTLED
        while (found := self.status()).running:
            if time.monotonic() > until:
                return found
            time.sleep(_EVERY)
        raise PermanentError(f"unit {self._name!r} ended while starting: {found.detail}; read its journal")

    def _stopped(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while self._state() not in ("inactive", "failed"):
            if time.monotonic() > until:
                return False
            time.sleep(_EVERY)
        return True

    def _state(self) -> str:
        (found,) = self._manager.show(self._name, ("ActiveState",))
        return found["ActiveState"]
