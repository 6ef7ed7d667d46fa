"""The fleet's register inside a transaction, as a port: each node's health, who leads, whose jobs go to others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from grace_workers.fleet import HealthChange, Instance, Lease
from grace_workers.foundation.ids import InstanceName, JobId
from grace_workers.orchestration.job import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Leadership:
    """The holder of a lease in force. `holder` names instance and process, `instance` the instance alone.

    `left` is how long the lease is in force unless it is renewed.
    """

    name: str
    holder: str
    epoch: int
    left: timedelta = field(compare=False)

    @property
    def instance(self) -> InstanceName:
        """The instance whose process holds it."""
        return InstanceName(self.holder.rpartition(":")[0] or self.holder)


class FleetStore(Protocol):
    """Instances and leases. All times and spans are by the database's clock."""

    def lock(self) -> None:
        """Let one transaction at a time change who serves, so that two of them cannot remove the last two nodes."""

    def instances(self) -> Sequence[Instance]:
        """Return every node ever registered, by name."""

    def change(self, move: HealthChange) -> Instance | None:
        """Apply a move; None when the instance has changed since it was judged."""

    def drain(self, instance: Instance, grace: timedelta, why: str) -> Instance | None:
        """Let the instance take no more jobs and leave within `grace`; a drain in progress keeps the earlier end."""

    def hand_over(self, name: InstanceName, *, private: bool = False) -> Sequence[Job]:
        """Requeue what the instance runs, fenced. Its private jobs stay with it unless `private`."""

    def orphans(self) -> Sequence[JobId]:
        """Return the queued jobs that are bound to an instance that is gone; no other may run them."""

    def running(self) -> Mapping[InstanceName, int]:
        """Return how many jobs run on each instance that runs any."""

    def leases(self) -> Sequence[Leadership]:
        """Return the leases in force, by name."""

    def confirm(self, lease: Lease) -> None:
        """Check by the database's clock that the lease is in force; it stays so to the commit. Raises FencedError."""

    def step_down(self, leadership: Leadership, bar: timedelta) -> bool:
        """End a lease and keep its holder from retaking it for a while; False if another instance already holds it."""
