"""Draining this machine's node from beside it, directly in the database."""

import json
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psutil

from grace_workers.bootstrap.node import opened_place
from grace_workers.foundation.errors import NotFoundError
from grace_workers.foundation.own_file import read_own
from grace_workers.foundation.redaction import starred
from grace_workers.node.status_file import STATE_FILE
from grace_workers.settings import Settings

# The time that a node's end takes beyond its grace: its processes and servers stop one after another.
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
        NotFoundError: no node runs here, or it is not a member of the fleet.
        TransientError: the database is unreachable.
    """
    node = _node(settings.data_dir)
    began = time.monotonic()
    with opened_place(settings) as place:
        drained = place.drain(grace, reason=starred(reason), by="cli")
    if drained is None:
        raise NotFoundError(
            f"the node in {settings.data_dir} is not in the fleet as {settings.instance!r}; a node of another "
            f"role or name runs no jobs to drain; stop it with SIGTERM"
        )
    deadline = began + grace.total_seconds() + _STOPS_WITHIN
    while (runs := _runs(node)) and time.monotonic() < deadline:
        time.sleep(_LOOK)
    return Drained(instance=settings.instance, ended=not runs, took=time.monotonic() - began)


def _node(data_dir: Path) -> psutil.Process:
    try:
        return psutil.Process(json.loads(read_own(data_dir / STATE_FILE))["pid"])
    except (FileNotFoundError, psutil.NoSuchProcess) as error:
        raise NotFoundError(f"no node is running in {data_dir}; start one with `grace up`") from error


def _runs(node: psutil.Process) -> bool:
    """Return whether that very process exists; one that has ended and waits for its parent does not count."""
    try:
        return node.is_running() and node.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
