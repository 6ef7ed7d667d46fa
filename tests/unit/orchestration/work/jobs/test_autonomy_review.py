"""The job that lets a level fall."""

from dataclasses import replace

from grace_workers.actions import Domain
from grace_workers.foundation.ids import uuid7
from grace_workers.governance import EVERY_PLAYBOOK, AutonomyLevel, AutonomyPolicy
from grace_workers.learning import Ending
from grace_workers.orchestration.job import Succeeded
from grace_workers.orchestration.stores.autonomy import AutonomyStore
from grace_workers.orchestration.work.jobs.autonomy_review import DEFINITION
from tests.builders import Ward, claimed, episode, plan
from tests.conformance.line_worlds import dossier


def missed(ward: Ward, times: int) -> str:
    """Let runs miss; return the plan of the last."""
    for _ in range(times):
        made = plan()
        with ward.ledger.transaction() as tx:
            of = dossier(ward.clock, id=made.incident)
            tx.incidents.add(of)
            tx.journal.begin(made, made.incident, ward.clock.now())
            tx.journal.end(made.id, episode(made, ward.clock, Ending.INEFFECTIVE))
    return str(made.id)


def levels(ward: Ward) -> dict[str, AutonomyLevel]:
    with ward.ledger.transaction() as tx:
        known = tx[AutonomyStore].known("cure", Domain.INTERNAL_PERFORMANCE)
    return {name: one.level for name, one in known.items()}


def test_a_playbook_falls_once_however_often_the_job_runs() -> None:
    ward = Ward()
    of = missed(ward, 3)
    for _ in range(2):
        assert isinstance(DEFINITION.run(ward, claimed(ward, DEFINITION, {"plan": of})), Succeeded)
    assert levels(ward) == {"cure": AutonomyLevel.ASK}


def test_a_spent_error_budget_holds_every_playbook_of_the_domain() -> None:
    ward = Ward()
    strict = AutonomyPolicy(budget_runs=2, misses=100)
    ward.line = replace(ward.line, policy=ward.line.policy.model_copy(update={"autonomy": strict}))
    of = missed(ward, 2)
    DEFINITION.run(ward, claimed(ward, DEFINITION, {"plan": of}))
    assert levels(ward) == {EVERY_PLAYBOOK: AutonomyLevel.ASK}


def test_a_run_that_is_unknown_changes_nothing() -> None:
    ward = Ward()
    assert isinstance(DEFINITION.run(ward, claimed(ward, DEFINITION, {"plan": str(uuid7())})), Succeeded)
    assert levels(ward) == {}
