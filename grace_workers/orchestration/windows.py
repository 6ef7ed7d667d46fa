"""Making and ending maintenance windows, and what one would hide."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from grace_workers.actions import Target, undeclared
from grace_workers.audit import Entry
from grace_workers.foundation.clock import Clock
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetName
from grace_workers.governance import MaintenanceWindow, WindowEffect, checked
from grace_workers.orchestration.stores import LineLedger
from grace_workers.orchestration.stores.windows import WindowStore
from grace_workers.signals import Signal, SignalStatus

LOOKED_AT = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """Signals of one name on one target that a window would have hidden."""

    target: TargetName
    name: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowPreview:
    """What a window would hide, by the newest signals, and which targets it covers."""

    window: MaintenanceWindow
    covers: Sequence[TargetName]
    looked_at: int
    hidden: Sequence[Hidden]


def make(
    ledger: LineLedger, clock: Clock, window: MaintenanceWindow, targets: Mapping[TargetName, Target]
) -> MaintenanceWindow:
    """Keep a window and record who made it and why. Raises InputError with what is wrong."""
    now = clock.now()
    _check_targets(checked(window, now), targets)
    with ledger.transaction() as tx:
        tx[WindowStore].add(window)
        tx.audit.append(
            Entry(
                at=now,
                actor=window.by,
                action="window.made",
                subject=f"window:{window.id}",
                outcome=window.effect.value,
                data={
                    "name": window.name,
                    "reason": window.reason,
                    "rule": window.rule,
                    "starts_at": window.starts_at.isoformat(),
                    "ends_at": window.ends_at.isoformat(),
                    "targets": [str(name) for name in window.scope.targets],
                    "labels": dict(window.scope.labels),
                    "alerts": list(window.scope.alerts),
                    "causes": list(window.scope.causes),
                },
            )
        )
    return window


def end(ledger: LineLedger, clock: Clock, window_id: UUID, *, by: str, reason: str) -> MaintenanceWindow:
    """End a window at once.

    Raises:
        NotFoundError: there is no such window.
        InputError: no reason was given.
    """
    if not reason.strip():
        raise InputError("ending a window needs a reason; give one that others can act on")
    now = clock.now()
    with ledger.transaction() as tx:
        found = tx[WindowStore].load(window_id)
        tx[WindowStore].end(window_id, now)
        data = {"name": found.name, "reason": reason}
        subject = f"window:{window_id}"
        tx.audit.append(
            Entry(at=now, actor=by, action="window.ended", subject=subject, outcome=found.effect.value, data=data)
        )
    return replace(found, ends_at=min(found.ends_at, now))


def window(ledger: LineLedger, window_id: UUID) -> MaintenanceWindow:
    """Return one window. Raises NotFoundError."""
    with ledger.transaction() as tx:
        return tx[WindowStore].load(window_id)


def windows(ledger: LineLedger, clock: Clock) -> Sequence[MaintenanceWindow]:
    """Return the windows that are in force or still to come."""
    with ledger.transaction() as tx:
        return tx[WindowStore].open(clock.now())


def preview(
    ledger: LineLedger, clock: Clock, window: MaintenanceWindow, targets: Mapping[TargetName, Target]
) -> WindowPreview:
    """Return what a window would hide, without making it. Raises InputError as `make` does."""
    _check_targets(checked(window, clock.now()), targets)
    covers = [name for name in sorted(targets) if _in_scope(window, targets[name])]
    with ledger.transaction() as tx:
        newest = [signal for signal, _ in tx.signals.find(limit=LOOKED_AT)]
    counts = Counter((one.target, one.name) for one in newest if muted_by(one, window, targets))
    hidden = [Hidden(target=target, name=name, count=count) for (target, name), count in counts.most_common() if target]
    return WindowPreview(window=window, covers=covers, looked_at=len(newest), hidden=hidden)


def muted_by(signal: Signal, window: MaintenanceWindow, targets: Mapping[TargetName, Target]) -> bool:
    """Return whether a signal is in the scope of a window that mutes."""
    if window.effect is not WindowEffect.MUTE or signal.target is None or signal.status is SignalStatus.RESOLVED:
        return False
    labels = targets[signal.target].labels if signal.target in targets else {}
    return window.scope.covers(signal.target, labels, alert=signal.name)


def _in_scope(window: MaintenanceWindow, target: Target) -> bool:
    scope = window.scope
    return scope.covers(target.name, target.labels, alert=(*scope.alerts, "")[0], cause=(*scope.causes, "")[0])


def _check_targets(window: MaintenanceWindow, targets: Mapping[TargetName, Target]) -> None:
    for name in window.scope.targets:
        if name not in targets:
            raise InputError(undeclared(name, targets))
