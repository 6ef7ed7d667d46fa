import pytest

from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import IncidentId, TargetName, uuid7
from grace_workers.playbooks import Plan, ReadyPlan, bind_ready
from tests.builders import TARGETS
from tests.patients import CHECKS, PRIMITIVES
from tests.unit.orchestration.test_plans import PLAN


def bound(**changes: object) -> Plan:
    ready = ReadyPlan.read({**PLAN, **changes}, "plan")
    return bind_ready(ready, PRIMITIVES, CHECKS, TARGETS, incident=IncidentId(uuid7()), proposer="ann")


def test_steps_act_on_the_target_unless_they_name_another() -> None:
    steps = [
        {"id": "a", "primitive": "dose_idempotent"},
        {"id": "b", "primitive": "dose_idempotent", "target": "partner"},
    ]
    assert [step.target for step in bound(steps=steps).steps] == [TargetName("web"), TargetName("partner")]


def test_the_domain_is_the_strictest_of_what_the_steps_touch() -> None:
    steps = [{"id": "b", "primitive": "dose_idempotent", "target": "partner"}]
    assert bound().domain.value.startswith("internal")
    assert bound(steps=steps).domain.value.startswith("external")


def test_the_digest_is_of_what_would_be_done() -> None:
    assert bound().digest == bound().digest
    assert bound().digest != bound(steps=PLAN["steps"][:1]).digest


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"steps": []}, "steps"),
        ({"expectations": []}, "expectations"),
        ({"name": "Not A Name"}, "name"),
        ({"by": "ben"}, "by"),
        ({"when": {"causes": ["process_down"]}}, "when"),
    ],
)
def test_a_document_that_is_no_ready_plan_is_refused(changes: dict[str, object], word: str) -> None:
    with pytest.raises(InputError, match=word):
        ReadyPlan.read({**PLAN, **changes}, "plan")


def test_the_first_faults_are_reported_together() -> None:
    steps = [{"id": f"s{n}", "primitive": "dance"} for n in range(5)]
    with pytest.raises(InputError, match=r"step 1 .*step 2 .*step 3 .*; and 2 more$"):
        bound(steps=steps)
