"""Raising a level on evidence, lowering it, and how it falls by itself while the line works."""

from datetime import timedelta

import pytest

from grace_workers.actions import Domain
from grace_workers.foundation.errors import ConflictError, InputError
from grace_workers.governance import EVERY_PLAYBOOK, AutonomyLevel, AutonomyPolicy, Standing
from grace_workers.orchestration import autonomy
from grace_workers.orchestration.operations import close
from grace_workers.signals import IncidentState
from tests.builders import DATABASE, PARTNER, WEB, Ward
from tests.unit.orchestration.wards import ward

__all__ = ["ward"]

HERE = Domain.INTERNAL_PERFORMANCE
CURE = ("cure", HERE)
EASY = AutonomyPolicy(runs=2, days=1, at_least=0.3)


def standing(ward: Ward, policy: AutonomyPolicy = EASY, playbook: str = "cure") -> Standing:
    found = autonomy.standings(ward.ledger, policy, ward.line.library())
    return next(one for one in found if (one.playbook, one.domain) == (playbook, HERE))


def heal(ward: Ward, times: int) -> None:
    for _ in range(times):
        ward.patients[WEB].ill = 1.0
        ward.fall_ill()
        ward.work()
        # What comes back within a week did not help.
        ward.clock.advance(timedelta(days=8))


def audited(ward: Ward) -> list[tuple[str, str, str]]:
    with ward.ledger.transaction() as tx:
        entries = tx.table("entries").values()
    return [(one.action, one.outcome, one.actor) for one in entries if one.action.startswith("autonomy")]


def test_a_level_is_raised_only_when_the_evidence_suffices(ward: Ward) -> None:
    with pytest.raises(ConflictError, match="0 of 2 clear runs"):
        autonomy.raise_level(ward.ledger, ward.clock, EASY, CURE, by="ada", reason="it works")
    heal(ward, 3)
    assert standing(ward).missing is None
    after = autonomy.raise_level(ward.ledger, ward.clock, EASY, CURE, by="ada", reason="it works")
    assert after.level is AutonomyLevel.SAMPLE
    assert audited(ward) == [("autonomy.raised", "L4", "ada")]
    found = standing(ward)
    assert (found.level, found.by, found.evidence.runs) == (AutonomyLevel.SAMPLE, "ada", 0)
    with pytest.raises(ConflictError, match="at most L4"):
        autonomy.raise_level(ward.ledger, ward.clock, EASY, CURE, by="ada", reason="more")


def test_a_lowered_playbook_asks_and_must_earn_its_level_again(ward: Ward) -> None:
    with pytest.raises(InputError, match="needs a reason"):
        autonomy.lower_level(ward.ledger, ward.clock, EASY, CURE, by="ada", reason=" ")
    autonomy.lower_level(ward.ledger, ward.clock, EASY, CURE, by="ada", reason="we move")
    incident = ward.fall_ill()
    ward.work()
    assert ward.dossier(incident).incident.state is IncidentState.AWAITING_APPROVAL
    with pytest.raises(ConflictError, match="lacks: 0 of 2 clear runs"):
        autonomy.raise_level(ward.ledger, ward.clock, EASY, CURE, by="ada", reason="done")


def test_a_whole_domain_can_be_held_at_a_level(ward: Ward) -> None:
    for _ in range(2):
        autonomy.lower_level(ward.ledger, ward.clock, EASY, (EVERY_PLAYBOOK, HERE), by="ada", reason="a bad week")
    assert standing(ward).level is AutonomyLevel.ASK
    with pytest.raises(ConflictError, match="raise '\\*' there first"):
        autonomy.raise_level(ward.ledger, ward.clock, EASY, CURE, by="ada", reason="please")
    autonomy.raise_level(ward.ledger, ward.clock, EASY, (EVERY_PLAYBOOK, HERE), by="ada", reason="better")
    assert standing(ward).level is AutonomyLevel.REPORT


def test_a_level_falls_by_itself_after_misses_in_a_row(ward: Ward) -> None:
    for name in (WEB, DATABASE, PARTNER):
        ward.patients[name].heeds = False
    for _ in range(3):
        ward.fall_ill()
        ward.work()
        with ward.ledger.transaction() as tx:
            resting = tx.incidents.find(states=[IncidentState.ESCALATED])
        for one in resting:
            close(ward.ledger, ward.clock, one.incident.id, by="ada", reason="seen")
        ward.clock.advance(timedelta(hours=5))
    found = standing(ward)
    assert (found.level, found.by, found.reason) == (AutonomyLevel.ASK, "grace", "3 runs in a row missed")
    assert audited(ward)[-1] == ("autonomy.lowered", "L2", "grace")
