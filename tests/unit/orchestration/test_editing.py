"""Changing a plan that waits for a person: a new digest, a new question, and another approver."""

from collections.abc import Mapping

import pytest

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import ConflictError, InputError
from grace_workers.foundation.ids import IncidentId
from grace_workers.governance import Role
from grace_workers.orchestration import approvals
from grace_workers.orchestration.approvals import Reply
from grace_workers.orchestration.dossier import Closing, Dossier
from grace_workers.orchestration.editing import PlanEdit, edit
from grace_workers.orchestration.resumption import resume
from tests.builders import PARTNER, Ward
from tests.unit.orchestration.rolling import ONE, refuse, ward_of
from tests.unit.orchestration.test_resumption import KEPT

OTHER: Mapping[str, Mapping[str, JsonValue]] = {"second": {"key": "half"}}


@pytest.fixture
def ward() -> Ward:
    return Ward()


@pytest.fixture
def asked(ward: Ward) -> IncidentId:
    incident = ward.fall_ill(PARTNER)
    ward.work()
    return incident


def change(
    ward: Ward, incident: IncidentId, params: Mapping[str, Mapping[str, JsonValue]] = OTHER, reason: str = "less"
) -> Dossier:
    question = approvals.of_incident(ward.ledger, incident)
    return edit(ward.line, question.id, PlanEdit(by="ann", reason=reason, params=params))


def agree(ward: Ward, incident: IncidentId, by: str) -> None:
    question = approvals.of_incident(ward.ledger, incident)
    approvals.answer(
        ward.ledger, ward.clock, question.id, Reply(by=by, role=Role.APPROVER, approved=True, reason="known")
    )


def test_a_changed_plan_is_asked_about_again_and_runs_as_changed(ward: Ward, asked: IncidentId) -> None:
    before = approvals.of_incident(ward.ledger, asked)
    change(ward, asked)
    ward.work()
    after = approvals.of_incident(ward.ledger, asked)
    assert after.id != before.id
    assert after.plan_digest != before.plan_digest
    assert [one.id for one in approvals.pending(ward.ledger, ward.clock)] == [after.id]
    agree(ward, asked, "bob")
    ward.work()
    assert ward.dossier(asked).closing is Closing.HEALED
    assert ward.patients[PARTNER].effects == {"first": 1, "half": 1}
    assert "ann changed the plan: second.key from second to half: less" in [
        one.headline for one in ward.view(asked).timeline
    ]


def test_who_changed_it_cannot_approve_it(ward: Ward, asked: IncidentId) -> None:
    change(ward, asked)
    ward.work()
    with pytest.raises(ConflictError, match="ann proposed this plan"):
        agree(ward, asked, "ann")


def test_an_answer_to_the_plan_before_it_counts_no_more(ward: Ward, asked: IncidentId) -> None:
    earlier = approvals.of_incident(ward.ledger, asked)
    change(ward, asked)
    ward.work()
    with pytest.raises(ConflictError, match="answer the new question"):
        approvals.answer(
            ward.ledger, ward.clock, earlier.id, Reply(by="bob", role=Role.APPROVER, approved=True, reason="known")
        )
    with pytest.raises(ConflictError, match="is about an earlier plan"):
        edit(ward.line, earlier.id, PlanEdit(by="cleo", reason="more", params={"second": {"key": "double"}}))


@pytest.mark.parametrize(
    ("params", "reason", "why"),
    [
        ({"second": {"key": "second"}}, "less", "changes nothing"),
        ({"surgery": {"key": "half"}}, "less", "the plan has no step 'surgery'; its steps: first, second"),
        ({"second": {"size": 2}}, "less", "size: there is no such field"),
        ({"second": {"key": 7}}, "less", "key: Input should be a valid string"),
        (OTHER, " ", "give a short reason"),
    ],
)
def test_what_does_not_fit_changes_nothing(
    ward: Ward, asked: IncidentId, params: Mapping[str, Mapping[str, JsonValue]], reason: str, why: str
) -> None:
    before = ward.dossier(asked)
    with pytest.raises(InputError, match=why):
        change(ward, asked, params, reason)
    assert ward.dossier(asked) == before


def test_only_a_plan_that_waits_for_an_answer_is_changed(ward: Ward, asked: IncidentId) -> None:
    agree(ward, asked, "bob")
    ward.work()
    with pytest.raises(ConflictError, match="it is not waiting for an answer"):
        change(ward, asked)


def test_a_step_that_the_resumed_run_has_done_keeps_its_params() -> None:
    ward = ward_of(f"mode: review\n{KEPT}")
    refuse(ward.patients[ONE], "second")
    incident = ward.fall_ill(ONE)
    ward.work()
    agree(ward, incident, "bob")
    ward.work()
    assert ward.patients[ONE].effects == {"first": 1}
    resume(ward.ledger, ward.clock, incident, by="cleo", reason="the disk is back")
    ward.work()
    with pytest.raises(InputError, match="step 'first' is done already, so its params stay"):
        change(ward, incident, {"first": {"key": "half"}})
    change(ward, incident)
    assert ward.view(incident).timeline[-1].headline == "ann changed the plan: second.key from second to half: less"


def test_a_long_value_is_told_in_short(ward: Ward, asked: IncidentId) -> None:
    change(ward, asked, {"second": {"key": "x" * 500}})
    assert f"to {'x' * 80}…: less" in ward.view(asked).timeline[-1].headline
