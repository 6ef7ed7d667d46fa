"""A run acts only on the very thing that its plan was made for, whatever took its name since."""

from dataclasses import replace

from grace_workers.governance import Role
from grace_workers.orchestration import approvals
from grace_workers.orchestration.approvals import Reply
from grace_workers.orchestration.dossier import Closing
from tests.builders import PARTNER, TARGETS, WEB, Ward
from tests.unit.orchestration.wards import MINUTE, check_healed


def named(ward: Ward, incarnation: str) -> None:
    """Let the first two targets be things that a discovery found."""
    found = {name: replace(TARGETS[name], origin="web", incarnation=incarnation) for name in (WEB, PARTNER)}
    ward.line = replace(ward.line, targets={**TARGETS, **found})


def test_a_discovered_target_is_healed_like_any_other() -> None:
    ward = Ward()
    named(ward, "first")
    incident = ward.fall_ill()
    ward.live(MINUTE)
    check_healed(ward, incident)
    plan = ward.dossier(incident).plan
    assert plan is not None
    assert [step.incarnation for step in plan.steps] == ["first"] * len(plan.steps)


def test_a_plan_that_waited_for_a_person_does_not_act_on_what_took_the_name() -> None:
    ward = Ward()
    named(ward, "first")
    incident = ward.fall_ill(PARTNER)
    ward.live(MINUTE)
    asked = ward.dossier(incident)
    assert asked.plan is not None
    named(ward, "second")
    question = approvals.of_incident(ward.ledger, incident)
    yes = Reply(by="ben", role=Role.ADMIN, approved=True, reason="do it")
    approvals.answer(ward.ledger, ward.clock, question.id, yes)
    ward.live(MINUTE)
    assert ward.patients[PARTNER].effects == {}
    after = ward.dossier(incident)
    assert after.closing is not Closing.HEALED
    assert any("is not the thing that the plan was made for" in one for one in after.reasons)
