from grace_workers.actions import OutcomeStatus
from grace_workers.actions.primitives.suspend import DEFINITION
from grace_workers.actions.suspension import SuspensionParams
from grace_workers.testing import MemorySuspendable
from tests.suspension_cases import starting

PARAMS = SuspensionParams()
in_memory, real, real_kubernetes_job, real_kubernetes_delivery, real_git = starting(held=False)


def test_people_read_what_would_be_held() -> None:
    words = "suspend rollouts of the shop; what has begun goes on"
    assert DEFINITION.preview(MemorySuspendable(held=False), PARAMS).changes == (words,)
    left = "leave rollouts of the shop as they are: suspended"
    assert DEFINITION.preview(MemorySuspendable(held=True), PARAMS).changes == (left,)


def test_what_is_so_already_is_left_and_stays_so_after_a_restore() -> None:
    target = MemorySuspendable(held=True)
    kept = DEFINITION.snapshot(target, PARAMS)
    assert DEFINITION.apply(target, PARAMS, kept).status is OutcomeStatus.UNCHANGED
    DEFINITION.restore(target, PARAMS, kept)
    assert target.held is True
