import pytest

from grace_workers.signals.triggers.configuration_drift import DEFINITION
from tests.unit.signals.triggers.series import judged


@pytest.mark.parametrize("check", list(DEFINITION.checks))
def test_it_is_seen_in_two_looks_in_a_row(check: str) -> None:
    assert judged(DEFINITION, check, [0, 1, 2])


@pytest.mark.parametrize("values", [[0, 0], [0, 3], [3, 0], [2, None], [None, None]])
def test_what_a_deployment_passes_through_is_not_seen(values: list[float | None]) -> None:
    assert judged(DEFINITION, "files_changed_in_place", values) is None
