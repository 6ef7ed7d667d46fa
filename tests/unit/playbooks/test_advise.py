from types import SimpleNamespace
from typing import Any

import pytest

from grace_workers.playbooks import advise
from tests.unit.playbooks.kit import PRIMITIVES, TEXT, load

ROLES = {"process": {"object"}, "files": {"FileTree"}}
# A broken target is one whose reading of `alive` is at most 0.
BROKEN = SimpleNamespace(measures=[SimpleNamespace(check="alive", at_least=None, at_most=0.0, near=False)])
CAUSES: Any = {"broken": BROKEN}
MEND = "  - id: mend\n    primitive: mend\n"
PROOF = '{id: runs, check: alive, operator: "==", bound: 1, within: 10s}'


def advice(old: str, new: str, more: str = "", causes: Any = CAUSES) -> list[str]:
    assert old in TEXT
    playbook = load(TEXT.replace(old, new) + more)
    return [one.message for one in advise(playbook, PRIMITIVES, causes, ROLES)]


def when(operator: str, bound: int) -> str:
    return f'{MEND}    when: {{check: alive, operator: "{operator}", bound: {bound}}}\n'


def test_nothing_is_said_of_a_playbook_without_such_faults() -> None:
    assert advice(MEND, MEND) == []
    assert advice(MEND, when("<", 1)) == []


@pytest.mark.parametrize("proof", ['operator: "<=", bound: 0', 'operator: "<", bound: 5', 'operator: "!=", bound: 1'])
def test_an_expectation_that_the_fault_itself_meets_proves_nothing(proof: str) -> None:
    (said,) = advice(PROOF, PROOF.replace('operator: "==", bound: 1', proof))
    assert said.startswith("expectation 1 is met before anything was done, because broken shows in readings <= 0")


@pytest.mark.parametrize(
    ("proof", "met"),
    [
        ('operator: "<=", bound: 1', True),
        ('operator: "<", bound: 1.2', True),
        ('operator: ">=", bound: 0.5', True),
        ('operator: "<=", bound: 0.5', False),
        ('operator: ">", bound: 2', False),
    ],
)
def test_a_regression_that_an_unchanged_reading_meets_proves_nothing(proof: str, met: bool) -> None:
    given = PROOF.replace('operator: "==", bound: 1', f"regression: true, {proof}")
    assert bool(advice(PROOF, given)) is met
    unproving = given.replace("regression", "proves: false, regression")
    assert advice(PROOF, f"{unproving}\n  - {PROOF.replace('runs', 'answers')}") == []


def test_a_first_step_that_the_cause_rules_out_is_never_taken() -> None:
    (said,) = advice(MEND, when(">", 0))
    assert said == "step 1 is never taken, because broken shows in readings <= 0; change its condition"


def test_a_first_step_that_waits_for_the_cure_is_never_taken() -> None:
    (said,) = advice(MEND, when("==", 1), causes={})
    assert "it holds only when every expectation that proves is already met" in said


def test_a_fallback_that_repeats_its_step_is_pointed_out() -> None:
    (said,) = advice(MEND, MEND + "    fallback: {id: again, primitive: mend}\n")
    assert said == "step 1, fallback does what has just failed; remove it"


def test_a_kind_that_cannot_play_the_role_is_pointed_out() -> None:
    (said,) = advice("when: {causes: [broken]}", "when: {causes: [broken], target_kinds: [process, files, other]}")
    assert said == "a target of kind 'files' never plays object, which step 1 needs; remove the kind"


def test_a_step_that_cannot_be_undone_before_one_that_may_fail_is_pointed_out() -> None:
    burning = "  - {id: burn, primitive: burn}\n"
    (said,) = advice(MEND, burning + MEND)
    assert said == "step 1 cannot be undone (ash), and step 2 may still fail; take it last, or give `on_failure: keep`"
    assert advice(MEND, MEND + burning) == []
    assert advice(MEND, burning + MEND, "on_failure: keep\n") == []
