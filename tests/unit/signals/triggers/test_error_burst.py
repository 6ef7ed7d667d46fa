import pytest

from grace_workers.signals.triggers.error_burst import DEFINITION
from tests.unit.signals.triggers.series import judged


@pytest.mark.parametrize(
    ("check", "values"),
    [
        ("error_count", [9]),
        ("error_count", [0, 0, 0, 5]),
        ("error_count", [2, 2, 2, 6]),
        ("error_count", [1, 1, 1, 30, 30]),
    ],
)
def test_it_is_seen(check: str, values: list[float | None]) -> None:
    assert judged(DEFINITION, check, values)


@pytest.mark.parametrize(
    ("check", "values"),
    [
        ("error_count", [4]),
        ("error_count", [0, None]),
        ("error_count", [10, 10, 10, 12]),
        ("error_count", [0, 0, 9, 0]),
    ],
)
def test_it_is_not_seen(check: str, values: list[float | None]) -> None:
    assert judged(DEFINITION, check, values) is None
