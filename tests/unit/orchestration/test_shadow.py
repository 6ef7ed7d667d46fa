"""Shadow mode: a playbook does all but act, and its score stands beside how the incidents ended without it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import IncidentId, uuid7
from grace_workers.orchestration.dossier import Closing
from grace_workers.orchestration.shadow_score import ShadowScore, shadow_scores
from grace_workers.orchestration.stores.shadows import ShadowDecision, ShadowStore
from grace_workers.orchestration.switches import turn
from grace_workers.playbooks import Library, Occasion, bind
from grace_workers.signals import IncidentState
from tests.builders import PARTNER, TARGETS, WEB, Ward
from tests.patients import CHECKS, PRIMITIVES, library

DAY = timedelta(days=1)
CURE = next(iter(library()))
SHADOW = CURE.model_copy(update={"name": "watcher", "mode": "shadow"})


def shelf(*playbooks: object) -> Library:
    return Library(playbooks, PRIMITIVES, CHECKS)  # type: ignore[arg-type]


def watched(*others: object) -> Ward:
    """Return a ward with a playbook in shadow mode, beside others."""
    ward = Ward()
    ward.line = replace(ward.line, library=lambda: shelf(SHADOW, *others))
    return ward


def score(ward: Ward) -> ShadowScore:
    (found,) = shadow_scores(ward.ledger, ward.clock, DAY).scores
    return found


def test_a_playbook_in_shadow_mode_changes_nothing_and_says_what_it_would_have_done() -> None:
    ward = watched()
    incident = ward.fall_ill()
    ward.work()
    assert ward.dossier(incident).incident.state is IncidentState.ESCALATED
    assert "watcher for illness: it is in shadow mode" in ward.dossier(incident).reasons
    assert ward.patients[WEB].effects == {}
    found = score(ward)
    (run,) = found.runs
    assert (run.run.incident, run.run.playbook, run.run.target, run.run.cause) == (incident, "watcher", WEB, "illness")
    assert (run.run.decision, run.run.needed, run.run.chosen) == (ShadowDecision.GRANTED, True, None)
    assert len(run.run.changes) == 2
    assert (found.fired, found.needed, found.left_to_people, found.healed_otherwise) == (1, 1, 1, 0)


def test_beside_a_playbook_that_acts_it_only_watches() -> None:
    ward = watched(CURE)
    incident = ward.fall_ill()
    ward.work()
    assert ward.dossier(incident).closing is Closing.HEALED
    assert ward.patients[WEB].effects == {"first": 1, "second": 1}
    found = score(ward)
    assert (found.runs[0].run.chosen, found.healed_otherwise, found.left_to_people) == ("cure", 1, 0)


def test_the_gate_that_would_have_refused_is_counted() -> None:
    ward = watched()
    turn(ward.ledger, ward.clock, "kill", on=True, reason="test", by="ann")
    ward.fall_ill()
    ward.work()
    found = score(ward)
    assert (found.decisions[ShadowDecision.REFUSED], found.gates) == (1, {"kill_switch": 1})
    assert (found.needed, found.left_to_people) == (0, 0)


def test_that_people_would_have_been_asked_is_counted_and_no_one_is_asked() -> None:
    ward = watched()
    ward.fall_ill(PARTNER)
    ward.work()
    assert score(ward).decisions[ShadowDecision.ASKED] == 1
    with ward.ledger.transaction() as tx:
        assert list(tx.approvals.pending(ward.clock.now())) == []


def test_a_step_that_cannot_be_previewed_leaves_it_unclear_and_the_plan_alone() -> None:
    ward = watched(CURE)
    broken = SHADOW.steps[0].model_copy(update={"target": "partner"})
    library_of = shelf(SHADOW.model_copy(update={"steps": (broken,)}), CURE)
    roles = {key: role for key, role in ward.line.world.roles.items() if key[0] != PARTNER}  # type: ignore[attr-defined]
    ward.line = replace(ward.line, library=lambda: library_of, world=type(ward.line.world)(roles=roles))  # type: ignore[call-arg]
    incident = ward.fall_ill()
    ward.work()
    assert ward.dossier(incident).closing is Closing.HEALED
    run = score(ward).runs[0].run
    assert (run.decision, run.needed) == (ShadowDecision.UNCLEAR, None)
    assert "partner" in run.reason


def test_one_that_does_not_fit_has_no_run() -> None:
    ward = watched()
    ward.fall_ill(labels={"cause": "heartbreak"})
    ward.work()
    assert list(shadow_scores(ward.ledger, ward.clock, DAY).scores) == []


def test_no_one_can_request_it_or_bind_it_to_act() -> None:
    occasion = Occasion(incident=IncidentId(uuid7()), subject=WEB, proposer="ann", reason="now")
    with pytest.raises(InputError, match="is in shadow mode and never acts"):
        bind(shelf(SHADOW), "watcher", occasion, TARGETS)
    assert bind(shelf(SHADOW), "watcher", replace(occasion, trial=True), TARGETS).mode is None


def test_the_period_the_name_and_the_bound_hold() -> None:
    ward = watched()
    ward.fall_ill()
    ward.work()
    assert len(shadow_scores(ward.ledger, ward.clock, DAY, playbook="watcher").scores) == 1
    assert list(shadow_scores(ward.ledger, ward.clock, DAY, playbook="other").scores) == []
    assert shadow_scores(ward.ledger, ward.clock, DAY, limit=1).complete is False
    ward.clock.advance(2 * DAY)
    assert list(shadow_scores(ward.ledger, ward.clock, DAY).scores) == []
    with ward.ledger.transaction() as tx:
        assert len(tx[ShadowStore].since(ward.clock.now() - 7 * DAY, limit=9)) == 1
