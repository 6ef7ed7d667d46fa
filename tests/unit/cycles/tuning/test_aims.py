"""The aims of the fleet's jobs: over 3 s to run, over 1 s to wait, or too many failures are findings."""

from datetime import timedelta

import pytest

from grace_workers.cycles.tuning.aims import achieved, missed
from grace_workers.cycles.tuning.block import BlockFigures
from grace_workers.cycles.tuning.look import LeverLook

HALF_HOUR = timedelta(minutes=30)


def look(pool: str = "healing", *, jobs: int = 40, failed: int = 0, ran: float = 0.5, waited: float = 0.1) -> LeverLook:
    done = BlockFigures(
        jobs=jobs, failed=failed, seconds=1.0, service=timedelta(seconds=ran), waited=timedelta(seconds=waited)
    )
    return LeverLook(block=HALF_HOUR, work={pool: (done, HALF_HOUR)})


@pytest.mark.parametrize(
    ("seen", "keys"),
    [
        (look(ran=3.0, waited=1.0, failed=6), []),
        (look(ran=3.1), ["slow:healing"]),
        (look(waited=1.1), ["waiting:healing"]),
        (look(failed=7), ["failing:healing"]),
        (look(ran=9, waited=9, failed=40), ["slow:healing", "waiting:healing", "failing:healing"]),
        (look("coding", ran=60), []),
        (look("coding", waited=60), ["waiting:coding"]),
        (look(jobs=19, ran=9), []),
    ],
)
def test_what_misses_its_aim_is_a_finding(seen: LeverLook, keys: list[str]) -> None:
    assert [one.key for one in missed(seen)] == keys


def test_the_title_says_both_figures_and_the_figures_are_told_for_each_pool() -> None:
    seen = look(ran=4.26, waited=0.5, failed=2)
    figures = {"run_seconds": 4.26, "wait_seconds": 0.5, "jobs_per_hour": 80.0, "succeeded": 0.95}
    assert [one.title for one in missed(seen)] == ["jobs of the pool healing run 4.3 s, more than 3 s"]
    assert missed(seen)[0].figures == figures
    assert achieved(seen) == {"healing": figures}
    assert achieved(look(jobs=0)) == {}
