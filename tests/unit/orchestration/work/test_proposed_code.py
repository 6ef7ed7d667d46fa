"""What of a proposed repair is in force."""

from grace_workers.cycles import PastMonth
from grace_workers.cycles.improvements.kinds.coding_task import DEFINITION
from grace_workers.orchestration.work.proposed_code import repair_in_force
from tests.builders import Ward
from tests.unit.cycles.test_weak_spots import NOW, errors


def test_a_merged_patch_stays_in_force_when_its_job_is_kept_no_more() -> None:
    (one,) = DEFINITION.find(None, PastMonth(now=NOW, problems=errors(6)))  # type: ignore[arg-type]
    assert repair_in_force(Ward().line, one).ended == "its job is not kept any more"
    merged = one.model_copy(update={"content": {**one.content, "commit": "a" * 40}, "in_force_at": NOW})
    found = repair_in_force(Ward().line, merged)
    assert (found.in_force, found.ended) == ({one.version: NOW}, "")
