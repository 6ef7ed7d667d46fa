"""A node's own entry in the fleet, as its parent process sees it: read, repaired, drained, and its name taken."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from grace_workers.fleet import DEAD_AFTER, Instance, is_overdue
from grace_workers.foundation.clock import Clock
from grace_workers.foundation.errors import ConflictError, TransientError
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.fleet import operations
from grace_workers.orchestration.job import Pool
from grace_workers.orchestration.stores import LineLedger

_NAME_WITHIN = DEAD_AFTER.total_seconds() + 1.0
_NAME_LOOK = 0.25


class Names(Protocol):
    """The register of nodes, limited to one name. Every method raises TransientError without a database."""

    def find(self, name: InstanceName) -> Instance | None:
        """Return the newest entry of that name."""
        ...

    def require_name_free(self, name: InstanceName, home: str) -> None:
        """Raise ConflictError when a node of that name and another home is alive."""
        ...

    def leave(self, instance: Instance) -> None:
        """Take that node out of the fleet."""
        ...


class Workers(Protocol):
    """This node's workers, as the broker reaches them."""

    def stop_taking(self, pools: Sequence[Pool], instance: InstanceName) -> None:
        """Ask the node's workers of these pools to stop reading queues. Raises TransientError without a broker."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPlace:
    """Its methods raise TransientError when a server is unreachable."""

    name: InstanceName
    home: str
    pools: tuple[Pool, ...]
    register: Names
    ledger: LineLedger
    clock: Clock
    workers: Workers

    def look(self) -> Instance | None:
        """Return this node's entry; None when it is not in the fleet, or another node has its name."""
        found = self.register.find(self.name)
        return found if found is not None and found.home == self.home and found.in_fleet else None

    def repaired(self, instance: Instance, why: str) -> None:
        """Tell the fleet that this node's processes are new and ready. Raises ConflictError when it is out of date."""
        operations.repaired(self, instance, why=why)

    def drain(self, grace: timedelta, *, reason: str, by: str | None = None) -> Instance | None:
        """Begin to drain, or shorten a drain in progress; None when this node is not in the fleet."""
        if self.look() is None:
            return None
        return operations.drain(self, self.name, grace=grace, by=by or self.name, reason=reason)

    def running(self) -> int:
        """Return how many jobs this node runs."""
        with self.ledger.transaction() as tx:
            return tx.fleet.running().get(self.name, 0)

    def stop_taking(self) -> None:
        """Ask this node's workers to stop reading queues; claims are refused in any case, and this saves doorbells."""
        self.workers.stop_taking(self.pools, self.name)


def is_apart(find: Callable[[], Instance | None]) -> bool:
    """Whether the pools of a node read only their private queues. Unknown means no: claims are refused in any case."""
    try:
        found = find()
    except TransientError:
        return False
    if found is None:
        return False
    # A quarantined node stays quarantined under its next epoch; a drain ends with the process that drained.
    stays_apart = found.quarantined_at is not None or found.retired_at is not None
    return stays_apart or (found.in_fleet and not found.health.consumes)


def beats_here(find: Callable[[], Instance | None], home: str) -> bool:
    """Return whether this node's entry is that of `home`, in the fleet, and beats. Raises TransientError."""
    found = find()
    return found is not None and found.home == home and found.in_fleet and not is_overdue(found)


def take_name(register: Names, name: InstanceName, home: str, record: Path) -> None:
    """Wait until no other node has that name, and take an earlier run of this very node out of the fleet.

    If a previous run crashed without deregistering, its stale entry could be read as this node being ready or
    draining. Its jobs are requeued at once. `record` is the file of its membership. Only for the node that holds
    the data directory, before its processes start.

    Raises:
        ConflictError: another node of this name stays alive.
        TransientError: the database has not answered for that long.
    """
    deadline = time.monotonic() + _NAME_WITHIN
    while True:
        try:
            _take(register, name, home)
        except (ConflictError, TransientError):
            if time.monotonic() > deadline:
                raise
            time.sleep(_NAME_LOOK)
        else:
            break
    record.unlink(missing_ok=True)


def _take(register: Names, name: InstanceName, home: str) -> None:
    register.require_name_free(name, home)
    earlier = register.find(name)
    if earlier is not None and earlier.home == home:
        register.leave(earlier)
