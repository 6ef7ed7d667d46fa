from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from grace_workers.cycles import PastMonth, Vanished
from grace_workers.cycles.improvements.look import ImprovementLook
from grace_workers.cycles.programmes.improvement import DEFINITION
from grace_workers.diagnosis import Causes
from grace_workers.foundation.ids import TargetName
from grace_workers.orchestration import cycles
from grace_workers.orchestration.stores.findings import FindingStore
from grace_workers.orchestration.work.past_month import past_month, whole_since
from grace_workers.testing import FakeClock
from tests.builders import Ward, signal
from tests.memory.transaction import MemoryTransaction


def test_signals_that_no_target_takes_are_found_and_over_once_they_have_one() -> None:
    ward = Ward()
    for number in range(12):
        ward.receive(signal(at=ward.clock, target=None, name="DiskFull", key=f"k{number}"))
    assert past_month(ward.line).unmatched == {"DiskFull": 12}
    cycles.run_now(ward.ledger, DEFINITION.name, by="ann")
    ward.work()
    with ward.ledger.transaction() as tx:
        (known,) = tx[FindingStore].find(cycle=DEFINITION.name)
    assert known.finding.figures == {"signals": 12}


def test_the_most_severe_findings_come_first_and_kinds_take_turns() -> None:
    now = FakeClock().now()
    ended = [Vanished(target=TargetName(name), signature="s~1", at=now) for name in "aab" for _ in range(20)]
    month = PastMonth(now=now, vanished=ended, unmatched={"Disk": 12, "Load": 90})
    found = DEFINITION.judge(ImprovementLook(month=month), None, now)
    assert found.findings is not None
    shown = [one.key.partition(":")[0] for one in found.findings]
    assert sorted(shown[:2]) == ["flapping", "unmatched_signals"]
    assert [one.figures for one in found.findings if "signals" in one.figures] == [{"signals": 90}, {"signals": 12}]
    assert [one.figures for one in found.findings if "ends" in one.figures] == [{"ends": 40}, {"ends": 20}]


def test_what_ran_and_who_waited_is_read_from_the_record() -> None:
    ward = Ward()
    ward.fall_ill()
    ward.live()
    month = past_month(ward.line)
    assert (len(month.episodes), month.days[0].healed, month.ran) == (1, 1, frozenset({month.episodes[0].playbook}))
    assert month.since == month.episodes[0].at


def test_problems_are_whole_since_the_oldest_of_the_newest_if_there_may_be_more() -> None:
    ward = Ward()
    for _ in range(3):
        ward.fall_ill()
        ward.work()
        ward.clock.advance(timedelta(days=1))
    with ward.ledger.transaction() as tx:
        closed = tx.incidents.find(limit=2)
    assert whole_since(closed, [], most=2) == closed[1].incident.opened_at
    assert whole_since(closed, [], most=3) is None


def test_nothing_is_computed_while_a_transaction_is_open_because_the_database_ends_an_idle_one() -> None:
    ward = Ward()
    ward.fall_ill()
    ward.work()
    whole, open_now, asked = ward.ledger.transaction, [False], list[bool]()

    @contextmanager
    def transaction() -> Iterator[MemoryTransaction]:
        with whole() as tx:
            open_now[0] = True
            yield tx
            open_now[0] = False

    def causes() -> Causes:
        asked.append(open_now[0])
        return ward.line.causes()

    ward.ledger.transaction = transaction  # type: ignore[method-assign]
    assert past_month(replace(ward.line, causes=causes)).problems
    assert asked
    assert not any(asked)
