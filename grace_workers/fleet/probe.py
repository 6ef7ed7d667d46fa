"""What a kernel's self-test may ask of the outside world. Every answer is a fact; the kernel judges it.

Ages and spans are by the database's clock, so that a node whose own clock is wrong judges nobody by it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from grace_workers.fleet.attestation import SecretFacts
from grace_workers.fleet.instance import InstanceHealth
from grace_workers.fleet.schema import SchemaStand
from grace_workers.foundation.ids import InstanceName

if TYPE_CHECKING:
    # A process that only keeps a lease or verifies the log loads this room without those below it.
    from grace_workers.actions import AnyPrimitive
    from grace_workers.checks import AnyCheck
    from grace_workers.diagnosis import Causes, KnowledgeEntry
    from grace_workers.foundation.catalog import Catalog
    from grace_workers.foundation.yaml_file import FileFault
    from grace_workers.governance import Gate, Policy, Switch
    from grace_workers.learning import TrackRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFacts:
    """Where the audit log stands. `faults` say in what the log fails to continue what was signed, or its key is wrong.

    `signed` is the size of the newest checkpoint that was compared, None without any. `keyless` says why this node
    cannot look at signatures, when another one seals. `oldest_waits` is the age of the oldest unsealed entry.
    """

    size: int
    signed: int | None
    waiting: int
    oldest_waits: timedelta
    faults: Sequence[str] = ()
    keyless: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerFacts:
    """A pool's worker on this node: whether it says over the broker that it is at work, and its queues.

    `life` is what its supervisor called the life of which it says so.
    """

    answers: bool
    queues: Sequence[str] = ()
    life: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryFacts:
    """What became of a canary job. `instance` ran it; None while nobody has. `state` is the job's."""

    state: str
    nonce: str | None = None
    instance: InstanceName | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotFacts:
    """One entry of the schedule: its interval, and how old its newest slot and its newest completed run are.

    Ages are None for an entry that never fired, or whose job never succeeded as far back as slots are looked at.
    """

    entry: str
    every: timedelta
    slot_age: timedelta | None
    succeeded_age: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshFacts:
    """The newest position of the log of events, and how long the oldest published one waits to become readable."""

    newest: int
    oldest_waits: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiFacts:
    """The HTTP status of the health check and of a call with this node's own token; None without such a token."""

    health: int
    with_token: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberFacts:
    """This node's entry in the fleet's register."""

    in_fleet: bool
    health: InstanceHealth
    silent_for: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxFacts:
    """What became of a program that tried to break out of this node's sandbox.

    `level` names what held it, None when nothing did. `offered` says whether the machine offers anything that might.
    `troubles` say why each stronger level was passed over.
    """

    level: str | None
    offered: bool = True
    troubles: Sequence[str] = ()


class InBroker(Protocol):
    """What is asked of the broker."""

    def broker_echo(self, text: str) -> str:
        """Send `text` through a queue of the broker, and return what came out."""

    def broker_marker(self) -> bool:
        """Return whether the leader's marker stands, by which an emptied broker is noticed."""


class DatabaseReader(Protocol):
    """What is asked of the database."""

    def database_echo(self, text: str) -> str:
        """Write `text` to the database in a transaction that is rolled back, and return what was read back in it."""

    def schema(self) -> SchemaStand:
        """Return how the database's schema and this release go together."""

    def audit(self) -> AuditFacts:
        """Compare the audit log with what was signed last, here and at the anchors."""

    def lease_held(self, name: str) -> bool:
        """Return whether anybody holds that lease now."""

    def member(self) -> MemberFacts | None:
        """Return this node's entry in the register, None when it never registered."""

    def slots(self) -> Sequence[SlotFacts]:
        """Return every entry of the schedule."""

    def switch(self, name: str) -> "Switch":
        """Return a global switch."""

    def knowledge(self) -> "Sequence[KnowledgeEntry]":
        """Return what was learnt."""

    def tracks(self) -> "Sequence[TrackRecord]":
        """Return all track records."""

    def figures(self) -> Mapping[str, int]:
        """Return how many jobs each pool ended in the last hour, by the query that the metrics show."""

    def mesh(self) -> MeshFacts:
        """Return how the log of events stands."""

    def event_echo(self, text: str, *, move: bool) -> str | None:
        """Publish an event that says `text`, and return what a reader of the log finds in it; None: nothing in time.

        With `move`, make it readable here, because no process of the fleet does yet.
        """


class InProcesses(Protocol):
    """What is asked of the processes of this node."""

    def worker(self, pool: str) -> WorkerFacts:
        """Return what the pool's worker of this node has said of itself over the broker."""

    def canary(self, pool: str, nonce: str) -> CanaryFacts:
        """Send a job with `nonce` through the pool of this node, and return what became of it in time."""

    def patrol(self, pool: str) -> CanaryFacts | None:
        """Keep a canary under way through the pool of this node, without waiting for it; return what is wrong with it.

        None: it came back, or it is still in time.
        """

    def api(self) -> ApiFacts:
        """Ask this node's API."""

    def sandbox(self) -> SandboxFacts:
        """Run a program that tries to break out of the sandbox, and return what held it."""
        ...

    def metrics(self, only: str | None = None) -> str:
        """Return the figures in Prometheus text, or only that one, as this node's API shows them."""


class InHouse(Protocol):
    """What is asked of this node's own files and definitions."""

    def secrets(self) -> Sequence[SecretFacts]:
        """Return what is known of this node's secrets, without them."""

    def gates(self) -> "Sequence[Gate]":
        """Return the gates of governance."""

    def policy(self) -> "Policy":
        """Return the policy in force, read anew."""

    def primitives(self) -> "Catalog[AnyPrimitive]":
        """Return the primitives that playbooks may use."""

    def checks(self) -> "Catalog[AnyCheck]":
        """Return the checks that playbooks may use."""

    def playbook_faults(self) -> "Sequence[FileFault]":
        """Read the playbooks of this node anew, and return their faults."""

    def causes(self) -> "Causes":
        """Return the causes of this node, read anew when a file has changed."""

    def cause_faults(self) -> "Sequence[FileFault]":
        """Return why the newest causes were not taken."""

    def stash_echo(self, text: str) -> str:
        """Keep a file that says `text` in a stash, read it back, and remove both."""

    def stash_refuses_change(self, text: str) -> bool:
        """Keep a file that says `text`, change the kept copy, and return whether reading it back is refused."""


class Probe(InBroker, DatabaseReader, InProcesses, InHouse, Protocol):
    """The outside world of a self-test. Every method raises a GraceError when it gets no answer in time."""

    @property
    def instance(self) -> InstanceName:
        """This node."""

    @property
    def thorough(self) -> bool:
        """Whether the full contract is asked for, as at the end of a boot: then pools must also carry a job."""

    def runs(self, process: str) -> bool:
        """Return whether this node runs the child process of that name."""
