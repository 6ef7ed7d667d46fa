"""A process knows what was discovered within a second, without a restart; what it has open stays open."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from grace_workers.actions import HttpProbe, Ownership, Target
from grace_workers.adapters.guard import BreakerRegistry
from grace_workers.adapters.live_targets import FleetParts, LiveTargets, guarded
from grace_workers.adapters.world import build_world
from grace_workers.foundation.errors import InputError, NotFoundError, TransientError
from grace_workers.foundation.ids import TargetKind, TargetName
from grace_workers.orchestration.stores import LineLedger, LineTransaction
from grace_workers.signals import HeardBeat, Heartbeat, Severity, missing
from tests.builders import Ward
from tests.unit.orchestration.discovery.looks import DRIVERS, Place, known, looked, thing

SHOP = Target(
    name=TargetName("shop"), kind=TargetKind("http"), owner=Ownership.INTERNAL, connection={"url": "http://shop"}
)
A, B = TargetName("a"), TargetName("b")


@dataclass
class CutOff:
    """A ledger that may be out of reach; a loud one must not even be asked."""

    ledger: LineLedger
    cut: bool = False
    loud: bool = False

    def transaction(self) -> AbstractContextManager[LineTransaction]:
        assert not self.loud
        if self.cut:
            raise TransientError("the database is out of reach")
        return self.ledger.transaction()


def live(ward: Ward, place: Place, folder: Path, ledger: LineLedger | None = None, **rule: Any) -> LiveTargets:
    ward.discoveries = known(place.rule(**rule), declared=["shop"])
    return opened(ward, folder, ledger)


def opened(ward: Ward, folder: Path, ledger: LineLedger | None = None) -> LiveTargets:
    fleet = FleetParts(engine=create_engine("postgresql+psycopg://nowhere"), kernels=["beat"], levers={})
    world = build_world({SHOP.name: SHOP}, DRIVERS, folder)
    given = ledger or ward.ledger
    return LiveTargets(given, ward.discoveries, {SHOP.name: SHOP}, world, fleet, fresh_for=0)


def test_targets_come_and_go_while_the_process_runs(tmp_path: Path) -> None:
    ward, place = Ward(), Place([thing("a", depends_on=("shop", "ghost")), thing("b", at="10.0.0.2:80")])
    targets = live(ward, place, tmp_path)
    before = targets.line(ward.line)
    assert list(before.targets) == ["shop"]
    looked(ward, ward.discoveries)
    after = targets.line(ward.line)
    assert list(after.targets) == ["shop", "a", "b"]
    assert after.targets[A].depends_on == after.subjects[A].depends_on == ("shop",)
    assert list(targets.intake(ward.intake).targets) == ["shop", "a", "b"]
    assert targets.intake(ward.intake) is targets.intake(ward.intake)
    assert TargetName("grace.here.beat") in after.targets
    probe = after.world.role(A, HttpProbe)
    place.seen.pop()
    looked(ward, ward.discoveries)
    last = targets.line(after)
    assert list(last.targets) == list(targets.intake(ward.intake).targets) == ["shop", "a"]
    # A job that began before keeps what it began with, and what did not change stays open.
    assert B in after.targets
    assert last.world.role(A, HttpProbe) is probe
    with pytest.raises(NotFoundError, match="no target named 'b'"):
        last.world.role(B, HttpProbe)


def test_the_heartbeat_of_a_target_comes_and_goes_with_it_and_the_settings_outrank_it(tmp_path: Path) -> None:
    ward, place = Ward(), Place([thing("a", heartbeat={"every": "10s"}), thing("b", heartbeat={"every": "1d"})])
    own = Heartbeat(name="b", target=SHOP.name, every=timedelta(hours=1), grace=timedelta(0))
    intake = replace(ward.intake, heartbeats=[own])
    targets = live(ward, place, tmp_path, heartbeats=True)
    assert targets.intake(intake).heartbeats == (own,)
    looked(ward, ward.discoveries)
    first = targets.intake(intake)
    assert [(one.name, one.target) for one in first.heartbeats] == [("b", "shop"), ("a", "a")]
    now = ward.clock.now()
    heard = [HeardBeat(heartbeat=one, at=None) for one in first.heartbeats]
    _, memory = missing(heard, None, now)
    signals, _ = missing(heard, memory, now + timedelta(seconds=71))
    assert [(one.target, one.severity, one.name) for one in signals] == [("a", Severity.WARNING, "HeartbeatMissing")]
    place.seen.clear()
    looked(ward, ward.discoveries, accept=True)
    assert targets.intake(intake).heartbeats == (own,)


def test_a_target_that_cannot_be_opened_here_says_why_and_stops_no_other(tmp_path: Path) -> None:
    ward, place = Ward(), Place([thing("a", values={"address": "x"}), thing("b")])
    targets = live(ward, place, tmp_path, connection={"url": "{address}://x"})
    looked(ward, ward.discoveries)
    line = targets.line(ward.line)
    with pytest.raises(InputError, match="target 'a' cannot be used: "):
        line.world.role(A, HttpProbe)
    assert line.world.role(SHOP.name, HttpProbe) is not None


def test_a_place_that_fails_again_and_again_is_left_alone_for_a_while() -> None:
    ward, place = Ward(), Place(broken="no answer")
    found = guarded(known(place.rule()), BreakerRegistry())
    problems = [looked(ward, found).state.problem for _ in range(12)]
    assert problems[0] == "no answer"
    assert "no answer" not in str(problems[-1])


def test_while_nothing_can_be_read_the_last_known_targets_hold(tmp_path: Path) -> None:
    ward, place = Ward(), Place([thing("a")])
    ledger = CutOff(ward.ledger)
    targets = live(ward, place, tmp_path, ledger)
    looked(ward, ward.discoveries)
    assert A in targets.line(ward.line).targets
    ledger.cut = True
    assert A in targets.line(ward.line).targets


def test_without_a_discovery_the_ledger_is_never_read(tmp_path: Path) -> None:
    ward = Ward()
    ward.discoveries = known()
    targets = opened(ward, tmp_path, CutOff(ward.ledger, cut=True, loud=True))
    assert list(targets.line(ward.line).targets) == ["shop"]
