"""A snapshot is taken of what changed, and the older it is, the fewer are kept."""

from datetime import UTC, datetime, timedelta

from grace_workers.cycles import FleetSnapshot, content, outdated
from grace_workers.cycles.programmes.snapshots import DEFINITION, SnapshotLook
from grace_workers.cycles.snapshot import identity

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def test_what_is_unchanged_is_taken_once_and_damage_is_looked_for_each_time() -> None:
    parts = [content("a", b"1"), content("b", b"2")]
    first = DEFINITION.judge(SnapshotLook(parts=parts), None, NOW)
    assert (first.keeps, first.mends, first.result["changed"]) == (parts, parts, True)
    again = DEFINITION.judge(SnapshotLook(parts=parts), first.memory, NOW)
    assert (again.keeps, again.mends, again.result["changed"]) == ((), parts, False)
    changed = DEFINITION.judge(SnapshotLook(parts=[*parts[:1], content("b", b"3")]), first.memory, NOW)
    assert changed.keeps


def test_only_damage_that_nothing_in_use_puts_right_is_a_finding() -> None:
    parts, earlier = [content("a", b"1"), content("b", b"2")], content("b", b"1.9").part
    found = DEFINITION.judge(SnapshotLook(parts=parts, lost=[parts[0].part, earlier]), None, NOW)
    assert found.findings is not None
    assert [one.title.split(",")[0] for one in found.findings] == ["b"]


def test_a_snapshot_is_its_parts_and_not_their_order() -> None:
    one, two = content("a", b"1").part, content("b", b"2").part
    assert identity([one, two]) == identity([two, one])
    assert identity([one, two]) != identity([one])
    assert not FleetSnapshot(id=identity([one]), at=NOW, parts=[two], entry="").sound


def test_all_of_two_days_stay_then_one_of_each_day_for_a_month_and_the_newest_always() -> None:
    hourly = [FleetSnapshot(id=f"h{n}", at=NOW - timedelta(hours=n), parts=(), entry="") for n in range(24 * 40)]
    kept = {one.id for one in hourly} - set(outdated(hourly, NOW))
    assert {f"h{n}" for n in range(49)} <= kept
    assert len(kept) == 49 + 28
    assert len({one.at.date() for one in hourly if one.id in kept}) == 31
    old = FleetSnapshot(id="old", at=NOW - timedelta(days=400), parts=(), entry="")
    assert outdated([old], NOW) == []
