"""Which members of one condition still fire (pods, Alertmanager fingerprints), and when each was last heard of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from grace_workers.foundation.ids import TargetName
from grace_workers.signals.signal import Signal, Signature

EXPIRY = timedelta(hours=5)
"""How long a silent member counts as firing: longer than the 4 h after which Alertmanager repeats by default."""

MOST_MEMBERS = 5_000
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True, order=True)
class Condition:
    """The condition that signals of one signature on one target belong to."""

    target: TargetName
    signature: Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class FiringMember:
    """A member that fires. `seen_at` is when it was last heard of, by our clock."""

    seen_at: datetime
    began_at: datetime | None = None


Firing = Mapping[str, FiringMember]


def with_member(firing: Firing, signal: Signal, now: datetime) -> Firing:
    """Return the firing members once `signal` fires. Beyond `MOST_MEMBERS`, the longest silent one is forgotten."""
    kept = dict(firing)
    if len(kept) >= MOST_MEMBERS and signal.member not in kept:
        del kept[min(kept, key=lambda name: kept[name].seen_at)]
    kept[signal.member] = FiringMember(seen_at=now, began_at=signal.began_at)
    return kept


def without_member(firing: Firing, signal: Signal) -> Firing:
    """Return the firing members after the end that `signal` reports; the end of the whole condition leaves none."""
    if not signal.member or _whole(firing):
        return {}
    return {name: one for name, one in firing.items() if name != signal.member}


def ends_nothing(signal: Signal, firing: Firing) -> str | None:
    """Return why the end that `signal` reports changes nothing for the firing members; None when it does."""
    known = firing.get(signal.member)
    if known is not None and known.began_at and signal.began_at and signal.began_at < known.began_at:
        return f"the end of an earlier firing; the current one began at {known.began_at:%Y-%m-%d %H:%M:%S} UTC"
    if known is None and signal.member and firing and not _whole(firing):
        return f"{signal.member[:80]} was not known to be firing; {still(firing)}"
    return None


def still(firing: Firing) -> str:
    """Return how many fire, and the names of the first few."""
    named = ", ".join(sorted(name[:80] for name in firing)[:_MOST_NAMED])
    more = " …" if len(firing) > _MOST_NAMED else ""
    return f"{len(firing)} still {'fires' if len(firing) == 1 else 'fire'}: {named}{more}"


def _whole(firing: Firing) -> bool:
    return set(firing) == {""}
