"""What only looking at the fleet needs: its nodes and whether one of them leads."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from grace_workers.adapters.postgres.instances import PostgresInstances
from grace_workers.adapters.postgres.leader import is_held
from grace_workers.bootstrap.runtime import Runtime
from grace_workers.fleet import LEADER, Instance


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


def watch(runtime: Runtime) -> FleetWatch:
    """Return a look at the fleet of this runtime."""
    return FleetWatch(runtime.engine)
