"""How far a playbook may act by itself: what bounds a level, what raises it, and what lets it fall."""

from datetime import timedelta

import pytest

from grace_workers.actions import Domain
from grace_workers.governance import (
    EVERY_PLAYBOOK,
    Autonomy,
    AutonomyLevel,
    AutonomyPolicy,
    Granted,
    NeedsApproval,
    Refused,
    RunEnd,
    RunEvidence,
    budget_spent,
    fallen,
    in_force,
    missing,
)
from grace_workers.playbooks import Mode
from tests.unit.governance.kit import WEDNESDAY_NOON, decided, facts, plan, traits

L0, L1, L2, L3, L4 = AutonomyLevel
POLICY = AutonomyPolicy()
AUTO, DATA = Domain.INTERNAL_PERFORMANCE, Domain.INTERNAL_DATA
PROVEN = RunEvidence(runs=30, verified=30, days=9, since=WEDNESDAY_NOON)


def row(level: AutonomyLevel, playbook: str = "mend_it", domain: Domain = AUTO) -> Autonomy:
    return Autonomy(playbook=playbook, domain=domain, level=level, by="ada", reason="so", at=WEDNESDAY_NOON)


def ends(pattern: str) -> list[RunEnd]:
    """Return runs, newest first: `v` verified, `m` missed, `r` restored, `x` restored in vain."""
    restored = {"r": True, "x": False}
    return [RunEnd(at=WEDNESDAY_NOON, verified=one == "v", restored=restored.get(one)) for one in pattern]


@pytest.mark.parametrize(
    ("known", "domain", "level"),
    [
        ([], AUTO, L3),
        ([row(L4)], AUTO, L4),
        ([row(L4), row(L2, EVERY_PLAYBOOK)], AUTO, L2),
        ([row(L1), row(L2, EVERY_PLAYBOOK)], AUTO, L1),
        ([], DATA, L2),
        ([row(L4, domain=DATA)], DATA, L2),
    ],
)
def test_the_level_in_force_never_exceeds_the_domain_nor_every_playbooks(known, domain, level):
    assert in_force("mend_it", domain, {one.playbook: one for one in known}, POLICY) is level


def test_a_ceiling_of_the_policy_lowers_a_domain_and_raises_none():
    assert AutonomyPolicy(ceilings={AUTO: L1}).ceiling(AUTO) is L1
    assert AutonomyPolicy(ceilings={DATA: L4}).ceiling(DATA) is L2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"runs": 19, "verified": 19}, "19 of 20 clear runs"),
        ({"days": 4}, "on 4 of 5 days"),
        ({"verified": 24}, "success at least 0.6"),
        ({"restores": 2}, "2 restores, allowed 1"),
        ({"failed_restores": 1}, "1 restores failed"),
    ],
)
def test_the_evidence_says_what_it_lacks(changes, words):
    given = {"runs": 30, "verified": 30, "days": 9, **changes}
    assert words in missing(L3, RunEvidence(**given), POLICY)


def test_proven_playbooks_lack_nothing_and_levels_that_ask_need_no_evidence():
    assert missing(L3, PROVEN, POLICY) is None
    assert missing(L0, RunEvidence(), POLICY) is None
    assert missing(L2, RunEvidence(), POLICY) is not None


@pytest.mark.parametrize(
    ("level", "pattern", "to"),
    [
        (L4, "mmm", L3),
        (L3, "mmmv", L2),
        (L3, "mmv", None),
        (L3, "vmmm", None),
        (L4, "x", L2),
        (L3, "r", None),
        (L2, "mmmm", None),
        (L3, "", None),
    ],
)
def test_a_level_falls_after_misses_in_a_row_and_to_asking_after_a_failed_restore(level, pattern, to):
    found = fallen(level, ends(pattern), POLICY)
    assert (found[0] if found else None) is to


def test_an_error_budget_is_spent_by_the_share_of_misses_of_enough_runs():
    assert budget_spent(19, 19, POLICY) is None
    assert budget_spent(20, 4, POLICY) is None
    assert "5 of 20 runs in 7 days missed, allowed 20%" in budget_spent(20, 5, POLICY)


def test_a_playbook_acts_as_far_as_its_level_says():
    calm = facts(steps=(traits(reversible=True, risk=0.1),))
    known = {level: decided(plan(), facts(steps=calm.steps, autonomy=level)) for level in AutonomyLevel}
    kinds = {level: type(found) for level, found in known.items()}
    assert kinds == {L0: Refused, L1: Refused, L2: NeedsApproval, L3: Granted, L4: Granted}
    assert known[L2].mode is Mode.REVIEW
    assert "grace heal web --playbook mend_it" in known[L1].reason
    assert known[L0].gate == "autonomy"


def test_what_a_person_asks_for_runs_at_every_level():
    steps = (traits(reversible=True, risk=0.1),)
    for level in AutonomyLevel:
        assert isinstance(decided(plan(proposer="ada"), facts(steps=steps, autonomy=level)), Granted), level


def test_the_budget_of_a_policy_counts_days():
    assert "in 0.5 days" in budget_spent(20, 20, AutonomyPolicy(budget_within=timedelta(hours=12)))
