"""The suite as it is before a repair: tests that never end, and tests in parts."""

from grace_workers.bootstrap.coding import workshop_in
from grace_workers.coding.baseline import Baseline, established
from grace_workers.coding.deadline import Deadline
from grace_workers.coding.engines.localisation.localise import localise
from grace_workers.foundation.clock import SystemClock
from tests.integration.coding.repositories import COMMAND, repository
from tests.unconfined import UnconfinedSandbox

SHAPES = """def area(kind, size):
    return {"square": square, "circle": circle, "line": line}[kind](size)


def square(size):
    return size + size


def circle(size):
    return 3 * size * size


def line(size):
    return 0 * size
"""
IN_PARTS = """import unittest
from shapes import area


class Areas(unittest.TestCase):
    def test_all(self):
        for kind, expected in (("circle", 27), ("line", 0), ("square", 9)):
            with self.subTest(kind=kind):
                self.assertEqual(area(kind, 3), expected)
"""

COUNTING = "def down(number):\n    while number != 0:\n        number -= 2\n    return number\n"
TESTS = (
    "import pytest\nfrom counting import down\n\n\n"
    "@pytest.mark.parametrize('number', [1, 3, 5, 7, 9, 8])\ndef test_down(number):\n    assert down(number) == 0\n\n\n"
    "def test_zero():\n    assert down(0) == 0\n"
)


def baseline(tmp_path, files):
    workshop = workshop_in(UnconfinedSandbox())
    (tmp_path / "scratch").mkdir()
    opened = workshop.open_repository(repository(tmp_path / "repo", files))
    found = established(workshop, opened, COMMAND, Deadline.after(60.0, SystemClock()), tmp_path / "scratch")
    assert isinstance(found, Baseline), found
    return found


def test_the_subtest_that_fails_tells_which_function_is_at_fault(tmp_path):
    found = baseline(tmp_path, {"shapes.py": SHAPES, "tests/test_shapes.py": IN_PARTS})
    [run] = found.traced.failing
    assert [part.failed for part in run.parts] == [False, False, True]
    assert {2, 6, 10, 14} <= set(run.lines["shapes.py"])
    assert localise(found.traced, found.tree, found.sources)[0].function == "square"


def test_of_the_cases_that_hang_only_the_first_takes_long_and_those_that_end_still_pass(tmp_path):
    found = baseline(tmp_path, {"counting.py": COUNTING, "tests/test_counting.py": TESTS})
    first, *others = found.traced.failing
    assert (len(others), len(found.traced.hanging), len(found.traced.passing)) == (4, 5, 2)
    assert first.seconds > 0.5
    assert all(run.seconds < first.seconds / 2 for run in others)
    assert sum(run.seconds for run in found.timed.failing) < first.seconds
