"""Cases and replays: what happened is found again by the same rules, and other rules are shown beside it."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from grace_workers.diagnosis import Causes
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import IncidentId, SignalId, uuid7
from grace_workers.governance import Policy, shipped_policy
from grace_workers.governance.policy import PolicyRule, RuleEffect
from grace_workers.orchestration.case import LARGEST, IncidentCase, case_of_incident, cases_since, read_case
from grace_workers.orchestration.dossier import Request
from grace_workers.orchestration.replaying import Replayed, Rulebook, replay
from grace_workers.orchestration.switches import turn
from grace_workers.orchestration.work.intake import accept
from grace_workers.playbooks import Library
from tests.builders import DATABASE, PARTNER, WEB, Ward
from tests.patients import library

DAY = timedelta(days=1)


def rules(ward: Ward, *, shelf: Library | None = None, policy: Policy | None = None) -> Rulebook:
    """Return what the ward decides by, or with other playbooks or another policy."""
    line = ward.line
    return Rulebook(
        causes=Causes(),
        library=shelf or line.library(),
        engines=line.engines,
        checks=line.checks,
        primitives=line.primitives,
        gates=line.gates,
        policy=policy or line.policy,
    )


def healed(ward: Ward) -> IncidentId:
    incident = ward.fall_ill()
    ward.work()
    return incident


def copied(case: IncidentCase) -> IncidentCase:
    """Return the case as it comes back from a file."""
    return read_case(case.model_dump_json().encode(), "case")


def replayed(ward: Ward, incident: IncidentId, **changes: Any) -> Replayed:
    return replay(copied(case_of_incident(ward.line, incident)), rules(ward, **changes))


def test_the_same_rules_find_again_what_happened() -> None:
    ward = Ward()
    found = replayed(ward, healed(ward))
    assert found.differs == []
    then, now = found.case.happened, found.now
    assert (then.cause, then.playbook, then.decision, then.closing) == ("illness", "cure", "granted", "healed")
    assert (now.cause, now.playbook, now.decision, now.gate) == ("illness", "cure", "granted", None)


def test_a_question_to_people_is_found_again() -> None:
    ward = Ward()
    incident = ward.fall_ill(PARTNER)
    ward.work()
    found = replayed(ward, incident)
    assert (found.now.decision, found.differs) == ("asked", [])


@pytest.mark.parametrize("labels", [{"cause": "unknown"}, {"cause": "heartbreak"}])
def test_what_was_not_recognised_or_had_no_playbook_still_is_and_has_none(labels: dict[str, str]) -> None:
    ward = Ward()
    incident = ward.fall_ill(labels=labels)
    ward.work()
    found = replayed(ward, incident)
    assert (found.differs, found.now.playbook) == ([], None)
    assert found.now.reasons[0] in {"no cause matches", "no playbook fits heartbreak"}


def test_a_changed_playbook_shows_what_would_be_different() -> None:
    ward = Ward()
    incident = healed(ward)
    shelf = library()
    off = Library([one.model_copy(update={"enabled": False}) for one in shelf], shelf.primitives, shelf.checks)
    found = replayed(ward, incident, shelf=off)
    assert found.differs == ["playbook", "decision"]
    assert "cure for illness: it is not enabled" in found.now.reasons


def test_a_changed_policy_names_the_gate_that_would_block() -> None:
    ward = Ward()
    rule = PolicyRule(name="hands_off", effect=RuleEffect.REFUSE, why="the team says no")
    policy = shipped_policy().model_copy(update={"rules": (rule,)})
    found = replayed(ward, healed(ward), policy=policy)
    assert (found.now.decision, found.now.gate) == ("refused", "policy_rules")
    assert "hands_off: the team says no" in found.now.reasons[0]
    assert found.differs == ["decision", "gate"]


def test_a_refusal_that_hung_on_the_moment_is_no_difference_of_the_rules() -> None:
    ward = Ward()
    turn(ward.ledger, ward.clock, "kill", on=True, reason="test", by="ann")
    found = replayed(ward, healed(ward))
    assert (found.case.happened.gate, found.now.decision, found.differs) == ("kill_switch", "granted", [])


def test_cases_of_a_period_come_page_by_page_without_what_people_requested() -> None:
    ward = Ward()
    old = healed(ward)
    ward.clock.advance(2 * DAY)
    new = ward.fall_ill(DATABASE)
    ward.work()
    now = ward.clock.now()
    assert [one.incident for one in cases_since(ward.line, now - DAY, limit=9).cases] == [new]
    first = cases_since(ward.line, now - 7 * DAY, limit=1)
    rest = cases_since(ward.line, now - 7 * DAY, before=first.next, limit=1)
    assert {one.incident for page in (first, rest) for one in page.cases} == {old, new}
    with ward.ledger.transaction() as tx:
        dossier = tx.incidents.load(new)
    asked = replace(dossier, request=Request(playbook="cure", params={}, by="ann"))
    with ward.ledger.transaction() as tx:
        tx.incidents.save(asked, expected_version=dossier.incident.version)
    assert [one.incident for one in cases_since(ward.line, now - 7 * DAY, limit=9).cases] == [old]
    with pytest.raises(InputError, match="requested by ann"):
        case_of_incident(ward.line, new)


def test_a_case_has_no_connection_of_a_target() -> None:
    ward = Ward()
    secret = replace(ward.line.targets[WEB], connection={"url": "postgresql://a:hunter2@b/c"})
    ward.line = replace(ward.line, targets={**ward.line.targets, WEB: secret})
    case = case_of_incident(ward.line, healed(ward))
    assert "hunter2" not in case.model_dump_json()
    assert [one.name for one in case.targets] == ["web", "database"]


def nested(levels: int) -> Any:
    return {"in": nested(levels - 1)} if levels else 1


@pytest.mark.parametrize("attributes", [nested(31), {f"{number}": "x" * 60_000 for number in range(8)}])
def test_an_incident_of_any_signal_that_is_accepted_has_a_case_that_can_be_read(attributes: Any) -> None:
    ward = Ward()
    first = healed(ward)
    with ward.ledger.transaction() as tx:
        signal = tx.signals.find(incident=first)[0][0]
    ward.clock.advance(DAY)
    again = [replace(signal, id=SignalId(uuid7()), delivery_key=f"{number}", attributes=attributes,
                     observed_at=ward.clock.now()) for number in range(3)]  # fmt: skip
    accept(ward.intake, again, by="test")
    ward.work()
    newest, oldest = cases_since(ward.line, ward.clock.now() - 7 * DAY, limit=9).cases
    assert copied(newest).signals[-1].attributes == attributes
    assert oldest.signals[0].attributes == {}


def test_a_case_that_cannot_be_made_does_not_hide_the_others() -> None:
    ward = Ward()
    first = healed(ward)
    with ward.ledger.transaction() as tx:
        dossier = tx.incidents.load(first)
    ward.clock.advance(DAY)
    huge = replace(dossier, incident=replace(dossier.incident, title="x" * 80_000))
    with ward.ledger.transaction() as tx:
        tx.incidents.save(huge, expected_version=dossier.incident.version)
    other = ward.fall_ill(DATABASE)
    assert [one.incident for one in cases_since(ward.line, ward.clock.now() - 7 * DAY, limit=9).cases] == [other]
    with pytest.raises(InputError, match=r"the case of incident .*: title"):
        case_of_incident(ward.line, dossier.incident.id)


def given(**changes: Any) -> bytes:
    ward = Ward()
    raw = json.loads(case_of_incident(ward.line, healed(ward)).model_dump_json())
    return json.dumps({**raw, **changes}).encode()


DEEP: Any = []
for _ in range(50):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"{}", "incident: Field required"),
        (b" " * (LARGEST + 1), "larger than 8 MiB"),
        (given(case=2), "case"),
        (given(extra=1), "extra"),
        (given(signals=[]), "signals"),
        (given(opened_at="2026-01-01T00:00:00"), "opened_at"),
        (given(opened_at="9999-12-31T23:59:59Z"), "opened_at"),
        (given(opened_at="0001-01-01T00:00:00+14:00"), "opened_at"),
        (given(targets=[{"name": "a", "kind": "b", "owner": "internal"}] * 2), "a name occurs twice"),
        (given(targets=[{"name": "a", "kind": "b", "owner": "internal", "connection": {}}]), "connection"),
        (
            given(
                evidence=[
                    {
                        "kind": "a", "subject": "b", "value": DEEP, "observed_at": "2026-01-01T00:00:00Z",
                        "source": "c", "params": {},
                    }
                ]
            ),
            "nested deeper",
        ),
        (given(title="x" * 80_000), "title"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_case_is_refused_with_what_is_wrong(content: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_case(content, "case 'x.json'")
