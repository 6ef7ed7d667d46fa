from dataclasses import dataclass
from datetime import timedelta

from grace_workers.coding import coding_intents
from grace_workers.coding.deadline import Deadline
from grace_workers.coding.intents.intent import IntentOptions
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.refactoring import Refactorer, RefactorReport
from grace_workers.testing import FakeClock
from tests.unit.coding.benches import bench
from tests.unit.coding.recordings import recording

LOGS = "import logging\n\nlog = logging.getLogger(__name__)\n\n\ndef told(name):\n    log.info(f'{name}')\n"


@dataclass(slots=True, kw_only=True)
class Refused(Refactorer):
    """Its suite takes ten seconds and lets nothing pass."""

    clock: FakeClock
    asked: int = 0

    def _objection(self, made: RefactorReport) -> Reason | None:
        self.asked += 1
        self.clock.advance(timedelta(seconds=10))
        return Reason(ReasonCode.BROKE_TESTS, "no")


def test_no_target_is_tried_alone_once_the_time_is_over(tmp_path):
    at, clock = bench({f"m{number}.py": LOGS for number in range(6)}), FakeClock()
    refactorer = Refused(
        workshop=at.workshop,
        repository=at.repository,
        command=at.command,
        scratch=tmp_path,
        deadline=Deadline.after(25, clock),
        clock=clock,
        _before=recording(),
    )
    groups = [(f"m{number}.py",) for number in range(6)]
    found = refactorer.do(coding_intents()["improve_logging"], groups, IntentOptions())
    assert refactorer.asked == 3
    assert [why.code for why in found.refused.values()] == [ReasonCode.BROKE_TESTS] * 2 + [ReasonCode.BUDGET] * 4
    later = refactorer.do(coding_intents()["improve_logging"], groups, IntentOptions())
    assert [*later.refused] == [one for (one,) in groups]


def test_a_file_of_more_than_two_mebibytes_is_not_refactored(tmp_path):
    sizes = {"small.py": 1 << 20, "large.py": 3 << 19, "huge.py": 3 << 20}
    at = bench({name: f"{LOGS}#{'x' * size}\n" for name, size in sizes.items()})
    refactorer = Refactorer(
        workshop=at.workshop, repository=at.repository, command=None, scratch=tmp_path,
        deadline=Deadline.after(25, FakeClock()),
    )  # fmt: skip
    found = refactorer.do(coding_intents()["improve_logging"], [(name,) for name in sizes], IntentOptions())
    assert found.applied == ("small.py", "large.py")
    assert found.refused["huge.py"].code == ReasonCode.UNREADABLE
