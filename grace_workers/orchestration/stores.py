"""What the line keeps, as ports: one small store per subject, all inside one transaction."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from grace_workers.diagnosis import KnowledgeEntry
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import ApprovalId, IncidentId, JobId, PlanId, TargetName
from grace_workers.governance import Approval, ApprovalRequest, History, Proposer, Role, Switch
from grace_workers.learning import Episode, TrackRecord
from grace_workers.orchestration.dossier import Dossier, Happening, JournalRow, Receipt
from grace_workers.orchestration.fairness import Queue
from grace_workers.orchestration.fleet_store import FleetStore
from grace_workers.orchestration.mesh import CursorStore
from grace_workers.orchestration.ports import Transaction
from grace_workers.playbooks import Plan
from grace_workers.signals import Condition, Firing, Incident, IncidentState, Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A delivery that was stored before: of which condition, and what became of it."""

    condition: Condition | None
    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalCounts:
    """How many signals had which fate, and how many of them named no declared target."""

    fates: Mapping[str, int]
    unmatched: int


class SignalStore(Protocol):
    """Accepted signals and what became of them."""

    def known(self, delivery_keys: Collection[str]) -> Mapping[str, Delivered]:
        """Return what became of earlier deliveries, by key; unknown keys are absent."""
        ...

    def keep(self, settled: Sequence[tuple[Signal, Receipt]], *, again: Collection[str] = ()) -> None:
        """Store signals with what became of them. The keys `again` pass from their earlier signals to these."""
        ...

    def find(
        self, *, incident: IncidentId | None = None, unmatched: bool = False, limit: int = 100
    ) -> Sequence[tuple[Signal, Receipt]]:
        """Return the newest signals, newest first; `unmatched`: only those that named no declared target."""
        ...

    def counts(self, window: timedelta) -> SignalCounts:
        """Return what became of the signals of the last `window`."""
        ...


class ConditionStore(Protocol):
    """Conditions: who of each still fires. What is read here is decided on under `lock`."""

    def lock(self, words: Collection[str]) -> None:
        """Let one transaction at a time decide on any of the words."""
        ...

    def firing(self, conditions: Collection[Condition], *, since: datetime) -> Mapping[Condition, Firing]:
        """Return who fires and was heard of after `since`; conditions of which no one does are absent."""
        ...

    def keep(self, condition: Condition, before: Firing, after: Firing) -> None:
        """Write what has changed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Stalled:
    """An incident that should move and has no open job.

    `given_up` says how its newest job ended; None when that succeeded, or there never was one.
    """

    incident: Incident
    given_up: str | None


class IncidentStore(Protocol):
    """Incidents with their dossiers and timelines."""

    def recent(self, conditions: Collection[Condition], *, since: datetime) -> Mapping[Condition, Sequence[Incident]]:
        """Return the incidents of each condition that are not closed, or were closed after `since`, oldest first."""
        ...

    def queue(self, targets: Collection[TargetName], sender: str, *, since: datetime) -> Queue:
        """Return what is under way on the targets, and which urgent incidents the sender opened after `since`."""
        ...

    def parked(self, target: TargetName, *, limit: int) -> Sequence[Dossier]:
        """Return parked incidents of the target, most urgent and oldest first, locked against others who look."""
        ...

    def unpark(self, incident: IncidentId) -> None:
        """Let an incident's work begin; the version stays."""
        ...

    def parked_counts(self) -> Mapping[TargetName, int]:
        """Return how many incidents are parked, by target."""
        ...

    def add(self, dossier: Dossier) -> None:
        """Insert a new incident."""
        ...

    def add_all(self, dossiers: Sequence[Dossier]) -> None:
        """Insert new incidents."""
        ...

    def load(self, incident: IncidentId) -> Dossier:
        """Return the dossier. Raises NotFoundError."""
        ...

    def load_all(self, incidents: Collection[IncidentId]) -> Mapping[IncidentId | None, Dossier]:
        """Return the dossiers of those that there are."""
        ...

    def save(self, dossier: Dossier, *, expected_version: int) -> None:
        """Write the dossier if the version is still the expected one. Raises ConflictError."""
        ...

    def touch(self, incident: Incident) -> None:
        """Write the signal count, severity and last signal time only; the version stays."""
        ...

    def touch_all(self, incidents: Sequence[Incident]) -> None:
        """Do the same for many incidents."""
        ...

    def note(self, incident: IncidentId, happening: Happening) -> None:
        """Append to the timeline."""
        ...

    def note_all(self, notes: Sequence[tuple[IncidentId, Happening]]) -> None:
        """Append to many timelines, in this order."""
        ...

    def timeline(self, incident: IncidentId) -> Sequence[Happening]:
        """Return the timeline, oldest first."""
        ...

    def find(
        self, *, state: IncidentState | None = None, target: TargetName | None = None, limit: int = 100
    ) -> Sequence[Dossier]:
        """Return the newest incidents that match, newest first."""
        ...

    def stalled(self, *, idle: timedelta) -> Sequence[Stalled]:
        """Return incidents that should move, have not for `idle`, and have no open job."""
        ...

    def counts(self) -> Mapping[str, int]:
        """Return how many incidents stand in each state."""
        ...

    def capped(self, window: timedelta) -> int:
        """Return how many incidents of the last `window` were opened past their sender's share of urgent ones."""
        ...


class Journal(Protocol):
    """The step journal of contracted plans, and the runs they make."""

    def begin(self, plan: Plan, incident: IncidentId, at: datetime) -> bool:
        """Record that the plan's run begins; False, and nothing written, when another run holds one of its targets.

        Beginning the same plan again changes nothing.
        """
        ...

    def end(self, plan: PlanId, episode: Episode) -> None:
        """Record how the run ended, and free its targets."""
        ...

    def seize(self, plan: PlanId, job: JobId) -> bool:
        """Make the run this job's; False when a running job of another id has it.

        Call it in the transaction that holds the job's claim. The run stays the job's until that job runs no more.
        """
        ...

    def rows(self, plan: PlanId) -> Sequence[JournalRow]:
        """Return the plan's steps, in order."""
        ...

    def write(self, plan: PlanId, row: JournalRow) -> None:
        """Insert or replace one step's row."""
        ...

    def history(self, playbook: str, target: TargetName, now: datetime) -> History:
        """Return what the playbook did on the target before."""
        ...

    def busy(self, *, other_than: IncidentId) -> frozenset[TargetName]:
        """Return the targets that runs of other incidents hold."""
        ...


class ApprovalStore(Protocol):
    """Questions to people, their answers, and who brought about what is asked."""

    def lock(self) -> None:
        """Let one transaction at a time ask, so that no more questions wait than may."""
        ...

    def ask(self, request: ApprovalRequest) -> None:
        """Store a question."""
        ...

    def answer(self, request: ApprovalId, approval: Approval) -> None:
        """Store an answer."""
        ...

    def involve(self, incidents: Collection[IncidentId], proposer: Proposer) -> None:
        """Remember that somebody brought about what becomes of these incidents, and when they last did."""
        ...

    def involved(self, incidents: Collection[IncidentId]) -> Mapping[IncidentId, Sequence[Proposer]]:
        """Return who brought about what becomes of these incidents, first come first; every one has its row."""
        ...

    def get(self, request: ApprovalId) -> ApprovalRequest:
        """Return a question with its answers. Locks it. Raises NotFoundError."""
        ...

    def of_incident(self, incident: IncidentId) -> Sequence[ApprovalRequest]:
        """Return the incident's questions, newest first."""
        ...

    def answered(self, playbook: str, target: TargetName, *, since: datetime) -> Sequence[ApprovalRequest]:
        """Return the questions about this playbook on this target that somebody answered after `since`."""
        ...

    def pending(self, now: datetime) -> Sequence[ApprovalRequest]:
        """Return the unexpired questions about the plans that incidents wait with, oldest first."""
        ...


class RecordStore(Protocol):
    """What was learnt: track records and knowledge."""

    def lock(self) -> None:
        """Let one transaction at a time learn, so that no outcome is counted over another."""
        ...

    def track(self, playbook: str, signature: str) -> TrackRecord:
        """Return the record, empty when there is none."""
        ...

    def tracks(self) -> Sequence[TrackRecord]:
        """Return all records."""
        ...

    def save_track(self, record: TrackRecord) -> None:
        """Insert or replace a record."""
        ...

    def knowledge(self) -> Sequence[KnowledgeEntry]:
        """Return what was learnt beside the shipped knowledge."""
        ...

    def save_knowledge(self, entry: KnowledgeEntry) -> None:
        """Insert or replace an entry."""
        ...

    def episodes(self, *, since: datetime | None = None, limit: int = 1000) -> Sequence[Episode]:
        """Return the newest episodes, newest first."""
        ...


class SwitchStore(Protocol):
    """The global switches."""

    def read(self, name: str) -> Switch:
        """Return a switch; one never turned is off."""
        ...

    def turn(self, name: str, switch: Switch, at: datetime) -> None:
        """Turn it."""
        ...


class MemoryStore(Protocol):
    """What a cycle remembers from one look to the next."""

    def read(self, name: str) -> JsonValue:
        """Return what was kept, None when nothing was; locked until the transaction ends."""
        ...

    def write(self, name: str, document: JsonValue, at: datetime) -> None:
        """Keep this instead."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A bearer token as stored: never the secret, only its hash.

    Tokens of one `person` are one person wherever people are counted or told apart. `targets` are those a reporter's
    token may report on; None for all.
    """

    name: str
    role: Role
    hash: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    rate_per_minute: int
    person: str
    targets: tuple[TargetName, ...] | None = None

    @property
    def actor(self) -> str:
        """The name that does what is done by this token: the person's, and the token's where it has another."""
        return self.name if self.person == self.name else f"{self.person}/{self.name}"


class TokenStore(Protocol):
    """Bearer tokens by hash."""

    def add(self, token: Token) -> None:
        """Store a token. Raises ConflictError when the name is taken."""
        ...

    def by_hash(self, token_hash: str) -> Token | None:
        """Return the token, revoked and expired ones included."""
        ...

    def all(self) -> Sequence[Token]:
        """Return all tokens, by name."""
        ...

    def revoke(self, name: str, at: datetime) -> Token:
        """Revoke a token. Raises NotFoundError."""
        ...


class LineTransaction(Transaction, Protocol):
    """A transaction with the line's stores beside jobs and audit."""

    @property
    def signals(self) -> SignalStore:
        """Signals."""
        ...

    @property
    def conditions(self) -> ConditionStore:
        """Conditions and who of each still fires."""
        ...

    @property
    def incidents(self) -> IncidentStore:
        """Incidents."""
        ...

    @property
    def journal(self) -> Journal:
        """Runs and their steps."""
        ...

    @property
    def approvals(self) -> ApprovalStore:
        """Approvals."""
        ...

    @property
    def records(self) -> RecordStore:
        """Records and knowledge."""
        ...

    @property
    def switches(self) -> SwitchStore:
        """Global switches."""
        ...

    @property
    def memories(self) -> MemoryStore:
        """What cycles remember."""
        ...

    @property
    def tokens(self) -> TokenStore:
        """Tokens."""
        ...

    @property
    def fleet(self) -> FleetStore:
        """Instances and leases."""
        ...

    @property
    def cursors(self) -> CursorStore:
        """Where subscriptions to events stand."""
        ...


class LineLedger(Protocol):
    """Where transactions come from. See `ports.Ledger`."""

    def transaction(self) -> AbstractContextManager[LineTransaction]:
        """Begin one; commit at the end of the block, roll back on any exception."""
        ...
