import pytest

from grace_workers.signals.triggers.heartbeat_stall import DEFINITION
from tests.unit.signals.triggers.series import judged


@pytest.mark.parametrize(
    ("check", "values"),
    [
        ("alive", [1, 0, 0]),
        ("alive", [None, None]),
        ("alive", [0, None, 0]),
        ("http_status", [200, 0, 503]),
        ("database_answers", [0.5, 0]),
    ],
)
def test_it_is_seen(check: str, values: list[float | None]) -> None:
    assert judged(DEFINITION, check, values)


@pytest.mark.parametrize(
    ("check", "values"),
    [
        ("alive", [0]),
        ("alive", [0, 0, 1]),
        ("alive", [0, 1, 0]),
        ("http_status", [404, 404]),
        ("http_status", [503, 200, 503]),
    ],
)
def test_it_is_not_seen(check: str, values: list[float | None]) -> None:
    assert judged(DEFINITION, check, values) is None
