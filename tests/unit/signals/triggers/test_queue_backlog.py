import pytest

from grace_workers.signals.triggers.queue_backlog import DEFINITION
from tests.unit.signals.triggers.series import judged


@pytest.mark.parametrize(
    ("check", "values"), [("lock_waiters", [3, 3]), ("lock_waiters", [0, 4, 9]), ("queue_length", [100, 250])]
)
def test_it_is_seen(check: str, values: list[float | None]) -> None:
    assert judged(DEFINITION, check, values)


@pytest.mark.parametrize(
    ("check", "values"),
    [
        ("lock_waiters", [9]),
        ("lock_waiters", [2, 9]),
        ("lock_waiters", [9, 4]),
        ("lock_waiters", [9, None]),
        ("queue_length", [99, 99]),
    ],
)
def test_it_is_not_seen(check: str, values: list[float | None]) -> None:
    assert judged(DEFINITION, check, values) is None
