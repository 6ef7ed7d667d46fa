"""A step that keeps a copy: it is dropped with the run, unless people may need it."""

from dataclasses import replace

import pytest

from grace_workers.actions import AnyPrimitive, Repeat, Reversibility
from grace_workers.foundation.catalog import Catalog
from grace_workers.playbooks import Library, load_text
from tests.builders import WEB, Ward
from tests.patients import CHECKS, PLAYBOOK, PRIMITIVES

DOSE = PRIMITIVES[f"dose_{Repeat.IDEMPOTENT}"]
KEEP = replace(DOSE, name="keep", keeps_copy=True)
BURN = replace(DOSE, name="burn", irreversible="what burns is gone", reversibility=Reversibility.COMPENSABLE)
OURS: Catalog[AnyPrimitive] = Catalog("primitive", {"burn": BURN, "dose": replace(DOSE, name="dose"), "keep": KEEP})


def marks_after_a_run_that_does_not_help(second: str, *, stuck: bool = False) -> dict[str, int]:
    text = PLAYBOOK.replace("REPEAT", "keep", 1).replace("REPEAT", second).replace("IN_TIME", "within: 5s")
    library = Library([load_text(text.replace("BUDGET", "60s"), "playbooks/cure.yaml", OURS, CHECKS)], OURS, CHECKS)
    ward = Ward()
    ward.line = replace(ward.line, primitives=OURS, library=lambda: library)
    patient = ward.patients[WEB]
    patient.heeds, patient.stuck = False, stuck
    incident = ward.fall_ill()
    ward.work()
    assert "escalated" in ward.states(incident), ward.dossier(incident).reasons
    return patient.marks


def test_a_copy_is_dropped_when_all_of_the_run_is_undone() -> None:
    assert marks_after_a_run_that_does_not_help("dose") == {}


@pytest.mark.parametrize(("second", "stuck"), [("burn", False), ("dose", True)])
def test_a_copy_stays_when_a_later_step_could_not_be_undone(second: str, stuck: bool) -> None:
    assert "first" in marks_after_a_run_that_does_not_help(second, stuck=stuck)
