"""The state machine itself, and its page in the documentation."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from grace_workers.orchestration.dossier import Dossier
from grace_workers.orchestration.line.arrows import ARROWS, MEANINGS, RESTING, Mover, allowed
from grace_workers.orchestration.line.line import STAGES, stage_of
from grace_workers.orchestration.line.transition import moved
from grace_workers.signals import RESOLVABLE, Incident, IncidentState
from grace_workers.testing import FakeClock
from tests.builders import signal
from tests.unit.orchestration.drawing import arrow_table, diagram, state_table

PAGE = Path(__file__).parents[3] / "docs" / "explanation" / "state-machine.md"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def dossier(state: IncidentState) -> Dossier:
    one = signal(at=FakeClock())
    incident = Incident(
        target=one.target,
        signature=one.signature,
        severity=one.severity,
        title="t",
        opened_at=NOW,
        last_signal_at=NOW,
        updated_at=NOW,
        state=state,
    )
    return Dossier(incident=incident, signal=one)


@pytest.mark.parametrize("drawn", [diagram, state_table, arrow_table])
def test_the_page_shows_the_state_machine_as_it_is(drawn) -> None:
    assert drawn() in PAGE.read_text(), f"put the output of drawing.{drawn.__name__}() into {PAGE.name}"


def test_every_arrow_is_listed_once() -> None:
    assert len(ARROWS) == len(set(ARROWS))


def test_a_state_rests_exactly_where_no_stage_starts() -> None:
    assert {state for state in IncidentState if stage_of(state) is None} == RESTING


def test_every_stage_has_an_arrow_and_every_line_arrow_a_stage() -> None:
    assert {stage.starts_from for stage in STAGES} == {one.before for one in ARROWS if one.mover is Mover.STAGE}


def test_nothing_leaves_closed_and_everything_can_reach_it() -> None:
    assert not [one for one in ARROWS if one.before is IncidentState.CLOSED]
    reaching = {IncidentState.CLOSED}
    for _ in IncidentState:
        reaching |= {one.before for one in ARROWS if one.after in reaching}
    assert reaching == set(IncidentState)


def test_a_signal_closes_exactly_what_correlation_may_resolve() -> None:
    assert {one.before for one in ARROWS if one.mover is Mover.SIGNAL} == RESOLVABLE


def test_the_rescue_enqueues_every_incident_that_is_not_at_rest() -> None:
    assert {one.before for one in ARROWS if one.mover is Mover.RESCUE} == set(IncidentState) - RESTING


def test_every_state_has_a_meaning() -> None:
    assert set(MEANINGS) == set(IncidentState)


@pytest.mark.parametrize("before", list(IncidentState))
def test_no_way_leads_beside_the_arrows(before: IncidentState) -> None:
    for after in IncidentState:
        for mover in Mover:
            if allowed(before, after, mover):
                after_move = moved(dossier(before), after, NOW, mover).incident
                assert (after_move.state, after_move.version) == (after, 2)
            else:
                with pytest.raises(ValueError, match="may not move"):
                    moved(dossier(before), after, NOW, mover)
