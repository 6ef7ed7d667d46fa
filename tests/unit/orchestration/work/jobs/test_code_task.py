import pytest

from grace_workers.foundation.errors import InputError
from grace_workers.orchestration.line.handing_over import CODE
from grace_workers.orchestration.work.coding import code_request
from grace_workers.orchestration.work.coding_wishes import CodeTask
from grace_workers.orchestration.work.jobs.code_task import DEFINITION
from tests.builders import Ward, claimed

ORDER = {"task": "fix_bug", "target": "web", "reason": "it fails"}
PAYLOAD = {**ORDER, "mode": "review", "arguments": {}, "seconds": 60.0, "auto_merge": False, "by": "ann"}


def test_a_target_without_code_is_refused() -> None:
    ward = Ward()
    with pytest.raises(InputError, match="target 'web' is no code that the agent may work on; such targets: none"):
        DEFINITION.run(ward, claimed(ward, DEFINITION, PAYLOAD))


def test_strangers_cannot_hand_one_in() -> None:
    assert (DEFINITION.address, DEFINITION.submittable, DEFINITION.orderable) == (CODE, False, False)


def test_arguments_that_do_not_fit_the_task_are_refused_when_it_is_asked_for() -> None:
    with pytest.raises(InputError, match=r"arguments of refactor: .*give either `intent`"):
        code_request(CodeTask.read({**ORDER, "task": "refactor"}, "task"), by="ann")
