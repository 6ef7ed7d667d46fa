"""The outside world of the kernels' self-tests, healthy until a test changes one of its facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from grace_workers.bootstrap.catalogs import catalogs
from grace_workers.coding import hunted_source
from grace_workers.fleet import (
    ApiFacts,
    AuditFacts,
    CanaryFacts,
    InstanceHealth,
    MemberFacts,
    MeshFacts,
    ModelFacts,
    SandboxFacts,
    SchemaStand,
    SecretFacts,
    SlotFacts,
    WorkerFacts,
)
from grace_workers.foundation.errors import TransientError
from grace_workers.foundation.ids import InstanceName
from grace_workers.governance import Policy, Switch

HERE = InstanceName("here")
SECOND = timedelta(seconds=1)
METRICS = "grace_jobs_processed 1\ngrace_job_wait_seconds 0\ngrace_audit_sealed_entries 7\n"
SCHEMA = SchemaStand(found="0002", floor=None, known=("0001", "0002"))
WELL = ApiFacts(health=200, with_token=200)
AT_SEVEN = MeshFacts(newest=7, oldest_waits=timedelta(0))
PROCESSES = frozenset({"postgres", "valkey", "control", "healing", "coding", "orchestration", "beat", "api", "flower"})
CATALOGS = catalogs()


def audit(**changes: Any) -> AuditFacts:
    return replace(AuditFacts(size=7, signed=7, waiting=0, oldest_waits=timedelta(0)), **changes)


def slot(entry: str, **changes: Any) -> SlotFacts:
    return replace(
        SlotFacts(entry=entry, every=30 * SECOND, slot_age=12 * SECOND, succeeded_age=11 * SECOND), **changes
    )


def secret(**changes: Any) -> SecretFacts:
    password = SecretFacts(name="the database's password", where="GRACE_DATABASE__URL", mend="set one", present=True)
    return replace(password, **changes)


def member(**changes: Any) -> MemberFacts:
    return replace(MemberFacts(in_fleet=True, health=InstanceHealth.HEALTHY, silent_for=SECOND / 4), **changes)


@dataclass
class World:
    """Implements `fleet.Probe`. `spoiled` is what an echo returns; None: what was sent.

    `moved` is the only order to move events under which they become readable; None: under any.
    """

    instance: InstanceName = HERE
    thorough: bool = True
    processes: frozenset[str] = PROCESSES
    away: frozenset[str] = frozenset()
    spoiled: str | None = None
    marker: bool = True
    facts_of_schema: SchemaStand = SCHEMA
    facts_of_audit: AuditFacts = field(default_factory=audit)
    leases: frozenset[str] = frozenset({"leader", "beat"})
    facts_of_member: MemberFacts | None = field(default_factory=member)
    schedule: Sequence[SlotFacts] = field(default_factory=lambda: [slot("triggers"), slot("telemetry")])
    switches: Mapping[str, Switch] = field(default_factory=dict)
    learnt: Sequence[Any] = ()
    track_records: Sequence[Any] = ()
    facts_of_model: ModelFacts = field(default_factory=lambda: ModelFacts(version=0, outcomes=0))
    ended: Mapping[str, int] = field(default_factory=lambda: {"healing": 1, "coding": 0, "orchestration": 9})
    facts_of_mesh: MeshFacts = AT_SEVEN
    moved: bool | None = None
    workers: Mapping[str, WorkerFacts] = field(default_factory=dict)
    flown: CanaryFacts | None = None
    patrolled: CanaryFacts | None = None
    facts_of_api: ApiFacts = WELL
    facts_of_sandbox: SandboxFacts = field(default_factory=lambda: SandboxFacts(level="bubblewrap"))
    shown: str | None = METRICS
    facts_of_secrets: Sequence[SecretFacts] = field(default_factory=lambda: [secret()])
    in_force: Policy = field(default_factory=lambda: Policy(version=1))
    judges: Sequence[Any] = field(default_factory=lambda: tuple(CATALOGS.gates))
    faulty: Sequence[Any] = ()
    hunts: Any = field(default_factory=lambda: hunted_source)
    causes_known: Any = ()
    faulty_causes: Sequence[Any] = ()
    primitives_known: Any = CATALOGS.primitives
    checks_known: Any = CATALOGS.checks
    refuses: bool = True

    def runs(self, process: str) -> bool:
        return process in self.processes

    @property
    def broker(self) -> Any:
        return SimpleNamespace(
            echo=lambda text: self._answer("broker", self.spoiled or text),
            has_marker=lambda: self._answer("broker", self.marker),
            worker=self._worker,
        )

    @property
    def database(self) -> Any:
        return SimpleNamespace(
            echo=lambda text: self._answer("database", self.spoiled or text),
            schema=lambda: self._answer("database", self.facts_of_schema),
            lease_held=lambda name: self._answer("database", name in self.leases),
            member=lambda: self._answer("database", self.facts_of_member),
            slots=lambda: self._answer("database", self.schedule),
            mesh=lambda: self._answer("database", self.facts_of_mesh),
        )

    @property
    def audit(self) -> Any:
        return SimpleNamespace(look=lambda: self._answer("database", self.facts_of_audit))

    @property
    def records(self) -> Any:
        return SimpleNamespace(
            switch=lambda name: self._answer("database", self.switches.get(name, Switch())),
            knowledge=lambda: self._answer("database", self.learnt),
            tracks=lambda: self._answer("database", self.track_records),
            model=lambda: self._answer("database", self.facts_of_model),
            figures=lambda: self._answer("database", self.ended),
        )

    @property
    def events(self) -> Any:
        return SimpleNamespace(echo=self._event_echo)

    @property
    def canaries(self) -> Any:
        came = CanaryFacts(state="succeeded", instance=self.instance)
        return SimpleNamespace(
            fly=lambda _pool, nonce: self._answer("broker", self.flown or replace(came, nonce=nonce))
        )

    @property
    def patrol(self) -> Any:
        return SimpleNamespace(look=lambda _pool: self._answer("broker", self.patrolled))

    @property
    def api(self) -> Any:
        return SimpleNamespace(facts=lambda: self._answer("api", self.facts_of_api), metrics=self._metrics)

    @property
    def definitions(self) -> Any:
        return SimpleNamespace(
            gates=self.judges,
            primitives=self.primitives_known,
            checks=self.checks_known,
            policy=lambda: self.in_force,
            playbook_faults=lambda: self.faulty,
            hunted=self.hunts,
            causes=lambda: self.causes_known,
            cause_faults=lambda: self.faulty_causes,
        )

    @property
    def stash(self) -> Any:
        return SimpleNamespace(
            echo=lambda text: self._answer("disk", self.spoiled or text),
            refuses_change=lambda _text: self._answer("disk", self.refuses),
        )

    def sandbox(self) -> SandboxFacts:
        return self._answer("sandbox", self.facts_of_sandbox)

    def secrets(self) -> Sequence[SecretFacts]:
        return self.facts_of_secrets

    def _worker(self, pool: str, _instance: str) -> WorkerFacts:
        usual = WorkerFacts(answers=True, queues=(pool, f"{pool}.express"))
        return self._answer("broker", self.workers.get(pool, usual))

    def _event_echo(self, text: str, *, move: bool) -> str | None:
        lost = self.moved is not None and move is not self.moved
        return self._answer("database", None if lost else self.spoiled or text)

    def _metrics(self, only: str | None = None) -> str | None:
        shown = self._answer("api", self.shown)
        if shown is None:
            return None
        return "".join(f"{line}\n" for line in shown.splitlines() if only is None or line.startswith(only))

    def _answer(self, asked: str, fact: Any) -> Any:
        if asked in self.away:
            raise TransientError(f"the {asked} does not answer")
        return fact
