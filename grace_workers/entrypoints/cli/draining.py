"""Draining this machine's node from beside it, straight in the database."""

import json
import os
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from grace_workers.bootstrap import opened_place
from grace_workers.entrypoints.node import STATE_FILE
from grace_workers.foundation.errors import NotFoundError
from grace_workers.settings import Settings

# What the end of a node takes beyond its grace: its processes and servers stop one after the other.
_STOPS_WITHIN = 30.0
_LOOK = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """Whether the node has ended; `took` is in seconds."""

    instance: str
    ended: bool
    took: float


def drain_here(settings: Settings, grace: timedelta, *, reason: str) -> Drained:
    """Drain the node that runs from this data directory, and wait for its end.

    Raises:
        NotFoundError: no node runs here, or it is no member of the fleet.
        TransientError: the database cannot be reached.
    """
    pid = _pid(settings.data_dir)
    began = time.monotonic()
    with opened_place(settings) as place:
        drained = place.drain(grace, reason=reason, by="cli")
    if drained is None:
        raise NotFoundError(
            f"the node in {settings.data_dir} is not in the fleet as {settings.instance!r}; a node of another role or "
            "name has nothing to drain, so stop it with SIGTERM"
        )
    deadline = began + grace.total_seconds() + _STOPS_WITHIN
    while (runs := _runs(pid)) and time.monotonic() < deadline:
        time.sleep(_LOOK)
    return Drained(instance=settings.instance, ended=not runs, took=time.monotonic() - began)


def _pid(data_dir: Path) -> int:
    try:
        return int(json.loads((data_dir / STATE_FILE).read_text(encoding="utf-8"))["pid"])
    except FileNotFoundError as error:
        raise NotFoundError(f"no node runs in {data_dir}; start one with `grace up`") from error


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
