"""The funnel: every signal that led to nothing says why, and nothing that cannot be read counts as success."""

from dataclasses import replace
from datetime import timedelta

import pytest

from grace_workers.foundation.ids import IncidentId, uuid7
from grace_workers.orchestration.funnel import (
    Funnel,
    FunnelStage,
    passage_of_incident,
    passage_of_playbook,
    playbook_funnels,
    signal_funnel,
)
from grace_workers.orchestration.stores.funnel import IncidentPath
from grace_workers.orchestration.switches import turn
from tests.builders import DATABASE, PARTNER, WEB, Ward, signal

DAY = timedelta(days=1)
CURES = {"cure": ("illness",), "other": ("heartbreak",)}
PATH = IncidentPath(
    id=IncidentId(uuid7()), target="web", state="closed", parked=False, closing="healed",
    states=frozenset({"open", "diagnosed", "planned", "granted", "contracted", "snapshotted", "executed", "verified"}),
    causes=("illness",), playbook="cure", gate=None, reasons=(), considered=(),
)  # fmt: skip


def whole(ward: Ward) -> Funnel:
    return signal_funnel(ward.ledger, ward.clock, DAY).whole


def reached(funnel: Funnel) -> list[int]:
    return [funnel.reached[stage] for stage in FunnelStage]


def test_a_healed_signal_passes_every_stage_and_none_is_lost() -> None:
    ward = Ward()
    ward.fall_ill()
    ward.work()
    assert reached(whole(ward)) == [1] * 8
    assert whole(ward).losses == []


def test_every_signal_that_led_to_nothing_says_why() -> None:
    ward = Ward()
    ward.receive(replace(signal(at=ward.clock), target=None))
    ward.fall_ill(labels={"cause": "unknown"})
    ward.work()
    ward.fall_ill(DATABASE, labels={"cause": "heartbreak"})
    ward.fall_ill(PARTNER)
    ward.work()
    found = whole(ward)
    assert reached(found) == [4, 3, 3, 2, 1, 0, 0, 0]
    lost = {one.after: one for one in found.losses}
    assert "names no declared target" in lost[FunnelStage.RECEIVED].reason
    assert "no cause matches" in lost[FunnelStage.CORRELATED].reason
    assert "no playbook fits heartbreak" in lost[FunnelStage.DIAGNOSED].reason
    assert lost[FunnelStage.PLANNED].reason == "under way: awaiting_approval"
    assert all(one.incident is not None for stage, one in lost.items() if stage is not FunnelStage.RECEIVED)


def test_a_refusal_names_the_gate() -> None:
    ward = Ward()
    turn(ward.ledger, ward.clock, "kill", on=True, reason="test", by="ann")
    ward.fall_ill()
    ward.work()
    (loss,) = whole(ward).losses
    assert (loss.after, loss.gate, loss.count) == (FunnelStage.PLANNED, "kill_switch", 1)
    (funnel, _) = playbook_funnels(ward.ledger, ward.clock, DAY, CURES).playbooks
    assert [one.gate for one in funnel.losses] == ["kill_switch"]


def test_losses_of_one_reason_are_counted_together_whatever_their_figures() -> None:
    ward = Ward()
    for number in range(3):
        ward.receive(replace(signal(at=ward.clock, name=f"a{number}"), target=None))
    (loss,) = whole(ward).losses
    assert loss.count == 3


def test_conditions_are_told_apart_and_one_can_be_asked_about() -> None:
    ward = Ward()
    ward.fall_ill()
    ward.fall_ill(DATABASE)
    ward.work()
    both = signal_funnel(ward.ledger, ward.clock, DAY).conditions
    assert sorted(one.about.partition(" on ")[2] for one in both) == ["database", "web"]
    (one,) = signal_funnel(ward.ledger, ward.clock, DAY, target=WEB).conditions
    assert one.about.endswith(" on web")
    assert reached(signal_funnel(ward.ledger, ward.clock, DAY, signature="x~1").whole)[0] == 0


def test_the_period_and_the_bound_hold() -> None:
    ward = Ward()
    ward.fall_ill()
    ward.clock.advance(2 * DAY)
    ward.fall_ill(DATABASE)
    assert reached(whole(ward))[0] == 1
    found = signal_funnel(ward.ledger, ward.clock, 7 * DAY, limit=1)
    assert (reached(found.whole)[0], found.complete) == (1, False)


def test_a_playbook_says_in_which_incidents_it_was_for_nothing() -> None:
    ward = Ward()
    ward.fall_ill()
    ward.work()
    ward.fall_ill(DATABASE, labels={"cause": "heartbreak"})
    ward.work()
    cure, other = playbook_funnels(ward.ledger, ward.clock, DAY, CURES).playbooks
    assert reached(cure) == [2, 1, 1, 1, 1, 1, 1, 1]
    assert [one.reason for one in cure.losses] == ["no cause of it: heartbreak"]
    assert other.reached[FunnelStage.CORRELATED] == 1


@pytest.mark.parametrize(
    ("path", "after", "words"),
    [
        (replace(PATH, playbook="rival"), FunnelStage.DIAGNOSED, "rival was chosen instead"),
        (
            replace(PATH, playbook=None, considered=("cure for illness: target 'web' has no label a=b",)),
            FunnelStage.DIAGNOSED,
            "target 'web' has no label a=b",
        ),
        (replace(PATH, causes=("grief",), playbook=None), FunnelStage.RECEIVED, "no cause of it: grief"),
        (
            replace(PATH, causes=(), playbook="rival", requested=True),
            FunnelStage.RECEIVED,
            "a person asked for another playbook",
        ),
    ],
)
def test_a_playbook_that_was_not_chosen_says_why(path: IncidentPath, after: FunnelStage, words: str) -> None:
    found = passage_of_playbook("cure", frozenset({"illness"}), path)
    assert (found.reached, found.lost) == (after, words)


@pytest.mark.parametrize("change", [{"closing": "sublimated"}, {"state": "levitating"}])
def test_what_this_release_does_not_know_is_never_counted_as_healed(change: dict[str, str]) -> None:
    found = passage_of_incident(replace(PATH, **change))  # type: ignore[arg-type]
    assert found.reached is not FunnelStage.HEALED
    assert "cannot be evaluated" in str(found.lost)
