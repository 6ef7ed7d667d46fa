"""What holds the fleet back, in one read."""

from datetime import timedelta

from grace_workers.foundation.ids import TargetName
from grace_workers.governance import Brake, MaintenanceWindow, WindowEffect, WindowScope
from grace_workers.orchestration import switches, windows
from grace_workers.orchestration.holds import HoldKind, holds
from grace_workers.orchestration.stores.storm import StormStore
from tests.builders import TARGETS, WEB, Ward

HOUR = timedelta(hours=1)


def window(ward: Ward, effect: WindowEffect, *, later: timedelta = timedelta(0), **scope: tuple[str, ...]) -> None:
    now = ward.clock.now()
    wanted = MaintenanceWindow(
        name="copy",
        effect=effect,
        scope=WindowScope(targets=tuple(TargetName(name) for name in scope.get("targets", ()))),
        starts_at=now + later,
        lasts=HOUR,
        ends_at=now + later + HOUR,
        reason="the copy",
        by="ann",
        made_at=now,
    )
    windows.make(ward.ledger, ward.clock, wanted, TARGETS)


def test_nothing_holds_a_fresh_fleet_and_a_mute_or_a_later_freeze_does_not_either() -> None:
    ward = Ward()
    window(ward, WindowEffect.MUTE)
    window(ward, WindowEffect.FREEZE, later=HOUR)
    assert holds(ward.ledger, ward.clock) == []


def test_all_that_holds_is_told_strongest_first_with_who_why_and_until_when() -> None:
    ward = Ward()
    now = ward.clock.now()
    window(ward, WindowEffect.FREEZE, targets=(WEB,))
    window(ward, WindowEffect.FREEZE)
    with ward.ledger.transaction() as tx:
        tx[StormStore].brake(Brake(scope="service=shop", why="4 of 5 runs missed", at=now))
    for name in ("freeze", "kill"):
        switches.turn(ward.ledger, ward.clock, name, on=True, reason="the audit", by="bob")
    kill, freeze, brake, *frozen = holds(ward.ledger, ward.clock)
    assert (kill.kind, freeze.kind, kill.by, kill.reason) == (HoldKind.KILL, HoldKind.FREEZE, "bob", "the audit")
    assert (brake.scope, brake.by, brake.since) == ("service=shop", None, now)
    assert {one.scope for one in frozen} == {WEB, "fleet"}
    assert {(one.kind, one.by, one.until) for one in frozen} == {(HoldKind.WINDOW, "ann", now + HOUR)}
