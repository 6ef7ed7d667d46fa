"""How far a run brings readings towards their bounds."""

from dataclasses import replace

import pytest

from grace_workers.playbooks import Operator
from grace_workers.verification import approach
from tests.builders import plan

WELL = plan().expectations[0]
LATENCY = replace(WELL, id="latency", operator=Operator.LE, bound=300.0)


@pytest.mark.parametrize(
    ("before", "after", "share"),
    [(900, 300, 1.0), (900, 600, 0.5), (900, 900, 0.0), (900, 1200, -0.5), (900, 90_000, -1.0), (900, 10, 1.0)],
)
def test_the_share_is_what_of_the_distance_to_the_bound_is_gone(before: float, after: float, share: float) -> None:
    assert approach([LATENCY], {"latency": before}, {"latency": after}) == pytest.approx(share)


def test_the_reading_that_fared_worst_counts() -> None:
    before, after = {"latency": 900.0, "well": 1.0}, {"latency": 300.0, "well": 1.0}
    assert approach([LATENCY, WELL], before, after) == 0.0


def test_what_was_met_before_or_proves_nothing_or_was_not_read_says_nothing() -> None:
    assert approach([LATENCY], {"latency": 100.0}, {"latency": 900.0}) is None
    assert approach([replace(LATENCY, proves=False)], {"latency": 900.0}, {"latency": 900.0}) is None
    assert approach([LATENCY], {"latency": 900.0}, {}) is None
    assert approach([replace(LATENCY, operator=Operator.LT)], {"latency": 300.0}, {"latency": 300.0}) == 0.0
