"""Everything that holds the fleet back at the moment, in one read: switches, maintenance freezes and brakes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from grace_workers.foundation.clock import Clock
from grace_workers.governance import FLEET_SCOPE, MaintenanceWindow, WindowEffect
from grace_workers.orchestration.stores import LineLedger, LineTransaction
from grace_workers.orchestration.stores.storm import StormStore
from grace_workers.orchestration.stores.windows import WindowStore
from grace_workers.orchestration.switches import SWITCHES


class HoldKind(StrEnum):
    """What holds the fleet back, the strongest first."""

    KILL = "kill"
    FREEZE = "freeze"
    BRAKE = "brake"
    WINDOW = "window"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One thing that holds the fleet back: where, why, by whom (None: by the fleet itself), and since or until when."""

    kind: HoldKind
    scope: str
    reason: str
    by: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def holds(ledger: LineLedger, clock: Clock) -> Sequence[Hold]:
    """Return what holds the fleet back now, the strongest first."""
    now = clock.now()
    with ledger.transaction() as tx:
        return [*_switched(tx), *_braked(tx), *_frozen(tx, now)]


def _switched(tx: LineTransaction) -> Iterator[Hold]:
    found = tx.switches.read_all(SWITCHES)
    for name in SWITCHES:
        if found[name].on:
            yield Hold(kind=HoldKind(name), scope=FLEET_SCOPE, reason=found[name].reason, by=found[name].by)


def _braked(tx: LineTransaction) -> Iterator[Hold]:
    for one in tx[StormStore].brakes():
        yield Hold(kind=HoldKind.BRAKE, scope=one.scope, reason=one.why, since=one.at)


def _frozen(tx: LineTransaction, now: datetime) -> Iterator[Hold]:
    for one in tx[WindowStore].open(now):
        until = one.in_force(now)
        if one.effect is WindowEffect.FREEZE and until is not None:
            yield Hold(kind=HoldKind.WINDOW, scope=_scope(one), reason=one.reason, by=one.by, until=until)


def _scope(window: MaintenanceWindow) -> str:
    scope = window.scope
    labels = [f"{name}={value}" for name, value in sorted(scope.labels.items())]
    return ", ".join([*scope.targets, *labels, *scope.causes]) or FLEET_SCOPE
