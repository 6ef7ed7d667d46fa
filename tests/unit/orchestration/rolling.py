"""A ward of three shops of one service, and playbooks that take them in turns."""

from collections.abc import Mapping
from dataclasses import replace

from grace_workers.actions import Ownership, Target
from grace_workers.diagnosis import Subject
from grace_workers.foundation.errors import ConflictError
from grace_workers.foundation.ids import TargetKind, TargetName
from grace_workers.playbooks import Library, load_text
from grace_workers.testing import MemoryWorld
from tests.builders import Ward
from tests.patients import CHECKS, PRIMITIVES, Patient

ONE, TWO, THREE = TargetName("shop-1"), TargetName("shop-2"), TargetName("shop-3")

HEAD = """\
name: cure
description: Gives doses to who is ill.
version: 1
aspect: performance
budget: 60s
when: {causes: [illness]}
expectations:
  - {id: well, check: illness, operator: "==", bound: 0, within: 5s}
guards: {cooldown: 0s, max_runs_per_hour: 100, stop_after_ineffective: 50}
"""

WITH_FALLBACK = """\
steps:
  - id: first
    primitive: dose_probeable
    params: {key: first}
    fallback: {id: second, primitive: dose_probeable, params: {key: second}}
  - {id: third, primitive: dose_probeable, params: {key: third}}
"""

ON_CONDITION = """\
steps:
  - id: first
    primitive: dose_probeable
    params: {key: first}
    when: {check: illness, operator: ">", bound: 5}
  - {id: second, primitive: dose_probeable, params: {key: second}}
"""

ROLLING = """\
steps:
  - id: dose
    primitive: dose_probeable
    params: {key: dose}
    each: service=shop
    at_once: AT_ONCE
"""


def ward_of(steps: str, each: str | None = None, *, cooldown: str = "0s") -> Ward:
    """Return a ward whose only playbook has these steps, and expects of the sick one, or of `each`, to be well."""
    head = HEAD if each is None else HEAD.replace("check: illness, operator", f"check: illness, each: {each}, operator")
    ward = Ward()
    targets = {
        name: Target(name=name, kind=TargetKind("process"), owner=Ownership.INTERNAL, labels={"service": "shop"})
        for name in (ONE, TWO, THREE)
    }
    ward.patients = {name: Patient() for name in targets}
    text = (head + steps).replace("cooldown: 0s", f"cooldown: {cooldown}")
    read = load_text(text, "cure.yaml", PRIMITIVES, CHECKS)
    ward.line = replace(
        ward.line,
        targets=targets,
        subjects={name: Subject(name=name, kind=one.kind) for name, one in targets.items()},
        world=MemoryWorld(roles={(name, Patient): patient for name, patient in ward.patients.items()}),
        library=lambda: Library([read], PRIMITIVES, CHECKS),
    )
    ward.intake = replace(ward.intake, targets=targets)
    return ward


def refuse(patient: Patient, key: str) -> None:
    """Let the patient resist the dose of that key."""

    def witness(given: str) -> None:
        if given == key:
            raise ConflictError(f"the patient resists {key}")

    patient.witness = witness


def marks(ward: Ward) -> Mapping[TargetName, list[str]]:
    """Return the marks that each patient has."""
    return {name: sorted(patient.marks) for name, patient in ward.patients.items()}
