"""What only looking at the fleet needs: its nodes and whether one of them leads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.fleet.breakers import OpenBreaker, open_breakers
from grace_workers.adapters.postgres.fleet.figures import (
    BUCKETS,
    AuditStand,
    EndedJobs,
    KernelRow,
    audit_stand,
    clock_ahead,
    endings,
    event_lag,
    kernel_rows,
    lease_epochs,
    parked_events,
)
from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.adapters.postgres.fleet.leader import is_held
from grace_workers.adapters.postgres.migrate import schema_stand
from grace_workers.bootstrap.runtime import Runtime
from grace_workers.fleet import LEADER, Instance
from grace_workers.foundation.errors import ConflictError
from grace_workers.settings import shipped

__all__ = ["ENDING_BUCKETS", "EndedJobs", "FleetWatch", "KernelRow", "OpenBreaker", "watch"]

ENDING_BUCKETS = BUCKETS


@dataclass(frozen=True, slots=True)
class FleetWatch:
    """Looks at the fleet's register. Its methods raise TransientError without a database."""

    engine: Engine

    def instances(self) -> Sequence[Instance]:
        """Return every node ever registered, by name."""
        return PostgresInstances(self.engine).list_all()

    def has_leader(self) -> bool:
        """Return whether a node leads now."""
        return is_held(self.engine, LEADER)

    def endings(self, since: datetime | None) -> tuple[datetime, Sequence[EndedJobs]]:
        """Return what ended after `since` (None: after now), and until when that goes."""
        return endings(self.engine, since)

    def lease_epochs(self) -> Mapping[str, int]:
        """Return how often each lease has changed hands."""
        return lease_epochs(self.engine)

    def kernels(self) -> Sequence[KernelRow]:
        """Return the kernels of all living nodes."""
        return kernel_rows(self.engine)

    def event_lag(self) -> Mapping[str, int]:
        """Return how many events each subscription has still to see, and how many wait in the `outbox`."""
        return event_lag(self.engine)

    def parked_events(self) -> Mapping[str, int]:
        """Return how many events each subscription has put aside."""
        return parked_events(self.engine)

    def audit(self) -> AuditStand:
        """Return how the audit log stands."""
        return audit_stand(self.engine)

    def open_breakers(self) -> Sequence[OpenBreaker]:
        """Return the circuit breakers, of any process of the fleet, that are not closed."""
        return open_breakers(self.engine)

    def clock_ahead(self) -> float:
        """Return by how many seconds this machine's clock is ahead of the database's, less half the way there."""
        return clock_ahead(self.engine)

    def schema(self) -> str:
        """Return the schema's revision, of this release or of a newer one that serves it. Raises ConflictError."""
        with translated(), self.engine.connect() as connection:
            stand = schema_stand(connection, shipped("migrations"))
        if not stand.fit.serves:
            raise ConflictError(stand.words)
        return stand.words


def watch(runtime: Runtime) -> FleetWatch:
    """Return a look at the fleet of this runtime."""
    return FleetWatch(runtime.engine)
