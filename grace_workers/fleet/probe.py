"""What a kernel's self-test may ask of the outside world. Every answer is a fact; the kernel judges it.

Ages and spans are by the database's clock, so that a node whose own clock is wrong misjudges no one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from grace_workers.fleet.attestation import SecretFacts
from grace_workers.fleet.instance import InstanceHealth
from grace_workers.fleet.schema import SchemaStand
from grace_workers.foundation.ids import InstanceName

if TYPE_CHECKING:
    # A process that only holds a lease or verifies the log loads this room without those below it.
    from grace_workers.actions import AnyPrimitive
    from grace_workers.checks import AnyCheck
    from grace_workers.diagnosis import Causes, KnowledgeEntry
    from grace_workers.foundation.catalog import Catalog
    from grace_workers.foundation.yaml_file import FileFault, YamlFile
    from grace_workers.governance import Gate, Policy, Switch
    from grace_workers.learning import TrackRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFacts:
    """The state of the audit log. `faults` say how the log fails to continue what was signed, or that its key is wrong.

    `signed` is the size of the newest checkpoint that was compared, None without any. `keyless` says why this node
    cannot check signatures, when another one seals. `oldest_waits` is the age of the oldest unsealed entry.
    """

    size: int
    signed: int | None
    waiting: int
    oldest_waits: timedelta
    faults: Sequence[str] = ()
    keyless: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """The model of diagnosis: its newest version, 0 before the first, and how many outcomes there are.

    `fault` says what is wrong with the newest version.
    """

    version: int
    outcomes: int
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerFacts:
    """A pool's worker on this node: whether it reports over the broker that it is at work, and its queues.

    `life` is its supervisor's name for the life that reports.
    """

    answers: bool
    queues: Sequence[str] = ()
    life: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryFacts:
    """The result of a canary job. `instance` ran it; None while none has. `state` is the job's."""

    state: str
    nonce: str | None = None
    instance: InstanceName | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotFacts:
    """One entry of the schedule: its interval, and how old its newest slot and its newest completed run are.

    A slot that passed because the entry was `paused` counts as completed. Ages are None for an entry that never fired,
    or whose job did not succeed within the slots examined.
    """

    entry: str
    every: timedelta
    slot_age: timedelta | None
    succeeded_age: timedelta | None
    paused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshFacts:
    """The newest position in the log of events, and how long the oldest unreadable event has waited."""

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
    """The result of a program that tried to break out of this node's sandbox.

    `level` names what confined it, None when nothing did. `offered` says whether the machine offers anything that
    might. `troubles` say why each stronger level was skipped.
    """

    level: str | None
    offered: bool = True
    troubles: Sequence[str] = ()


class BrokerReader(Protocol):
    """What is asked of the broker."""

    def echo(self, text: str) -> str:
        """Send `text` through a queue of the broker, and return what came out."""

    def has_marker(self) -> bool:
        """Return whether the leader's marker is set, by which an emptied broker is noticed."""

    def worker(self, pool: str, instance: str) -> WorkerFacts:
        """Return what that node's worker of the pool last reported about itself."""


class DatabaseReader(Protocol):
    """What is asked of the database, and of the fleet's state in it."""

    def echo(self, text: str) -> str:
        """Write `text` to the database in a transaction that is rolled back, and return what was read back in it."""

    def schema(self) -> SchemaStand:
        """Return how the database's schema fits this release."""

    def lease_held(self, name: str) -> bool:
        """Return whether any process holds that lease now."""

    def member(self) -> MemberFacts | None:
        """Return this node's entry in the register, None when it never registered."""

    def slots(self) -> Sequence[SlotFacts]:
        """Return every entry of the schedule."""

    def mesh(self) -> MeshFacts:
        """Return the state of the log of events."""


class AuditReader(Protocol):
    """What is asked of the audit log."""

    def look(self) -> AuditFacts:
        """Compare the audit log with what was last signed, here and at the anchors."""


class RecordReader(Protocol):
    """What is asked of the ledger: switches, what was learnt, and how jobs ended."""

    def switch(self, name: str) -> "Switch":
        """Return a global switch."""

    def knowledge(self) -> "Sequence[KnowledgeEntry]":
        """Return what was learnt."""

    def tracks(self) -> "Sequence[TrackRecord]":
        """Return all track records."""
        ...

    def model(self) -> "ModelFacts":
        """Return how the model of diagnosis stands."""

    def figures(self) -> Mapping[str, int]:
        """Return how many jobs each pool ended in the last hour, by the query that the metrics show."""


class EventReader(Protocol):
    """What is asked of the events."""

    def echo(self, text: str, *, move: bool) -> str | None:
        """Publish an event that says `text`, and return what a reader of the log finds in it; None: nothing in time.

        With `move`, make it readable here, because no process of the fleet does so yet.
        """


class CanaryReader(Protocol):
    """A canary whose result is awaited."""

    def fly(self, pool: str, nonce: str) -> CanaryFacts:
        """Send a job with `nonce` through the pool of this node, and return its result if it comes in time."""


class PatrolReader(Protocol):
    """Canaries at intervals, whose results are not awaited."""

    def look(self, pool: str) -> CanaryFacts | None:
        """Keep a canary in progress through the pool of this node; return what is wrong with it.

        None: it came back, or still has time.
        """


class ApiReader(Protocol):
    """What is asked of this node's API."""

    def facts(self) -> ApiFacts:
        """Ask its health check, and make a call."""

    def metrics(self, only: str | None = None) -> str | None:
        """Return the figures in Prometheus text, or only that one; None if this node has no token and needs one."""


class DefinitionReader(Protocol):
    """What is asked of this node's own definitions; files are read again when they have changed."""

    @property
    def gates(self) -> "Sequence[Gate]":
        """The gates of governance."""

    @property
    def primitives(self) -> "Catalog[AnyPrimitive]":
        """The primitives that playbooks may use."""

    @property
    def checks(self) -> "Catalog[AnyCheck]":
        """The checks that playbooks may use."""

    def policy(self) -> "Policy":
        """Return the policy in force."""

    def playbook_faults(self) -> "Sequence[FileFault]":
        """Return the faults of the playbooks of this node."""

    def hunted(self, source: "YamlFile", /) -> "Sequence[FileFault]":
        """Return the dangers that the hunter finds in a declared file."""
        ...

    def causes(self) -> "Causes":
        """Return the causes of this node."""

    def cause_faults(self) -> "Sequence[FileFault]":
        """Return why the newest causes were not loaded."""


class StashReader(Protocol):
    """What is asked of a stash of files."""

    def echo(self, text: str) -> str:
        """Keep a file that says `text` in a stash, read it back, and remove both."""

    def refuses_change(self, text: str) -> bool:
        """Keep a file that says `text`, change the kept copy, and return whether reading it back is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a self-test asks of the outside world, by its parts. Each raises a GraceError without an answer in time.

    `processes` are the child processes that this node runs. `secrets` returns what is known about its secrets,
    without them. `sandbox` runs a program that tries to break out of the sandbox, and returns what confined it.
    `thorough` asks for the full contract, as at the end of a boot: then pools must also carry a job.
    """

    instance: InstanceName
    processes: frozenset[str]
    broker: BrokerReader
    database: DatabaseReader
    audit: AuditReader
    records: RecordReader
    events: EventReader
    canaries: CanaryReader
    patrol: PatrolReader
    api: ApiReader
    definitions: DefinitionReader
    stash: StashReader
    secrets: Callable[[], Sequence[SecretFacts]]
    sandbox: Callable[[], SandboxFacts]
    thorough: bool = False

    def runs(self, process: str) -> bool:
        """Return whether this node runs the child process of that name."""
        return process in self.processes
