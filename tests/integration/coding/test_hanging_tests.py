"""Tests that never end: one case of each function gets time, so that the search has the rest of the budget."""

from grace_workers.bootstrap.coding import workshop_in
from grace_workers.coding.baseline import Baseline, established
from grace_workers.coding.deadline import Deadline
from grace_workers.foundation.clock import SystemClock
from tests.integration.coding.repositories import COMMAND, repository
from tests.unconfined import UnconfinedSandbox

COUNTING = "def down(number):\n    while number != 0:\n        number -= 2\n    return number\n"
TESTS = (
    "import pytest\nfrom counting import down\n\n\n"
    "@pytest.mark.parametrize('number', [1, 3, 5, 7, 9, 8])\ndef test_down(number):\n    assert down(number) == 0\n\n\n"
    "def test_zero():\n    assert down(0) == 0\n"
)


def test_of_the_cases_that_hang_only_the_first_takes_long_and_those_that_end_still_pass(tmp_path):
    place = repository(tmp_path / "repo", {"counting.py": COUNTING, "tests/test_counting.py": TESTS})
    workshop = workshop_in(UnconfinedSandbox())
    (tmp_path / "scratch").mkdir()
    deadline = Deadline.after(60.0, SystemClock())
    found = established(workshop, workshop.open_repository(place), COMMAND, deadline, tmp_path / "scratch")
    assert isinstance(found, Baseline), found
    first, *others = found.traced.failing
    assert (len(others), len(found.traced.hanging), len(found.traced.passing)) == (4, 5, 2)
    assert first.seconds > 0.5
    assert all(run.seconds < first.seconds / 2 for run in others)
    assert sum(run.seconds for run in found.timed.failing) < first.seconds
