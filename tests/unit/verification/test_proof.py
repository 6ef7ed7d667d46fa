"""What an expectation proves that was read before the first step."""

from datetime import timedelta
from typing import Any

import pytest

from grace_workers.foundation.ids import TargetName
from grace_workers.playbooks import Expectation, Operator
from grace_workers.verification import all_met_before, failing_before
from grace_workers.verification.judge import fits


def expectation(id: str = "runs", **changes: Any) -> Expectation:  # noqa: A002 - the field is called so
    given: dict[str, Any] = {
        "id": id,
        "check": "alive",
        "target": TargetName("shop"),
        "params": {},
        "operator": Operator.EQ,
        "bound": 1.0,
        "within": timedelta(seconds=10),
    }
    return Expectation(**{**given, **changes})


RUNS, ANSWERS, TAKEN = expectation(), expectation("answers", bound=200.0), expectation("taken", proves=False)


@pytest.mark.parametrize(
    ("before", "failing", "all_met"),
    [
        ({"runs": 0.0, "answers": 0.0}, ["runs", "answers"], False),
        ({"runs": 1.0, "answers": 0.0}, ["answers"], False),
        ({"runs": 1.0, "answers": 200.0}, [], True),
        ({"runs": 1.0}, [], False),
        ({}, [], False),
    ],
)
def test_only_what_was_read_and_unmet_before_can_prove_anything(before, failing, all_met) -> None:
    expectations = (RUNS, ANSWERS, TAKEN)
    assert [one.id for one in failing_before(expectations, {**before, "taken": 0.0})] == failing
    assert all_met_before(expectations, {**before, "taken": 0.0}) is all_met


def test_that_a_step_took_proves_nothing() -> None:
    assert failing_before((TAKEN,), {"taken": 0.0}) == ()
    assert not all_met_before((TAKEN,), {"taken": 1.0})


@pytest.mark.parametrize(("before", "bound", "proves"), [(100.0, 0.5, True), (0.0, 0.5, False), (100.0, 1.2, False)])
def test_a_regression_proves_something_where_the_reading_before_would_not_do(before, bound, proves) -> None:
    less = expectation(operator=Operator.LE, bound=bound, regression=True)
    assert bool(failing_before((less,), {"runs": before})) is proves


@pytest.mark.parametrize("operator", Operator)
def test_what_is_no_number_fits_nothing(operator) -> None:
    assert not fits(float("nan"), operator, 1.0)
    assert not fits(1.0, operator, float("nan"))
