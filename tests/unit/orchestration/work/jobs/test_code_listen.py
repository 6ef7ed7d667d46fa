import re
from dataclasses import replace

import pytest

from grace_workers.actions import Ownership, Target
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetKind, TargetName
from grace_workers.orchestration.events.topics.task_code_refactor import DEFINITION as TOPIC
from grace_workers.orchestration.events.topics.task_code_refactor import RefactorTask
from grace_workers.orchestration.job import Job
from grace_workers.orchestration.work.jobs.code_listen import DEFINITION
from tests.builders import Ward, claimed

ASKED = RefactorTask.read(
    {"intent": "improve_logging", "targets": ["shop.cart"], "description": "logs are text", "acceptance": ["quiet"]},
    "task",
)


def ward_with(*names: str) -> Ward:
    ward = Ward()
    code = {
        TargetName(name): Target(
            name=TargetName(name), kind=TargetKind("git"), owner=Ownership.INTERNAL, roles=frozenset({"Codebase"})
        )
        for name in names
    }
    ward.line = replace(ward.line, targets={**ward.line.targets, **code})
    return ward


def published(ward: Ward, task: RefactorTask) -> None:
    with ward.ledger.transaction() as tx:
        tx.events.publish(TOPIC, task)


def listened(ward: Ward) -> list[Job]:
    DEFINITION.run(ward, claimed(ward, DEFINITION, {}))
    with ward.ledger.transaction() as tx:
        return list(tx.jobs.find(names=["code.task"]))


def test_an_event_becomes_one_task_on_the_only_code_there_is() -> None:
    ward = ward_with("shop-code")
    published(ward, ASKED)
    (job,) = listened(ward)
    assert job.payload["arguments"] == {"intent": "improve_logging", "targets": ["shop.cart"], "options": {}}
    assert (job.payload["mode"], job.payload["by"]) == ("review", "event:task.code_refactor")
    assert listened(ward) == [job]


def test_an_event_may_ask_for_a_plan_by_its_name_or_by_its_steps() -> None:
    ward = ward_with("shop-code")
    steps = [{"intent": "add_type_hints"}, {"intent": "repair_types", "after": ["add_type_hints"]}]
    for one in ({"intent": "clean"}, {"steps": steps, "targets": ["shop"]}):
        published(ward, RefactorTask.read({**one, "description": "tidy"}, "task"))
    # Jobs of one millisecond are in no order.
    listed, named = sorted((job.payload["arguments"] for job in listened(ward)), key=lambda one: str(one["intent"]))
    assert named == {"intent": "clean", "targets": [], "options": {}}
    assert listed == {"intent": "", "targets": ["shop"], "options": {}, "steps": steps}


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"intent": "tidy", "targets": ["shop"]}, "'tidy' is not offered; offered: add_type_hints"),
        ({"intent": "add_type_hints"}, "Name the targets of 'add_type_hints'"),
        ({}, "give either `intent`, which may be a plan's name, or `steps`"),
        ({"steps": [{"intent": "repair_types", "after": ["clean"]}]}, "comes after 'clean', which is no step"),
        ({"steps": [{"intents": "repair_types"}]}, "steps.0.intent"),
    ],
)
def test_a_refactoring_that_is_not_offered_is_refused_when_it_is_asked_for(asked: dict[str, object], why: str) -> None:
    with pytest.raises(InputError, match=re.escape(why)):
        RefactorTask.read({**asked, "description": "tidy"}, "task")


def test_an_event_that_asks_for_a_merge_asks_policy_for_it() -> None:
    ward = ward_with("shop-code")
    published(ward, ASKED.model_copy(update={"auto_merge": True}))
    (job,) = listened(ward)
    assert (job.payload["mode"], job.payload["auto_merge"]) == ("live", True)


def test_an_event_that_leaves_open_which_code_is_refused_in_the_audit_log_and_the_next_is_read() -> None:
    ward = ward_with("shop-code", "billing-code")
    published(ward, ASKED)
    published(ward, ASKED.model_copy(update={"repository": "billing-code"}))
    assert [job.payload["target"] for job in listened(ward)] == ["billing-code"]
    (refused,) = [one for one in ward.ledger.entries if one.action == "code.refused"]
    assert (
        "name the target whose code is to be worked on; such targets: billing-code, shop-code" in refused.data["error"]
    )
