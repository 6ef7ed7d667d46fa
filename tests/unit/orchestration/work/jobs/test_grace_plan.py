from grace_workers.orchestration.work.jobs.grace_plan import DEFINITION
from grace_workers.orchestration.work.plans import PLAN
from tests.builders import Ward, claimed
from tests.unit.orchestration.test_plans import PLAN as READY


def test_it_opens_an_incident_that_is_planned_and_carries_it_on() -> None:
    ward = Ward()
    ending = DEFINITION.run(ward, claimed(ward, DEFINITION, {"plan": READY, "by": "ann"}))
    with ward.ledger.transaction() as tx:
        (one,) = tx.incidents.find()
    assert ending.result == {"incident": str(one.incident.id), "state": "contracted"}


def test_strangers_cannot_hand_one_in() -> None:
    assert (DEFINITION.address, DEFINITION.submittable, DEFINITION.orderable) == (PLAN, False, False)
