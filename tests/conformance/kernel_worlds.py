"""The outside world of the kernels' self-tests, healthy until a test changes a fact of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from grace_workers.bootstrap.catalogs import catalogs
from grace_workers.fleet import (
    ApiFacts,
    AuditFacts,
    CanaryFacts,
    InstanceHealth,
    MemberFacts,
    MeshFacts,
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
    """Implements `fleet.Probe`. `spoiled` is what an echo gives back; None: what was sent.

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
    records: Sequence[Any] = ()
    ended: Mapping[str, int] = field(default_factory=lambda: {"healing": 1, "coding": 0, "orchestration": 9})
    facts_of_mesh: MeshFacts = AT_SEVEN
    moved: bool | None = None
    workers: Mapping[str, WorkerFacts] = field(default_factory=dict)
    flown: CanaryFacts | None = None
    patrolled: CanaryFacts | None = None
    facts_of_api: ApiFacts = WELL
    facts_of_sandbox: SandboxFacts = field(default_factory=lambda: SandboxFacts(level="bubblewrap"))
    shown: str = METRICS
    facts_of_secrets: Sequence[SecretFacts] = field(default_factory=lambda: [secret()])
    in_force: Policy = field(default_factory=lambda: Policy(version=1))
    judges: Sequence[Any] = field(default_factory=lambda: tuple(CATALOGS.gates))
    faulty: Sequence[Any] = ()
    causes_known: Any = ()
    faulty_causes: Sequence[Any] = ()
    primitives_known: Any = CATALOGS.primitives
    checks_known: Any = CATALOGS.checks
    refuses: bool = True

    def runs(self, process: str) -> bool:
        return process in self.processes

    def broker_echo(self, text: str) -> str:
        return self._answer("broker", self.spoiled or text)

    def broker_marker(self) -> bool:
        return self._answer("broker", self.marker)

    def database_echo(self, text: str) -> str:
        return self._answer("database", self.spoiled or text)

    def schema(self) -> SchemaStand:
        return self._answer("database", self.facts_of_schema)

    def audit(self) -> AuditFacts:
        return self._answer("database", self.facts_of_audit)

    def lease_held(self, name: str) -> bool:
        return self._answer("database", name in self.leases)

    def member(self) -> MemberFacts | None:
        return self._answer("database", self.facts_of_member)

    def slots(self) -> Sequence[SlotFacts]:
        return self._answer("database", self.schedule)

    def switch(self, name: str) -> Switch:
        return self._answer("database", self.switches.get(name, Switch()))

    def knowledge(self) -> Sequence[Any]:
        return self._answer("database", self.learnt)

    def tracks(self) -> Sequence[Any]:
        return self._answer("database", self.records)

    def figures(self) -> Mapping[str, int]:
        return self._answer("database", self.ended)

    def mesh(self) -> MeshFacts:
        return self._answer("database", self.facts_of_mesh)

    def event_echo(self, text: str, *, move: bool) -> str | None:
        return self._answer(
            "database", None if self.moved is not None and move is not self.moved else self.spoiled or text
        )

    def worker(self, pool: str) -> WorkerFacts:
        usual = WorkerFacts(answers=True, queues=(pool, f"{pool}.express"))
        return self._answer("broker", self.workers.get(pool, usual))

    def canary(self, pool: str, nonce: str) -> CanaryFacts:
        came = CanaryFacts(state="succeeded", nonce=nonce, instance=self.instance)
        return self._answer("broker", self.flown or came)

    def patrol(self, pool: str) -> CanaryFacts | None:
        return self._answer("broker", self.patrolled)

    def api(self) -> ApiFacts:
        return self._answer("api", self.facts_of_api)

    def sandbox(self) -> SandboxFacts:
        return self._answer("sandbox", self.facts_of_sandbox)

    def metrics(self, only: str | None = None) -> str:
        shown = self._answer("api", self.shown)
        return "".join(f"{line}\n" for line in shown.splitlines() if only is None or line.startswith(only))

    def secrets(self) -> Sequence[SecretFacts]:
        return self.facts_of_secrets

    def gates(self) -> Sequence[Any]:
        return self.judges

    def policy(self) -> Policy:
        return self.in_force

    def primitives(self) -> Any:
        return self.primitives_known

    def checks(self) -> Any:
        return self.checks_known

    def playbook_faults(self) -> Sequence[Any]:
        return self.faulty

    def causes(self) -> Any:
        return self.causes_known

    def cause_faults(self) -> Sequence[Any]:
        return self.faulty_causes

    def stash_echo(self, text: str) -> str:
        return self._answer("disk", self.spoiled or text)

    def stash_refuses_change(self, text: str) -> bool:
        return self._answer("disk", self.refuses)

    def _answer(self, asked: str, fact: Any) -> Any:
        if asked in self.away:
            raise TransientError(f"the {asked} does not answer")
        return fact
