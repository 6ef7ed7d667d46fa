"""What the store of deployments promises, in memory and PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from grace_workers.foundation.ids import TargetName
from grace_workers.orchestration.stores.deployments import DeploymentStore
from grace_workers.signals import Deployment, DeploymentState
from tests.builders import DATABASE, WEB
from tests.conformance.line_worlds import World, clock, world

__all__ = ["clock", "world"]

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
ONE = Deployment(
    key="github:shop:1",
    source="github",
    names=("shop-web",),
    state=DeploymentState.STARTED,
    revision="8f1c",
    environment="production",
    title="Take coupons",
    by="ann",
    url="https://example.com/1",
    at=NOW,
    target=WEB,
)
DONE = replace(ONE, state=DeploymentState.SUCCEEDED, at=NOW + timedelta(minutes=3))


def test_the_newest_state_of_a_deployment_counts_in_whatever_order_it_arrives(world: World) -> None:
    for told in ([ONE], [DONE], [ONE], [DONE, DONE]):
        with world.ledger.transaction() as tx:
            tx[DeploymentStore].keep(told)
    with world.ledger.transaction() as tx:
        assert list(tx[DeploymentStore].newest()) == [DONE]


def test_a_targets_newest_come_first_up_to_the_limit(world: World) -> None:
    many = [replace(ONE, key=f"k{at}", at=NOW + timedelta(minutes=at)) for at in range(5)]
    with world.ledger.transaction() as tx:
        tx[DeploymentStore].keep([*many, replace(ONE, key="other", target=DATABASE, at=NOW + timedelta(hours=1))])
    with world.ledger.transaction() as tx:
        assert [one.key for one in tx[DeploymentStore].newest(target=WEB, limit=3)] == ["k4", "k3", "k2"]
        assert tx[DeploymentStore].newest(limit=1)[0].key == "other"


def test_the_newest_of_several_targets_are_found_at_once(world: World) -> None:
    many = [replace(ONE, key=f"k{at}", at=NOW + timedelta(minutes=at)) for at in range(5)]
    with world.ledger.transaction() as tx:
        tx[DeploymentStore].keep([*many, replace(ONE, key="other", target=DATABASE, at=NOW + timedelta(hours=1))])
    with world.ledger.transaction() as tx:
        found = tx[DeploymentStore].newest_of([WEB, DATABASE, TargetName("quiet")], limit=2)
    keys = {target: [one.key for one in told] for target, told in found.items()}
    assert keys == {WEB: ["k4", "k3"], DATABASE: ["other"]}
