"""Why a run of a suite shows no test, in words that say what to do."""

import pytest

from grace_workers.coding.baseline import no_tests
from grace_workers.coding.recording import Recording, TestRun

RUN = {"tests/test_a.py::test_a": TestRun(name="tests/test_a.py::test_a", outcome="passed", lines={})}


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (5, "The test command collects no test."),
        (4, "pytest refused the test command; run it by hand to see why."),
        (3, "pytest itself failed; run the test command by hand to see why."),
        (1, "pytest ended with exit code 1 before any test; run the test command by hand to see why."),
    ],
)
def test_a_run_without_tests_says_why(code: int, told: str) -> None:
    reason = no_tests(Recording(collected=(), runs={}, code=code))
    assert reason is not None
    assert (str(reason.code), reason.message) == ("no_tests", told)


@pytest.mark.parametrize("code", [0, 1])
def test_a_run_with_tests_has_no_such_reason(code: int) -> None:
    assert no_tests(Recording(collected=tuple(RUN), runs=RUN, code=code)) is None
