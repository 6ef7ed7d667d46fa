import pytest

from grace_workers.signals.triggers.latency_regression import DEFINITION
from tests.unit.signals.triggers.series import judged


@pytest.mark.parametrize(
    ("check", "values"),
    [("http_latency_ms", [10, 10, 10, 10, 10, 600, 700]), ("http_latency_ms", [200] * 6 + [900, 800])],
)
def test_it_is_seen(check: str, values: list[float | None]) -> None:
    assert judged(DEFINITION, check, values)


@pytest.mark.parametrize(
    ("check", "values"),
    [
        ("http_latency_ms", [600, 700]),
        ("http_latency_ms", [10, 10, 10, 10, 10, 10, 700]),
        ("http_latency_ms", [10] * 6 + [400, 400]),
        ("http_latency_ms", [300] * 6 + [800, 800]),
        ("http_latency_ms", [10] * 6 + [900, None]),
    ],
)
def test_it_is_not_seen(check: str, values: list[float | None]) -> None:
    assert judged(DEFINITION, check, values) is None
