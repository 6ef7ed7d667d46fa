"""The status file: what a node knows about its boot, its kernels and its processes, in a file for others to read."""

import json
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from grace_workers.fleet import Kernel, KernelState, ProcessStatus, degraded_by
from grace_workers.foundation.own_file import write_own

STATE_FILE = "node.json"
BOOTING, RUNNING, DEGRADED, STOPPING, WAITING = "booting", "healthy", "degraded", "stopping", "waiting"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelStatus:
    """The state of one kernel: `told` says what its self-test saw, what it lacks, or why it failed."""

    name: str
    state: KernelState
    told: str
    took: float | None = None


class StatusFile:
    """Thread-safe. `show` begins the file, `wipe` removes it."""

    def __init__(self, path: Path, kernels: Mapping[str, Kernel]) -> None:
        self._path = path
        self._known = kernels
        self._lock = threading.Lock()
        self._since = datetime.now(UTC)
        self._children: dict[str, ProcessStatus] = {}
        self._kernels: dict[str, KernelStatus] = {}
        self._health = BOOTING
        self._note: str | None = None
        self._shown = False

    @property
    def kernels(self) -> Mapping[str, KernelStatus]:
        """The last report of each kernel, in the order in which they started."""
        with self._lock:
            return dict(self._kernels)

    @property
    def degraded_by(self) -> Sequence[str]:
        """The kernels that do not serve."""
        return degraded_by(self._known, {name: one.state for name, one in self.kernels.items()})

    def show(self) -> None:
        """Write the file from now on."""
        self._shown = True
        self._keep()

    def child(self, status: ProcessStatus) -> None:
        """Record the state of a child process."""
        with self._lock:
            self._children[status.name] = status
        self._keep()

    def kernel(self, report: KernelStatus) -> None:
        """Record the state of a kernel."""
        with self._lock:
            self._kernels[report.name] = report
        self._keep()

    def enter(self, health: str, note: str | None = None) -> None:
        """Record the state of the node as a whole, in the words of this module, and why."""
        with self._lock:
            self._health, self._note = health, note
        self._keep()

    def settle(self) -> str:
        """Return and record the health of a running node by its kernels."""
        down = self.degraded_by
        self.enter(DEGRADED if down else RUNNING, f"not ready: {', '.join(down)}" if down else None)
        return DEGRADED if down else RUNNING

    def wipe(self) -> None:
        """Remove the file, because no node runs here any more."""
        with self._lock:
            self._shown = False
            self._path.unlink(missing_ok=True)

    def _keep(self) -> None:
        with self._lock:
            if not self._shown:
                return
            try:
                write_own(self._path, json.dumps(self._document()))
            except OSError as error:
                # A full disk must not stop the supervision of the processes as well.
                log.error("node_state_not_kept", file=str(self._path), error=str(error))  # noqa: TRY400 - one sentence

    def _document(self) -> Mapping[str, Any]:
        return {
            "pid": os.getpid(),
            "since": self._since.isoformat(),
            "health": self._health,
            "note": self._note,
            "kernels": {
                name: {"state": one.state.value, "told": one.told, "took": one.took}
                for name, one in self._kernels.items()
            },
            "children": {
                name: {"state": one.state, "pid": one.pid, "restarts": one.restarts, "trouble": one.trouble}
                for name, one in self._children.items()
            },
        }
