import pytest

from grace_workers.signals.triggers.certificate_expiring import DEFINITION
from tests.unit.signals.triggers.series import judged


@pytest.mark.parametrize(
    ("values", "words"),
    [([90, 7], "expires in 7.0 days"), ([0.25], "expires in 0.2 days"), ([-3], "expired 3.0 days ago")],
)
def test_it_is_seen(values: list[float | None], words: str) -> None:
    assert words in str(judged(DEFINITION, "certificate_days", values))


@pytest.mark.parametrize("values", [[7.1], [1, 89], [None]])
def test_it_is_not_seen(values: list[float | None]) -> None:
    assert judged(DEFINITION, "certificate_days", values) is None
