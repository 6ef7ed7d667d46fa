"""A text that no rule knows, from the training by the schedule's job to the plan that asks a person."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from grace_workers.actions import Restartable
from grace_workers.bootstrap.runtime import Runtime
from grace_workers.diagnosis import EngineKind
from grace_workers.foundation.ids import IncidentId, PlanId, TargetName, uuid7
from grace_workers.learning import Ending, Precedent
from grace_workers.orchestration.dossier import Dossier
from grace_workers.orchestration.job import JobState
from grace_workers.orchestration.queries import IncidentView, incident
from grace_workers.orchestration.stores.precedents import PrecedentStore
from grace_workers.orchestration.work.intake import accept
from grace_workers.orchestration.work.jobs.learning_train import DEFINITION as TRAIN
from grace_workers.settings import Settings
from grace_workers.signals import Incident, IncidentState, Severity, Signal, Signature
from tests.integration.line.conftest import work
from tests.waiting import until

# The training, in a process of its own with scikit-learn, takes seconds.
pytestmark = [pytest.mark.servers, pytest.mark.fleet]

SHOP = TargetName("shop")
SAID = {
    "memory_leak": "the basket of {} is slow, longer every hour until the shop swaps",
    "lock_pileup": "the basket of {} is slow, saving hangs since another session holds the row",
    "process_down": "the basket of {} is slow, nobody answers at the counter",
    "queue_backlog": "the basket of {} is slow, mails come hours late",
}
SWAPS = "since noon my basket needs longer every hour, until it swaps"
THOUGHTS = {
    "nobody at all answers at the counter": [
        "; process_down: model 1 of texts gives it ",
        ", but readings refute it on shop",
    ],
    "my mails come hours late": [
        "; queue_backlog: model 1 of texts gives it ",
        ", but neither shop nor what it depends on can have it",
    ],
    "qwx zzyx vrrm": ["; it shares nothing with any of 80 precedents; ", "texts knows no word of what it says"],
}
PLAYBOOK = """
name: restart_leaking_service
description: Restarts a service whose memory grows.
version: 1
aspect: performance
budget: 1m
when: {causes: [memory_leak]}
steps: [{id: restart, primitive: restart_service}]
expectations: [{id: runs, check: alive, operator: "==", bound: 1, within: 15s}]
"""


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    folder = tmp_path / "playbooks"
    folder.mkdir()
    (folder / "restart_leaking_service.yaml").write_text(PLAYBOOK)
    return settings.model_copy(update={"playbooks": (folder,)})


@pytest.fixture
def taught(runtime: Runtime) -> Iterator[Runtime]:
    """A fleet in which eighty tickets were proved to have one of four causes."""
    chance = Random(1)
    with runtime.ledger.transaction() as tx:
        for number in range(80):
            cause = chance.choice(list(SAID))
            one = ticket(SAID[cause].format(f"order {number}"))
            closed = Incident(
                state=IncidentState.CLOSED,
                target=SHOP,
                signature=one.signature,
                severity=one.severity,
                title=one.summary,
                opened_at=one.observed_at - timedelta(days=2),
                last_signal_at=one.observed_at,
                updated_at=one.observed_at,
                closed_at=one.observed_at,
            )
            tx.incidents.add_all([Dossier(incident=closed, signal=one)])
            tx[PrecedentStore].put(proved(closed.id, cause, number))
    service = runtime.line.world.role(SHOP, Restartable)
    service.start()
    yield runtime
    service.stop(timedelta(seconds=1))


def ticket(text: str) -> Signal:
    return Signal(
        source="plain",
        name=f"Ticket {uuid7()}",
        target=SHOP,
        severity=Severity.ERROR,
        summary=text,
        signature=Signature(f"ticket~{uuid7().hex}"),
        delivery_key=str(uuid7()),
        observed_at=datetime.now(UTC),
    )


def proved(incident_id: IncidentId, cause: str, number: int) -> Precedent:
    return Precedent(
        plan=PlanId(uuid7()),
        incident=incident_id,
        at=datetime.now(UTC) - timedelta(days=1, minutes=80 - number),
        signature=f"ticket-{number}",
        cause=cause,
        target=SHOP,
        complaining=SHOP,
        playbook="restart",
        engine="rules",
        measured=True,
        confidence=0.5,
        ending=Ending.VERIFIED,
        features={f"line of ticket {number}": 1.0},
    )


def came_to(runtime: Runtime, text: str) -> IncidentView:
    [receipt] = accept(runtime.intake, [ticket(text)], by="ann")

    def ended() -> IncidentView | None:
        # On a busy machine a job may lose its database for a moment; it is tried again a little later.
        work(runtime)
        assert receipt.incident is not None
        found = incident(runtime.ledger, receipt.incident)
        return None if found.dossier.incident.state is IncidentState.OPEN else found

    return until(ended, within=60)


def train(runtime: Runtime) -> None:
    """Let the schedule's job train, in its own process."""
    assert TRAIN.cadence is not None
    entry = TRAIN.entry(TRAIN.cadence)
    with runtime.ledger.transaction() as tx:
        tx.jobs.submit([entry.request(datetime.now(UTC))])
    work(runtime)
    with runtime.ledger.transaction() as tx:
        [job] = [one for one in tx.jobs.find(state=JobState.SUCCEEDED, limit=50) if one.name == "learning.train"]
    assert job.result is not None
    assert job.result["texts"]["version"] == 1


def test_it_is_decided_by_the_trained_model_and_every_answer_says_what_the_model_thought(taught: Runtime) -> None:
    before = came_to(taught, SWAPS)
    assert before.dossier.incident.state is IncidentState.ESCALATED
    assert "of texts" not in before.dossier.reasons[0]
    train(taught)
    found = came_to(taught, SWAPS)
    assert found.dossier.incident.state is IncidentState.AWAITING_APPROVAL, found.timeline
    best, plan = found.dossier.diagnosis.hypotheses[0], found.dossier.plan
    assert (best.cause, best.engine, best.evidence) == ("memory_leak", EngineKind.MODEL, ("model:texts:1",))
    assert best.reasoning.startswith(f"model 1 of texts gives it {best.confidence:.0%} by '")
    assert plan.playbook == "restart_leaking_service"
    assert (plan.reason, plan.confidence) == (best.reasoning, best.confidence)
    assert "only texts" in str(found.timeline[-1].headline)
    for text, thoughts in THOUGHTS.items():
        handed_over = came_to(taught, text).dossier
        assert handed_over.incident.state is IncidentState.ESCALATED
        assert all(thought in handed_over.reasons[0] for thought in thoughts), handed_over.reasons
