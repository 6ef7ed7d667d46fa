"""What a heal is worth by its age, and what comes first."""

from datetime import timedelta

import pytest

from grace_workers.entrypoints.dashboard.practice import practice_of
from grace_workers.testing import FakeClock

NOW = FakeClock().now()


def run(days: float, ending: str = "verified") -> dict[str, object]:
    at = (NOW - timedelta(days=days)).isoformat()
    return {"at": at, "incident": "i", "playbook": "p", "ending": ending, "restored": None, "seconds": 2.0}


def cell(cause: str, kind: str = "process", newest=None, healed=None) -> dict[str, object]:
    return {"cause": cause, "kind": kind, "playbooks": ["p"], "newest": newest, "healed": healed}


@pytest.mark.parametrize(
    ("days", "worth", "tone"), [(30, 1, "good"), (31, 0.5, "warn"), (90, 0.5, "warn"), (91, 0, "plain")]
)
def test_a_heal_is_worth_less_the_older_it_is(days, worth, tone):
    (_, (found,)), *_ = practice_of([cell("down", newest=run(days), healed=run(days))], NOW).rows
    assert (found.worth, found.tone) == (worth, tone)


def test_what_failed_last_is_not_well_however_fresh_an_earlier_heal_is():
    found = practice_of([cell("down", newest=run(1, "failed"), healed=run(2))], NOW)
    assert (found.failing, found.fresh, found.rows[0][1][0].tone) == (1, 1, "bad")


def test_the_share_is_of_all_that_could_come_and_the_worst_comes_first():
    found = practice_of(
        [
            cell("never"),
            cell("fresh", newest=run(1), healed=run(1)),
            cell("ageing", newest=run(40), healed=run(40)),
            cell("failed", newest=run(1, "ineffective")),
            cell("fresh", kind="docker"),
        ],
        NOW,
    )
    assert [cause for cause, _ in found.rows] == ["failed", "ageing", "fresh", "never"]
    assert found.share == pytest.approx(1.5 / 5)
    assert found.kinds == ["docker", "process"]
    assert dict(found.rows)["never"][0] is None


def test_a_fleet_without_targets_has_an_empty_matrix():
    assert practice_of([], NOW).share == 0.0
