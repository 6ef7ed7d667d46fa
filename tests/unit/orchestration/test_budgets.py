"""A spent error budget lowers how far playbooks may act, until it has recovered."""

from datetime import timedelta

import pytest

from grace_workers.actions import Domain
from grace_workers.governance import EVERY_PLAYBOOK, AutonomyLevel, AutonomyPolicy
from grace_workers.orchestration import autonomy
from grace_workers.orchestration.budgets import follow_budgets
from grace_workers.signals import IncidentState
from tests.builders import WEB, Ward
from tests.unit.orchestration.wards import ward

__all__ = ["ward"]

POLICY = AutonomyPolicy(ceilings={Domain.INTERNAL_DATA: AutonomyLevel.PROPOSE})
FREE = [Domain.INTERNAL_CODE, Domain.INTERNAL_CONFIG, Domain.INTERNAL_PERFORMANCE]


def follow(ward: Ward, *spent: str) -> None:
    with ward.ledger.transaction() as tx:
        follow_budgets(tx, POLICY, spent, ward.clock.now())
    ward.clock.advance(timedelta(minutes=5))


def told(ward: Ward) -> list[tuple[str, str]]:
    return [(one.action, one.outcome) for one in ward.ledger.entries if one.action.startswith("autonomy")]


def test_every_domain_that_acts_by_itself_asks_while_a_budget_is_spent_and_acts_again_afterwards(ward: Ward) -> None:
    follow(ward)
    assert told(ward) == []
    for _ in range(2):
        follow(ward, "heal")
    assert told(ward) == [("autonomy.lowered", "L2")] * len(FREE)
    follow(ward, "heal", "other")
    for _ in range(2):
        follow(ward)
    assert told(ward)[len(FREE) :] == [("autonomy.raised", "L4")] * len(FREE)
    follow(ward, "heal")
    assert len(told(ward)) == 3 * len(FREE)


def test_a_plan_waits_for_a_person_while_a_budget_is_spent(ward: Ward) -> None:
    follow(ward, "heal")
    incident = ward.fall_ill(WEB)
    ward.work()
    assert ward.states(incident)[-1] == IncidentState.AWAITING_APPROVAL


@pytest.mark.parametrize("raised", [False, True])
def test_a_level_that_a_person_set_meanwhile_stays(ward: Ward, raised: bool) -> None:
    follow(ward, "heal")
    what = (EVERY_PLAYBOOK, Domain.INTERNAL_CODE)
    change = autonomy.raise_level if raised else autonomy.lower_level
    change(ward.ledger, ward.clock, POLICY, what, by="ada", reason="I looked")
    follow(ward)
    found = autonomy.standings(ward.ledger, POLICY, ())
    levels = {one.domain: one.level for one in found if one.playbook == EVERY_PLAYBOOK}
    assert levels[Domain.INTERNAL_CODE] is (AutonomyLevel.REPORT if raised else AutonomyLevel.PROPOSE)
    assert levels[Domain.INTERNAL_CONFIG] is AutonomyLevel.SAMPLE
