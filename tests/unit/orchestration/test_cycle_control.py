"""How people see and steer cycles, and that what a cycle found is told once."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from grace_workers.cycles import Cycle, Finding, Found, KnownFinding, Missed, Readers
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError
from grace_workers.orchestration import cycles
from grace_workers.orchestration.job import Ending, JobFailed, Succeeded
from grace_workers.orchestration.stores.findings import FindingStore
from grace_workers.orchestration.work.cycle_readers import LineReaders
from grace_workers.orchestration.work.cycles import cycle_job
from grace_workers.orchestration.work.findings import MOST
from tests.builders import Ward, claimed

SEEN: list[Finding] = []


def read(_readers: Readers) -> Sequence[Finding]:
    return list(SEEN)


def judge(seen: Sequence[Finding], _before: JsonValue, _now: datetime) -> Found:
    return Found(memory=None, findings=seen)


FINDER = cycle_job(Cycle(name="finder", summary="Finds.", cadence=timedelta(hours=1), read=read, judge=judge))


@pytest.fixture
def ward() -> Ward:
    SEEN.clear()
    return Ward()


def told(ward: Ward) -> list[tuple[str, str]]:
    return [(one.action, one.subject) for one in ward.ledger.entries if one.action.startswith(("finding", "cycle"))]


def look(ward: Ward, *found: Finding) -> Ending:
    SEEN[:] = found
    return FINDER.run(ward, claimed(ward, FINDER, {}))


def test_what_is_found_is_told_when_it_is_new_and_when_it_is_over_however_often_it_is_seen(ward: Ward) -> None:
    for count in (40.0, 50.0):
        look(ward, Finding(key="flaps", title="web flaps", figures={"signals": count}))
    with ward.ledger.transaction() as tx:
        (known,) = tx[FindingStore].find()
    assert (known.before, known.finding.figures) == ({"signals": 40.0}, {"signals": 50.0})
    look(ward)
    look(ward)
    assert told(ward) == [("finding.opened", "finding:finder:flaps"), ("finding.gone", "finding:finder:flaps")]
    look(ward, Finding(key="flaps", title="web flaps"))
    assert [action for action, _ in told(ward)][2:] == ["finding.opened"]


def spots(count: int, *, first: int = 0) -> list[Finding]:
    return [Finding(key=f"k{number:04}", title="flaps") for number in range(first, first + count)]


def holding(ward: Ward) -> list[str]:
    with ward.ledger.transaction() as tx:
        return sorted(one.finding.key for one in tx[FindingStore].find(cycle="finder", limit=None))


def test_of_too_many_findings_the_most_severe_are_kept_and_told_once(ward: Ward) -> None:
    many = spots(600)
    assert look(ward, *many) == Succeeded(result={"left_out": 600 - MOST})
    look(ward, *many)
    assert holding(ward) == [one.key for one in many[:MOST]]
    assert len(told(ward)) == MOST
    look(ward)
    assert (holding(ward), len(told(ward))) == ([], 2 * MOST)


def test_a_known_finding_holds_its_place_until_it_is_far_behind(ward: Ward) -> None:
    look(ward, *spots(MOST))
    look(ward, *spots(10, first=MOST), *spots(MOST))
    assert len(told(ward)) == len(holding(ward)) == MOST + 10
    look(ward, *spots(2 * MOST, first=MOST))
    assert holding(ward) == [one.key for one in spots(MOST, first=MOST)]


def test_all_that_an_earlier_release_left_open_ends_and_is_counted(ward: Ward) -> None:
    now = ward.clock.now()
    with ward.ledger.transaction() as tx:
        for one in spots(600):
            tx[FindingStore].save(KnownFinding(cycle="telemetry", finding=one, first_at=now, seen_at=now))
            tx[FindingStore].save(KnownFinding(cycle="finder", finding=one, first_at=now, seen_at=now))
    assert cycles.cycle(ward.ledger, ward.clock, {}, "telemetry").status.findings == 600
    look(ward)
    assert holding(ward) == []


def test_every_cycle_is_listed_with_its_next_run_and_its_policy(ward: Ward) -> None:
    found = {one.name: one for one in cycles.cycles(ward.ledger, ward.clock, {"triggers": timedelta(hours=2)})}
    triggers = found["triggers"]
    assert (triggers.cadence, triggers.missed, triggers.last) == (timedelta(hours=2), Missed.LAST, None)
    assert triggers.next_at is not None
    assert timedelta(0) < triggers.next_at - ward.clock.now() <= timedelta(hours=2)


def test_a_paused_cycle_has_no_next_run_and_says_who_paused_it_and_why(ward: Ward) -> None:
    cycles.pause(ward.ledger, ward.clock, "telemetry", by="ann", reason="the move")
    status = cycles.cycle(ward.ledger, ward.clock, {}, "telemetry").status
    assert status.next_at is None
    assert status.pause is not None
    assert (status.pause.by, status.pause.reason) == ("ann", "the move")
    with pytest.raises(ConflictError, match="paused already, by ann: the move"):
        cycles.pause(ward.ledger, ward.clock, "telemetry", by="bob", reason="too")
    cycles.resume(ward.ledger, ward.clock, "telemetry", by="bob", reason="it is over")
    with pytest.raises(ConflictError, match="'telemetry' is not paused"):
        cycles.resume(ward.ledger, ward.clock, "telemetry", by="bob", reason="again")
    assert told(ward) == [("cycle.paused", "cycle:telemetry"), ("cycle.resumed", "cycle:telemetry")]


def test_a_run_that_was_asked_for_twice_is_one(ward: Ward) -> None:
    first, second = (cycles.run_now(ward.ledger, "telemetry", by=by) for by in ("ann", "bob"))
    assert first.id == second.id
    ward.work()
    story = cycles.cycle(ward.ledger, ward.clock, {}, "telemetry")
    assert [one.state.value for one in story.runs] == ["succeeded"]
    assert story.status.last == story.runs[0]


def test_what_does_not_exist_or_says_nothing_is_refused(ward: Ward) -> None:
    with pytest.raises(NotFoundError, match="unknown cycle 'goat'; known: "):
        cycles.run_now(ward.ledger, "goat", by="ann")
    with pytest.raises(InputError, match="needs a reason"):
        cycles.pause(ward.ledger, ward.clock, "telemetry", by="ann", reason=" ")


def test_a_run_that_failed_for_good_is_seen_by_the_cycle_that_watches_the_others(ward: Ward) -> None:
    readers = LineReaders(line=ward.line, triggers=ward.catalogs.triggers)
    assert readers.runs() == []
    job = cycles.run_now(ward.ledger, "telemetry", by="ann")
    claim = ward.claim(job)
    assert claim is not None
    ward.claimer.finish(claim, JobFailed(error="no such table"))
    assert [(one.cycle, one.error) for one in readers.runs()] == [("telemetry", "no such table")]
    assert readers.kernel("scheduler") == "grace.here.scheduler"
