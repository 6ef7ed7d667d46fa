"""`Heartbeat`: a sign of life that one of your jobs must send, and the signals that follow when it does not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import Field

from grace_workers.foundation.document import Document
from grace_workers.foundation.ids import TargetName
from grace_workers.signals.signal import Severity, Signal, SignalStatus
from grace_workers.signals.signature import sign

LONGEST_GAP = timedelta(minutes=2)
_GAPS = 3
_REMINDED = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """What is declared: one is due once per `every` on behalf of `target`, and missing `grace` after that."""

    name: str
    target: TargetName
    every: timedelta
    grace: timedelta
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardBeat:
    """A declared heartbeat, and when it was last heard by the database's clock; None for never."""

    heartbeat: Heartbeat
    at: datetime | None


class Lost(Document):
    """A missing heartbeat: when it was last heard, and when that was last reported."""

    heard_at: datetime | None
    told_at: datetime


class HeartbeatMemory(Document):
    """What the last look leaves for the next.

    `counted_from` is the moment before which no silence counts: a fleet that did not look, or whose clock jumped,
    cannot claim that nothing came.
    """

    looked_at: datetime
    gap: timedelta = timedelta(0)
    counted_from: datetime
    known: dict[str, datetime] = Field(default_factory=dict)
    lost: dict[str, Lost] = Field(default_factory=dict)


def missing(
    heard: Sequence[HeardBeat], before: HeartbeatMemory | None, now: datetime
) -> tuple[Sequence[Signal], HeartbeatMemory]:
    """Return a signal for each heartbeat that is missing, or is heard again, and what to remember."""
    memory = _looked(before, now)
    known = {one.heartbeat.name: memory.known.get(one.heartbeat.name, now) for one in heard}
    signals: list[Signal] = []
    lost: dict[str, Lost] = {}
    for one in heard:
        name = one.heartbeat.name
        was = memory.lost.get(name)
        due = _due(one, max(known[name], memory.counted_from), now)
        if was is not None and one.at != was.heard_at:
            signals.append(_signal(one, due, now, SignalStatus.RESOLVED))
        elif was is None and now <= due + one.heartbeat.grace:
            continue
        elif was is None or now - was.told_at >= max(_REMINDED, one.heartbeat.every):
            signals.append(_signal(one, due, now, SignalStatus.FIRING))
            lost[name] = Lost(heard_at=one.at, told_at=now)
        else:
            lost[name] = was
    return signals, memory.model_copy(update={"known": known, "lost": lost})


def _looked(before: HeartbeatMemory | None, now: datetime) -> HeartbeatMemory:
    if before is None:
        return HeartbeatMemory(looked_at=now, counted_from=now)
    gap = now - before.looked_at
    if timedelta(0) <= gap <= max(LONGEST_GAP, _GAPS * before.gap):
        return before.model_copy(update={"looked_at": now, "gap": gap})
    # Looks that are far apart by configuration differ from a pause, because the next one is as far away.
    return before.model_copy(update={"looked_at": now, "gap": abs(gap), "counted_from": now, "known": {}})


def _due(one: HeardBeat, counted_from: datetime, now: datetime) -> datetime:
    """Return when the next beat is due. One heard later than now was heard before the clock was set back."""
    heard_at = one.at if one.at is not None and one.at <= now else counted_from
    return max(heard_at, counted_from) + one.heartbeat.every


def _signal(one: HeardBeat, due: datetime, now: datetime, status: SignalStatus) -> Signal:
    beat = one.heartbeat
    last = "never heard" if one.at is None else f"last heard at {one.at:%Y-%m-%d %H:%M:%S} UTC"
    firing = status is SignalStatus.FIRING
    return Signal(
        source="heartbeat",
        name="HeartbeatMissing",
        target=beat.target,
        severity=beat.severity,
        status=status,
        summary=f"heartbeat {beat.name} is {'missing' if firing else 'back'}: {last}, due every {beat.every}",
        labels={"heartbeat": beat.name},
        signature=sign("HeartbeatMissing", labels={"heartbeat": beat.name}),
        delivery_key=f"heartbeat:{beat.name}:{status}:{now.isoformat()}",
        observed_at=now,
        began_at=min(due, now) if firing else None,
    )
