"""A remedy that does not help is stopped, on its target and its neighbours, and a restart does not clear that."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from grace_workers.actions import Ownership, Target
from grace_workers.diagnosis import Subject
from grace_workers.foundation.ids import IncidentId, TargetKind, TargetName
from grace_workers.governance import StormLimits, shipped_policy
from grace_workers.testing import MemoryWorld
from tests.builders import WEB, Ward
from tests.patients import Patient

KIND = TargetKind("process")
PAUSE, TICK = timedelta(minutes=30), timedelta(seconds=15)


def ward_of(names: Iterable[str], limits: StormLimits) -> Ward:
    """Return a ward of one service whose targets are ill and heed nothing."""
    ward = Ward()
    patients = {TargetName(name): Patient(heeds=False) for name in names}
    targets = {
        name: Target(name=name, kind=KIND, owner=Ownership.INTERNAL, labels={"service": "shop"}) for name in patients
    }
    ward.patients = patients
    ward.line = replace(
        ward.line,
        world=MemoryWorld(roles={(name, Patient): patient for name, patient in patients.items()}),
        targets=targets,
        subjects={name: Subject(name=name, kind=KIND) for name in patients},
        policy=shipped_policy().model_copy(update={"storm": limits}),
    )
    ward.intake = replace(ward.intake, targets=targets)
    return ward


def why(ward: Ward, incident: IncidentId) -> str:
    return " ".join(one.headline for one in ward.view(incident).timeline)


def test_a_remedy_that_did_not_help_two_neighbours_is_not_tried_on_the_third() -> None:
    ward = ward_of(["web-1", "web-2", "web-3"], StormLimits(most_down="100%", unhelpful_on=2))
    found = []
    for name in ward.patients:
        found.append(ward.fall_ill(name))
        ward.live(timedelta(minutes=5), tick=TICK)
    assert [bool(one.effects) for one in ward.patients.values()] == [True, True, False]
    assert "did not help web-1, web-2 of the same service" in why(ward, found[-1])


def test_runs_that_move_nothing_are_stopped_and_a_restart_does_not_clear_that() -> None:
    limits = StormLimits(most_down="100%", unmoved_after=1)
    ward = ward_of([WEB], limits)
    ward.fall_ill(WEB)
    ward.live(PAUSE, tick=TICK)
    before = dict(ward.patients[WEB].effects)
    assert before
    again = ward_of([WEB], limits)
    again.ledger, again.claimer, again.clock = ward.ledger, ward.claimer, ward.clock
    again.line = replace(again.line, ledger=ward.ledger, clock=ward.clock)
    again.intake = replace(again.intake, ledger=ward.ledger, clock=ward.clock)
    second = again.fall_ill(WEB)
    again.live(PAUSE, tick=TICK)
    assert again.patients[WEB].effects == {}
    assert "brought no reading nearer to its bound" in why(again, second)
