"""What a node can measure of itself for its health score: its processes, its jobs, its machine."""

import json
import time
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil

from grace_workers.adapters.postgres.fleet.outcomes import Outcomes, PostgresOutcomes
from grace_workers.fleet import KernelState, Part, Vitals, parts_of
from grace_workers.foundation.errors import InputError, TransientError
from grace_workers.foundation.ids import InstanceName
from grace_workers.foundation.own_file import read_own
from grace_workers.orchestration.job import Pool

_JOBS_EVERY = 5.0
_RESTARTS_FOR = 300.0
_REQUIRED = frozenset(pool.value for pool in Pool)
_DOWN = frozenset({"unready", "backing_off", "stopped", "hung"})
_KERNEL_DOWN = frozenset(state.value for state in KernelState if not (state.serves or state is KernelState.PAUSED))
_NOTHING = Outcomes(ended=0, failed=0, others_ended=0, others_failed=0)


class OwnVitals:
    """Measures one node, from its control process. Counting jobs is asked of the database every five seconds only."""

    def __init__(self, instance: InstanceName, data_dir: Path, outcomes: PostgresOutcomes) -> None:
        self._instance = instance
        self._data_dir = data_dir
        self._outcomes = outcomes
        self._counted: tuple[float, Outcomes] | None = None
        self._restarts: deque[tuple[float, int]] = deque()

    def parts(self, longest_beat: timedelta) -> Sequence[Part]:
        """Return the parts of the score. What cannot be read is left out of the picture, as nothing speaks by it."""
        said = _said(self._data_dir)
        children: Mapping[str, Mapping[str, Any]] = said.get("children", {})
        down = [name for name, child in children.items() if child.get("state") in _DOWN]
        jobs = self._jobs()
        load, _, _ = psutil.getloadavg()
        return parts_of(
            Vitals(
                longest_beat=longest_beat,
                required_down=[name for name in down if name in _REQUIRED],
                optional_down=[name for name in down if name not in _REQUIRED and name != "control"],
                kernels_down=_kernels_down(said),
                ended=jobs.ended,
                failed=jobs.failed,
                others_ended=jobs.others_ended,
                others_failed=jobs.others_failed,
                restarts=self._restarts_lately(children),
                memory=psutil.virtual_memory().percent / 100,
                disk=psutil.disk_usage(str(self._data_dir)).percent / 100,
                cpu=load / (psutil.cpu_count() or 1),
            )
        )

    def _jobs(self) -> Outcomes:
        now = time.monotonic()
        if self._counted is None or now - self._counted[0] > _JOBS_EVERY:
            try:
                found = self._outcomes.of(self._instance)
            except TransientError:
                # The heartbeat that follows finds the database away, too, and tells.
                found = self._counted[1] if self._counted is not None else _NOTHING
            self._counted = now, found
        return self._counted[1]

    def _restarts_lately(self, children: Mapping[str, Mapping[str, Any]]) -> int:
        now = time.monotonic()
        count = sum(int(child.get("restarts", 0)) for child in children.values())
        self._restarts.append((now, count))
        while now - self._restarts[0][0] > _RESTARTS_FOR:
            self._restarts.popleft()
        return max(0, count - self._restarts[0][1])


def _said(data_dir: Path) -> Mapping[str, Any]:
    """Return what the node says of itself."""
    try:
        found: Mapping[str, Any] = json.loads(read_own(data_dir / "node.json"))
    except (FileNotFoundError, ValueError, InputError):
        return {}
    return found


def _kernels_down(said: Mapping[str, Any]) -> Sequence[str]:
    """Return the kernels without which the node runs; none while it boots, for they are still to come."""
    if said.get("health") != "degraded":
        return ()
    kernels: Mapping[str, Mapping[str, Any]] = said.get("kernels", {})
    return [name for name, one in kernels.items() if one.get("state") in _KERNEL_DOWN]
