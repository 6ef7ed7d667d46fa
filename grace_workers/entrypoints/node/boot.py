"""Bringing a whole node up, phase by phase, and down again."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic

from grace_workers.entrypoints.node.ports import C, NodeParts, Status, Supervision
from grace_workers.foundation.errors import ConflictError, GraceError

_SERVERS_WITHIN = 40.0
_CHILDREN_WITHIN = 60.0
_IN_TROUBLE = {"backing_off", "unready"}
STATE_FILE = "node.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One thing that happened while a node starts, runs or stops. `took` is in seconds."""

    stage: str
    state: str
    took: float | None = None
    note: str | None = None


Tell = Callable[[Progress], None]


class Node(Generic[C]):
    """One node: its data directory, embedded servers and child processes."""

    def __init__(self, parts: NodeParts[C], tell: Tell) -> None:
        self._parts = parts
        self._tell = tell
        self._groups: list[Supervision] = []
        self._lock = threading.Lock()
        self._seen: dict[str, Status] = {}
        self._since = datetime.now(UTC)
        self._held = False

    @property
    def states(self) -> Mapping[str, Status]:
        """How each child process is doing."""
        return {name: status for group in self._groups for name, status in group.states.items()}

    def start(self) -> None:
        """Bring everything up and return when every self-test has passed.

        Raises:
            GraceError: a phase failed; what had started runs on until `stop`.
        """
        with self._phase("data directory"):
            self._parts.hold()
            self._held = True
            # A node that was killed has left its last words.
            (self._parts.data_dir / STATE_FILE).unlink(missing_ok=True)
            self._check_ports()
            environment = self._parts.reserve()
        if self._parts.servers:
            with self._phase("servers"):
                self._supervise(self._parts.supervise(self._parts.servers, self._report), _SERVERS_WITHIN)
        with self._phase("migrations"):
            self._parts.migrate()
        with self._phase("processes"):
            group = self._parts.supervise(self._parts.children(environment), self._report)
            self._supervise(group, _CHILDREN_WITHIN)

    def stop(self) -> None:
        """Bring everything down, the servers last."""
        began = time.monotonic()
        self._tell(Progress(stage="stop", state="started"))
        for group in reversed(self._groups):
            group.stop()
        if self._held:
            (self._parts.data_dir / STATE_FILE).unlink(missing_ok=True)
        self._parts.release()
        self._tell(Progress(stage="stop", state="done", took=time.monotonic() - began))

    def hurry(self) -> None:
        """Cut a running `stop` short: everything still running is killed."""
        for group in self._groups:
            group.hurry()

    def _supervise(self, group: Supervision, within: float) -> None:
        self._groups.append(group)
        group.start()
        group.wait_ready(within=within)

    def _check_ports(self) -> None:
        for host, port, setting in self._parts.ports:
            if port and not self._parts.can_listen(host, port):
                raise ConflictError(f"port {port} on {host} is in use; stop what listens there or set {setting}")

    @contextmanager
    def _phase(self, stage: str) -> Iterator[None]:
        began = time.monotonic()
        self._tell(Progress(stage=stage, state="started"))
        try:
            yield
        except GraceError as error:
            self._tell(Progress(stage=stage, state="failed", took=time.monotonic() - began, note=str(error)))
            raise
        self._tell(Progress(stage=stage, state="done", took=time.monotonic() - began))

    def _report(self, status: Status) -> None:
        with self._lock:
            self._seen[status.name] = status
            _write_state(self._parts.data_dir / STATE_FILE, self._since, self._seen)
        note = status.trouble if status.state in _IN_TROUBLE else None
        self._tell(Progress(stage=status.name, state=status.state, took=status.took, note=note))


def _write_state(path: Path, since: datetime, seen: Mapping[str, Status]) -> None:
    children = {
        name: {"state": status.state, "pid": status.pid, "restarts": status.restarts, "trouble": status.trouble}
        for name, status in seen.items()
    }
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({"pid": os.getpid(), "since": since.isoformat(), "children": children}))
    fresh.replace(path)
