import pytest

from grace_workers.signals.triggers.resource_pressure import DEFINITION
from tests.unit.signals.triggers.series import judged


@pytest.mark.parametrize(("check", "values"), [("disk_used_ratio", [0.9]), ("disk_used_ratio", [0.1, 1.2])])
def test_it_is_seen(check: str, values: list[float | None]) -> None:
    assert judged(DEFINITION, check, values)


@pytest.mark.parametrize(
    ("check", "values"), [("disk_used_ratio", [0.89]), ("disk_used_ratio", [0.99, 0.5]), ("disk_used_ratio", [None])]
)
def test_it_is_not_seen(check: str, values: list[float | None]) -> None:
    assert judged(DEFINITION, check, values) is None
