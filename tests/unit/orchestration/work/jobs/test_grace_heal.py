from grace_workers.orchestration.job import Succeeded
from grace_workers.orchestration.work.jobs.grace_heal import DEFINITION
from grace_workers.orchestration.work.requests import HEAL
from tests.builders import Ward, claimed


def test_it_opens_one_incident_and_carries_it_on() -> None:
    ward = Ward()
    claim = claimed(ward, DEFINITION, {"target": "web", "reason": "it is slow", "by": "ann"})
    ending = DEFINITION.run(ward, claim)
    assert isinstance(ending, Succeeded)
    with ward.ledger.transaction() as tx:
        (one,) = tx.incidents.find()
    assert ending.result == {"incident": str(one.incident.id), "state": "contracted"}


def test_tasks_and_clients_ask_for_it_by_its_address() -> None:
    assert (DEFINITION.address, DEFINITION.ends_with_incident) == (HEAL, True)
