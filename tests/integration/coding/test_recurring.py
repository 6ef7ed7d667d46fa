"""An error that comes back: the improvement cycle finds it, orders a patch, and takes it back if it does not help."""

from datetime import timedelta
from pathlib import Path

import pytest

from grace_workers.cycles import Improvement, ImprovementState
from grace_workers.foundation.errors import NotFoundError
from grace_workers.governance import Role
from grace_workers.orchestration import approvals, cycles
from grace_workers.orchestration.approvals import Reply
from grace_workers.orchestration.improvements import improvements, withdrawing
from grace_workers.signals import SignalStatus
from grace_workers.testing import MemoryService
from tests.builders import Ward, signal
from tests.integration.coding.fleet import SHOP, ward_of
from tests.integration.coding.repositories import git, repository
from tests.integration.coding.test_tasks import CART, TESTS, TRACEBACK

MENDED = "if not prices"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Code whose suite passes, although one call raises an error."""
    files = {"shop/__init__.py": "", "shop/cart.py": CART, "tests/test_cart.py": TESTS}
    made: Path = repository(tmp_path / "repo", files)
    return made


def comes_and_goes(ward: Ward, times: int) -> None:
    """Let the error be reported so often, and pass each time before anything looks at it."""
    for _ in range(times):
        for status in SignalStatus:
            key = f"{ward.clock.now()}:{status}"
            ward.receive(signal(SHOP, at=ward.clock, text=TRACEBACK, key=key, status=status))
            ward.clock.advance(timedelta(seconds=40))
        ward.work()
        ward.clock.advance(timedelta(hours=2))


def look(ward: Ward) -> Improvement:
    """Let the cycle look, and return the one improvement that it knows."""
    cycles.run_now(ward.ledger, "improvement", by="ann")
    ward.work()
    found = improvements(ward.ledger)
    (one,) = [*found.open, *found.past]
    return one


def answered(ward: Ward, *, approved: bool) -> None:
    """Let a person answer the question about the patch."""
    (asked,) = approvals.pending(ward.ledger, ward.clock)
    given = Reply(by="ben", role=Role.APPROVER, approved=approved, reason="it was read")
    approvals.answer(ward.ledger, ward.clock, asked.id, given)
    ward.work()


def on_main(shop: Path) -> str:
    return str(git(shop, "show", "main:shop/cart.py"))


def test_an_error_that_comes_back_is_mended_once_and_the_patch_is_taken_back_if_it_comes_all_the_same(
    shop: Path,
) -> None:
    service = MemoryService()
    ward = ward_of(shop, service=service)
    comes_and_goes(ward, 6)
    one = look(ward)
    assert (one.kind, one.state) == ("coding_task", ImprovementState.PROPOSED)
    assert "came 6 times in seven days: 6 passed" in one.why
    assert MENDED not in on_main(shop)
    answered(ward, approved=True)
    assert MENDED in on_main(shop)
    assert service.starts == 2
    assert look(ward).state is ImprovementState.IN_FORCE
    with pytest.raises(NotFoundError, match=one.key):
        withdrawing(ward.line, "coding_task:other", "no need")
    comes_and_goes(ward, 14)
    left = look(ward)
    assert left.told.startswith("it did not help: 14 incidents came in 1.2 days since")
    assert MENDED not in on_main(shop)
    assert service.starts == 3
    assert approvals.pending(ward.ledger, ward.clock) == []
    over = look(ward)
    assert (over.state, over.told) == (ImprovementState.TAKEN_BACK, left.told)
    subjects = str(git(shop, "log", "--format=%s", "main")).splitlines()
    assert [one.split(" ")[0] for one in subjects] == ["Revert", "Fix", "first"]


def test_a_patch_that_people_refuse_is_left_with_their_reason(shop: Path) -> None:
    ward = ward_of(shop)
    comes_and_goes(ward, 6)
    look(ward)
    answered(ward, approved=False)
    over = look(ward)
    assert over.state is ImprovementState.LEFT
    assert over.told.startswith("its patch was not merged: ")
    assert MENDED not in on_main(shop)


def test_an_error_that_the_agent_cannot_mend_is_left_with_its_reason(shop: Path) -> None:
    (shop / "shop" / "cart.py").write_text("def receipt(prices, names):\n    return 1\n")
    git(shop, "commit", "-qam", "the error cannot come any more")
    ward = ward_of(shop)
    comes_and_goes(ward, 6)
    look(ward)
    over = look(ward)
    assert over.state is ImprovementState.LEFT
    assert over.told.startswith("the coding agent made no patch: ")
