"""What a node measures about itself for its health score: its processes, its jobs, its machine."""

import json
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from grace_workers.fleet import HealthInputs, JobOutcomes, KernelState, MachineUse, ScorePart, parts_of
from grace_workers.foundation.errors import InputError, TransientError
from grace_workers.foundation.ids import InstanceName
from grace_workers.foundation.own_file import read_own
from grace_workers.node.status_file import DEGRADED, STATE_FILE
from grace_workers.orchestration.job import Pool

_JOBS_EVERY = 5.0
_RESTARTS_FOR = 300.0
_REQUIRED = frozenset(pool.value for pool in Pool)
_DOWN = frozenset({"unready", "backing_off", "stopped", "hung"})
_KERNEL_DOWN = frozenset(state.value for state in KernelState if not (state.serves or state is KernelState.PAUSED))


class Outcomes(Protocol):
    """How the fleet's jobs ended recently."""

    def of(self, instance: InstanceName) -> JobOutcomes:
        """Return those of a node beside all others'. Raises TransientError."""
        ...


class HealthMeter:
    """Measures one node, from its control process. It asks the database about jobs only every five seconds."""

    def __init__(
        self, instance: InstanceName, data_dir: Path, outcomes: Outcomes, machine: Callable[[Path], MachineUse]
    ) -> None:
        self._instance = instance
        self._data_dir = data_dir
        self._outcomes = outcomes
        self._machine = machine
        self._counted: tuple[float, JobOutcomes] | None = None
        self._restarts: deque[tuple[float, int]] = deque()
        self._status = _StatusReader(data_dir / STATE_FILE)

    def parts(self, longest_beat: timedelta) -> Sequence[ScorePart]:
        """Return the parts of the score. What cannot be read is left out, because it counts neither for nor against."""
        said = self._status.read()
        children: Mapping[str, Mapping[str, Any]] = said.get("children", {})
        down = [name for name, child in children.items() if child.get("state") in _DOWN]
        jobs, use = self._jobs(), self._machine(self._data_dir)
        return parts_of(
            HealthInputs(
                longest_beat=longest_beat,
                required_down=[name for name in down if name in _REQUIRED],
                optional_down=[name for name in down if name not in _REQUIRED and name != "control"],
                kernels_down=_kernels_down(said),
                ended=jobs.ended,
                failed=jobs.failed,
                others_ended=jobs.others_ended,
                others_failed=jobs.others_failed,
                restarts=self._restarts_lately(children),
                memory=use.memory,
                disk=use.disk,
                cpu=use.cpu,
            )
        )

    def _jobs(self) -> JobOutcomes:
        now = time.monotonic()
        if self._counted is None or now - self._counted[0] > _JOBS_EVERY:
            try:
                found = self._outcomes.of(self._instance)
            except TransientError:
                # The heartbeat that follows finds the database unreachable too, and reports it.
                found = self._counted[1] if self._counted is not None else JobOutcomes()
            self._counted = now, found
        return self._counted[1]

    def _restarts_lately(self, children: Mapping[str, Mapping[str, Any]]) -> int:
        now = time.monotonic()
        count = sum(int(child.get("restarts", 0)) for child in children.values())
        self._restarts.append((now, count))
        while now - self._restarts[0][0] > _RESTARTS_FOR:
            self._restarts.popleft()
        return max(0, count - self._restarts[0][1])


class _StatusReader:
    """Reads the node's status file, again only when it was rewritten."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._said: Mapping[str, Any] = {}

    def read(self) -> Mapping[str, Any]:
        """Return what the node reports about itself; empty when there is no valid file."""
        try:
            found = self._path.stat()
            seen = (found.st_mtime_ns, found.st_ino)
            if seen != self._seen:
                self._said, self._seen = json.loads(read_own(self._path)), seen
        except (FileNotFoundError, ValueError, InputError):
            self._said, self._seen = {}, None
        return self._said


def _kernels_down(said: Mapping[str, Any]) -> Sequence[str]:
    """Return the kernels that the node lacks while it runs; none while it boots, because they are still to come."""
    if said.get("health") != DEGRADED:
        return ()
    kernels: Mapping[str, Mapping[str, Any]] = said.get("kernels", {})
    return [name for name, one in kernels.items() if one.get("state") in _KERNEL_DOWN]
