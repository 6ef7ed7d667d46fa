from datetime import timedelta

from grace_workers.orchestration.line.deployments import RECENT, deployments_near
from grace_workers.orchestration.stores.deployments import DeploymentStore
from grace_workers.signals import Deployment, DeploymentState
from tests.builders import DATABASE, WEB, Ward


def deployment(ward: Ward, key: str, target: str, before: timedelta) -> Deployment:
    return Deployment(
        key=key, source="github", names=(target,), state=DeploymentState.SUCCEEDED, revision="8f1c", environment="prod",
        title="Take coupons", by="ann", url="", at=ward.clock.now() - before, target=target,
    )  # fmt: skip


def test_what_was_deployed_near_an_incident_is_among_its_evidence() -> None:
    ward = Ward()
    minute = timedelta(minutes=1)
    told = [
        *(deployment(ward, f"w{at}", WEB, at * minute) for at in range(1, 6)),
        deployment(ward, "d", DATABASE, 2 * minute),
        deployment(ward, "old", "gone", RECENT + minute),
    ]
    with ward.ledger.transaction() as tx:
        tx[DeploymentStore].keep(told)
    incident = ward.fall_ill()
    with ward.ledger.transaction() as tx:
        near = deployments_near(tx, ward.line, tx.incidents.load(incident).incident)
    found = {one.subject: one for one in near}
    assert [fact["seconds_before"] for fact in found[WEB].value] == [60.0, 120.0, 180.0]
    assert found[WEB].value[0]["revision"] == "8f1c"
    ward.work()
    with ward.ledger.transaction() as tx:
        diagnosis = tx.incidents.load(incident).diagnosis
    assert diagnosis is not None
    assert "deployments" in {one.kind for one in diagnosis.evidence}
