"""A whole line over a fresh database and the real targets of a drill, whose jobs are run here, one by one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import uuid4

from pydantic import SecretStr

from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.bootstrap.runtime import Runtime, open_runtime
from grace_workers.entrypoints.tasks.catalog import job_functions
from grace_workers.entrypoints.tasks.edge import Ring, attend
from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.governance import Role
from grace_workers.orchestration import approvals, queries
from grace_workers.orchestration.dossier import Fate
from grace_workers.orchestration.job import JobState, Pool
from grace_workers.orchestration.queries import IncidentView
from grace_workers.orchestration.work.intake import accept
from grace_workers.settings import BrokerSettings, DatabaseSettings, Settings, TargetSettings
from grace_workers.signals import IncidentState, Severity, Signal, sign
from tests.waiting import until

PLANNED = frozenset({IncidentState.CONTRACTED, IncidentState.AWAITING_APPROVAL})


@dataclass(frozen=True)
class DrillLine:
    """One line, with a database of its own."""

    runtime: Runtime

    def report(self, target: str, name: str, words: str, case: str) -> IncidentId:
        """Report the signal, and return the incident that it opens; each case has a signature of its own."""
        signal = Signal(
            source="drill",
            name=name,
            target=TargetName(target),
            severity=Severity.CRITICAL,
            summary=words or name,
            signature=sign(f"{name} {case}"),
            delivery_key=uuid4().hex,
            observed_at=datetime.now(UTC),
        )
        receipt = accept(self.runtime.intake, [signal], by="drill")[0]
        assert receipt.fate is Fate.OPENED, receipt
        assert receipt.incident is not None
        return receipt.incident

    def decided(self, incident: IncidentId) -> IncidentView:
        """Run the incident until it is planned and governed, or has ended; no step is taken before."""
        return self._run(incident, {Pool.ORCHESTRATION}, lambda view: _waits(view) or _state(view) in PLANNED)

    def ended(self, incident: IncidentId) -> IncidentView:
        """Run the incident to its end, or until it waits for a person."""
        return self._run(incident, set(Pool), _waits)

    def attend_all(self) -> None:
        """Run all jobs that are due."""
        while self._attend(set(Pool)):
            pass

    def agree(self, view: IncidentView, role: Role) -> None:
        """Answer the open question of the incident with yes."""
        reply = approvals.Reply(by="alice", role=role, approved=True, reason="a drill")
        approvals.answer(self.runtime.ledger, self.runtime.clock, view.approvals[-1].id, reply)

    def _run(self, incident: IncidentId, pools: set[Pool], done: Callable[[IncidentView], bool]) -> IncidentView:
        def looked() -> IncidentView | None:
            while self._attend(pools):
                pass
            view = queries.incident(self.runtime.ledger, incident)
            return view if done(view) else None

        return until(looked, within=120, instead=lambda: queries.incident(self.runtime.ledger, incident))

    def _attend(self, pools: set[Pool]) -> bool:
        with self.runtime.ledger.transaction() as tx:
            now = self.runtime.clock.now()
            queued = [one for one in tx.jobs.find(state=JobState.QUEUED) if not one.not_before or one.not_before <= now]
        due = [job for job in queued if job.pool in pools]
        if due:
            attend(self.runtime, job_functions(), Ring(job_id=str(due[0].id)))
        return bool(due)


def _state(view: IncidentView) -> IncidentState:
    return view.dossier.incident.state


def _waits(view: IncidentView) -> bool:
    return view.dossier.closing is not None or _state(view) is IncidentState.AWAITING_APPROVAL


@contextmanager
def open_line(database: str, broker: str, folder: Path, targets: Sequence[Mapping[str, Any]]) -> Iterator[DrillLine]:
    """Yield the line of these targets on that database, with everything else as it ships, but never in working hours.

    A plan scores a higher risk outside them, so that a drill would ask people by night and no one by day.
    """
    policy = folder.with_name("policy.yaml")
    policy.write_text(f"{(files('grace_workers.governance') / 'policy.yaml').read_text()}\nworking_days: []\n")
    policy.chmod(0o600)
    settings = Settings(
        data_dir=folder,
        instance="here",
        database=DatabaseSettings(url=SecretStr(database)),
        broker=BrokerSettings(url=SecretStr(broker)),
        policy=policy,
        targets=tuple(TargetSettings(**one) for one in targets),
    )
    runtime = open_runtime(settings)
    try:
        PostgresInstances(runtime.engine).register(runtime.instance, pools=["healing", "orchestration"])
        yield DrillLine(runtime)
    finally:
        runtime.close()
