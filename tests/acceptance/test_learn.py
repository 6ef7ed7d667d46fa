"""What a fleet learned, over HTTP and by the command line, on a real database."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from grace_workers.foundation.ids import IncidentId, PlanId, TargetName
from grace_workers.governance import Role
from grace_workers.learning import Ending, Precedent
from grace_workers.orchestration.stores.precedents import PrecedentStore
from tests.acceptance.shared_api import check_problem, world

__all__ = ["world"]
pytestmark = pytest.mark.servers
PLAN = UUID(int=7)
LEARNING = "/api/v1/learning"


def test_a_run_is_read_and_forgotten_once_by_an_admin(world):
    with world.runtime.ledger.transaction() as tx:
        tx[PrecedentStore].put(
            Precedent(
                plan=PlanId(PLAN),
                incident=IncidentId(UUID(int=1)),
                at=datetime.now(UTC),
                signature="down~1",
                cause="process_down",
                target=TargetName("shop-web"),
                complaining=None,
                playbook="restart_dead_service",
                engine="rules",
                measured=True,
                confidence=0.55,
                ending=Ending.VERIFIED,
            )
        )
    curve = world.get(f"{LEARNING}/calibration", Role.VIEWER).json()
    assert [(one["count"], one["right"]) for one in curve["bins"]] == [(1, 1.0)]
    assert world.get(f"{LEARNING}/summary", Role.VIEWER).json()["causes"] == {"process_down": 1}
    assert [one["plan"] for one in world.get(f"{LEARNING}/precedents", Role.VIEWER).json()] == [str(PLAN)]
    assert world.get(f"{LEARNING}/recommendations?signature=down~1", Role.VIEWER).json() == []
    assert world.get(f"{LEARNING}/models", Role.VIEWER).json() == []
    path, why = f"{LEARNING}/precedents/{PLAN}/forget", {"reason": "the probe was broken"}
    check_problem(world.post(path, why, Role.APPROVER), 403)
    assert world.post(path, why, Role.ADMIN).json()["forgotten"] is True
    check_problem(world.post(path, why, Role.ADMIN), 409)
    check_problem(world.post(f"{LEARNING}/precedents/{UUID(int=8)}/forget", why, Role.ADMIN), 404)
    check_problem(world.post(f"{LEARNING}/models/3/restore", {}, Role.ADMIN), 404)
    assert world.get(f"{LEARNING}/calibration", Role.VIEWER).json()["count"] == 0
