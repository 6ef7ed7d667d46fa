"""Code that becomes faster by what is measured, with a suite that runs before and after."""

import pytest

from grace_workers.bootstrap.coding import workshop_in
from grace_workers.coding import Bench, undertake
from tests.integration.coding.repositories import COMMAND, repository
from tests.unconfined import UnconfinedSandbox

SHOP = "def ways(n):\n    return 1 if n < 2 else ways(n - 1) + ways(n - 2)\n\n\ndef plain(n):\n    return n + 1\n"
TESTS = "from shop import plain, ways\n\n\ndef test_ways():\n    assert (ways(14), plain(1)) == (610, 2)\n"


def optimised(tmp_path, **arguments):
    folder = repository(tmp_path / "repo", {"shop.py": SHOP, "tests/test_shop.py": TESTS})
    workshop = workshop_in(UnconfinedSandbox())
    bench = Bench(
        workshop=workshop, repository=workshop.open_repository(folder), command=COMMAND, seconds=60.0, label="x"
    )
    return undertake("optimise", arguments, bench)


@pytest.mark.fleet
def test_what_wins_is_kept_with_its_measured_ratio(tmp_path):
    work = optimised(tmp_path, targets=["shop.py"])
    assert work.reason is None
    assert "@functools.cache\ndef ways" in work.files["shop.py"].decode()
    assert "ways: kept the results of ways: " in work.story[0]
    assert work.level.value == "unsafe"


def test_without_a_known_pattern_nothing_changes(tmp_path):
    work = optimised(tmp_path, targets=["shop.py::plain"])
    assert (work.files, work.reason.code.value) == ({}, "nothing_to_do")
