"""A target that pins its environment is written to in that environment only."""

from dataclasses import replace

from grace_workers.actions import EnvironmentProof
from grace_workers.orchestration.dossier import Closing
from grace_workers.testing import MemoryEnvironment, MemoryWorld
from tests.builders import TARGETS, WEB, Ward
from tests.patients import Patient
from tests.unit.orchestration.wards import MINUTE, check_healed

LIVE = "memory:live"


def pinned(place: MemoryEnvironment) -> Ward:
    """Return a ward whose first target must be in the live environment and says that it is in `place`."""
    ward = Ward()
    roles: dict[tuple, object] = {(name, Patient): patient for name, patient in ward.patients.items()}
    roles[WEB, EnvironmentProof] = place
    targets = {**TARGETS, WEB: replace(TARGETS[WEB], environment=LIVE)}
    ward.line = replace(ward.line, library=ward.line.library, targets=targets, world=MemoryWorld(roles=roles))
    return ward


def test_a_run_in_the_pinned_environment_heals() -> None:
    ward = pinned(MemoryEnvironment(LIVE))
    incident = ward.fall_ill()
    ward.live(MINUTE)
    check_healed(ward, incident)


def test_in_another_environment_nothing_is_touched_and_people_are_told_both() -> None:
    ward = pinned(MemoryEnvironment("memory:staging"))
    incident = ward.fall_ill()
    ward.live(MINUTE)
    assert ward.dossier(incident).closing is not Closing.HEALED
    assert (ward.patients[WEB].effects, ward.patients[WEB].marks) == ({}, {})
    assert ward.states(incident)[-1] == "escalated"


def test_a_target_that_moves_between_snapshot_and_step_is_not_written_to() -> None:
    asked: list[str] = []

    class Moving(MemoryEnvironment):
        def environment(self) -> str:
            asked.append("asked")
            return LIVE if len(asked) == 1 else "memory:staging"

    ward = pinned(Moving())
    incident = ward.fall_ill()
    ward.live(MINUTE)
    assert ward.patients[WEB].effects == {}
    assert len(asked) > 1
    assert ward.dossier(incident).closing is not Closing.HEALED
