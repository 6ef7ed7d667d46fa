"""A target that a GitOps controller keeps as it is declared elsewhere is changed only if a person agrees."""

from dataclasses import replace

from grace_workers.actions import DeclaredElsewhere
from grace_workers.orchestration.line.execution import previews
from grace_workers.testing import MemoryDeclared, MemoryWorld
from tests.builders import TARGETS, WEB, Ward
from tests.patients import Patient
from tests.unit.orchestration.wards import MINUTE, check_healed

FLUX = "Flux kustomization apps/web"


def declared(by: dict[type, str]) -> Ward:
    """Return a ward whose first target is declared elsewhere."""
    ward = Ward()
    roles: dict[tuple, object] = {(name, Patient): patient for name, patient in ward.patients.items()}
    roles[WEB, DeclaredElsewhere] = MemoryDeclared(by)
    plays = frozenset({Patient.__name__, DeclaredElsewhere.__name__})
    targets = {**TARGETS, WEB: replace(TARGETS[WEB], roles=plays)}
    ward.line = replace(ward.line, library=ward.line.library, targets=targets, world=MemoryWorld(roles=roles))
    return ward


def test_a_change_that_is_put_back_waits_for_a_person_who_reads_by_what() -> None:
    ward = declared({Patient: FLUX})
    incident = ward.fall_ill()
    ward.live(MINUTE)
    assert ward.states(incident)[-1] == "awaiting_approval"
    assert ward.patients[WEB].effects == {}
    plan = ward.dossier(incident).plan
    assert plan is not None
    found = previews(ward.line, plan.steps)[0]
    assert found.put_back_by == FLUX
    assert found.changes[-1] == f"may be put back within minutes by {FLUX}; change it there, or suspend that first"


def test_what_is_not_declared_there_is_changed_as_ever() -> None:
    ward = declared({})
    incident = ward.fall_ill()
    ward.live(MINUTE)
    check_healed(ward, incident)
