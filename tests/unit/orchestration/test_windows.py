from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetName
from grace_workers.governance import MaintenanceWindow, WindowEffect, WindowScope
from grace_workers.orchestration import windows
from grace_workers.orchestration.dossier import Closing, Fate
from grace_workers.signals import IncidentState, SignalStatus
from tests.builders import DATABASE, TARGETS, WEB, Ward, signal

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def ward() -> Ward:
    return Ward()


def window(ward: Ward, effect: WindowEffect, **changes: Any) -> MaintenanceWindow:
    now = ward.clock.now()
    given: Mapping[str, Any] = {
        "name": "copy",
        "scope": WindowScope(targets=(WEB,)),
        "lasts": HOUR,
        "ends_at": now + HOUR,
    }
    told = {"effect": effect, "starts_at": now, "reason": "the copy", "by": "ann", "made_at": now}
    return MaintenanceWindow(**{**given, **told, **changes})


def make(ward: Ward, effect: WindowEffect, **changes: Any) -> MaintenanceWindow:
    return windows.make(ward.ledger, ward.clock, window(ward, effect, **changes), TARGETS)


def test_a_muted_signal_opens_nothing_and_says_why_until_the_window_ends(ward: Ward) -> None:
    make(ward, WindowEffect.MUTE)
    receipt = ward.receive(signal(WEB, at=ward.clock, key="k"))
    assert (receipt.fate, receipt.incident) == (Fate.IGNORED, None)
    assert receipt.reason.startswith("muted until ")
    assert receipt.reason.endswith("by 'copy' by ann: the copy")
    assert ward.receive(signal(DATABASE, at=ward.clock)).fate is Fate.OPENED
    ward.clock.advance(HOUR)
    assert ward.receive(signal(WEB, at=ward.clock, key="k")).fate is Fate.OPENED


def test_a_mute_lets_open_incidents_go_on_and_end(ward: Ward) -> None:
    incident = ward.fall_ill(WEB)
    make(ward, WindowEffect.MUTE)
    assert ward.receive(signal(WEB, at=ward.clock)).incident == incident
    ended = ward.receive(signal(WEB, at=ward.clock, status=SignalStatus.RESOLVED))
    assert ended.fate is Fate.RESOLVED


def test_a_freeze_lets_nothing_act_though_a_plan_is_made(ward: Ward) -> None:
    make(ward, WindowEffect.FREEZE)
    incident = ward.fall_ill(WEB)
    ward.work()
    ward.live(HOUR - MINUTE, tick=MINUTE)
    dossier = ward.dossier(incident)
    assert dossier.incident.state is IncidentState.PLANNED
    assert dossier.plan is not None
    assert [one.headline for one in ward.view(incident).timeline if "frozen until " in one.headline] == [
        ward.view(incident).timeline[-1].headline
    ]
    assert ward.patients[WEB].ill == 1.0


def test_a_plan_that_a_freeze_kept_waiting_is_made_anew_once_it_is_over(ward: Ward) -> None:
    make(ward, WindowEffect.FREEZE)
    incident = ward.fall_ill(WEB)
    ward.live(HOUR + 10 * MINUTE, tick=MINUTE)
    assert ward.dossier(incident).closing is Closing.HEALED
    assert ward.states(incident).count("diagnosed") == 2
    assert ward.patients[WEB].effects == {"first": 1, "second": 1}


def test_a_freeze_that_a_person_ends_early_lets_what_waited_begin_soon(ward: Ward) -> None:
    made = make(ward, WindowEffect.FREEZE)
    incident = ward.fall_ill(WEB)
    ward.live(MINUTE)
    windows.end(ward.ledger, ward.clock, made.id, by="bea", reason="done")
    ward.live(6 * MINUTE)
    assert ward.dossier(incident).closing is Closing.HEALED


def test_what_ended_during_a_freeze_is_not_healed_after_it(ward: Ward) -> None:
    make(ward, WindowEffect.FREEZE)
    incident = ward.fall_ill(WEB)
    ward.live(MINUTE)
    ward.receive(signal(WEB, at=ward.clock, status=SignalStatus.RESOLVED))
    ward.live(HOUR + 10 * MINUTE, tick=MINUTE)
    assert ward.dossier(incident).closing is Closing.RESOLVED
    assert ward.patients[WEB].effects == {}


def test_who_made_and_ended_a_window_and_why_is_in_the_audit_log(ward: Ward) -> None:
    made = make(ward, WindowEffect.MUTE)
    windows.end(ward.ledger, ward.clock, made.id, by="bea", reason="done")
    assert windows.windows(ward.ledger, ward.clock) == []
    told = [
        (one.action, one.actor, one.data["reason"]) for one in ward.ledger.entries if one.subject.startswith("window")
    ]
    assert told == [("window.made", "ann", "the copy"), ("window.ended", "bea", "done")]
    assert ward.receive(signal(WEB, at=ward.clock)).fate is Fate.OPENED


def test_what_a_window_would_hide_is_shown_and_nothing_is_made(ward: Ward) -> None:
    for _ in range(3):
        ward.receive(signal(WEB, at=ward.clock))
    ward.receive(signal(DATABASE, at=ward.clock))
    found = windows.preview(ward.ledger, ward.clock, window(ward, WindowEffect.MUTE), TARGETS)
    assert (found.covers, found.looked_at) == ([WEB], 4)
    assert [(one.target, one.name, one.count) for one in found.hidden] == [(WEB, "illness", 3)]
    assert windows.windows(ward.ledger, ward.clock) == []


def test_a_target_that_is_not_declared_is_refused(ward: Ward) -> None:
    with pytest.raises(InputError, match="no target named 'typo'"):
        make(ward, WindowEffect.MUTE, scope=WindowScope(targets=(TargetName("typo"),)))
