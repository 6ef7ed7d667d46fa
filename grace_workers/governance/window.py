"""`MaintenanceWindow`: a time in which signals are muted or nothing acts; once or recurring, with who and why."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetName, uuid7

LONGEST = timedelta(days=31)
"""How long one occurrence lasts at most."""

LATEST = timedelta(days=366)
"""How long after its start a window recurs at most: what nobody renews ends."""

_RULE = re.compile(r"[A-Z0-9=;,+-]{6,200}")
_FREQUENCIES = ("FREQ=DAILY", "FREQ=WEEKLY", "FREQ=MONTHLY", "FREQ=YEARLY")


class WindowEffect(StrEnum):
    """What a window does: hide new problems, or let nothing act on those that are recognised."""

    MUTE = "mute"
    FREEZE = "freeze"


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowScope:
    """What a window is about: everything that fits each part given. Without any part it is everything.

    `alerts` are names of signals, and apply to a mute; `causes` are diagnosed, and apply to a freeze.
    """

    targets: tuple[TargetName, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    alerts: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()

    def covers(self, target: TargetName, labels: Mapping[str, str], *, alert: str = "", cause: str = "") -> bool:
        """Return whether something is in the scope; `labels` are the target's."""
        return (
            (not self.targets or target in self.targets)
            and all(labels.get(key) == value for key, value in self.labels.items())
            and (not self.alerts or alert in self.alerts)
            and (not self.causes or cause in self.causes)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceWindow:
    """One window. It begins at `starts_at` and lasts `lasts`; with a `rule` (RFC 5545) it comes again until `ends_at`.

    The rule counts in the wall time of `zone`, so that 02:00 stays 02:00 when the clocks change.
    """

    id: UUID = field(default_factory=uuid7)
    name: str
    effect: WindowEffect
    scope: WindowScope = field(default_factory=WindowScope)
    starts_at: datetime
    lasts: timedelta
    rule: str = ""
    zone: str = "UTC"
    ends_at: datetime
    reason: str
    by: str
    made_at: datetime

    def in_force(self, now: datetime) -> datetime | None:
        """Return when the occurrence ends that is in force; None when none is."""
        last = None
        for start in self._starts(now):
            last = start
        if last is None or now >= last + self.lasts or now >= self.ends_at:
            return None
        return min(last + self.lasts, self.ends_at)

    def upcoming(self, now: datetime, most: int = 5) -> tuple[datetime, ...]:
        """Return when the next occurrences begin, the one in force included."""
        starts = [start for start in self._starts(self.ends_at) if start + self.lasts > now]
        return tuple(starts[:most])

    @property
    def said(self) -> str:
        """Who made it and why, in words."""
        return f"{self.name!r} by {self.by}: {self.reason}"

    def _starts(self, until: datetime) -> Iterator[datetime]:
        if not self.rule:
            yield from [self.starts_at] if self.starts_at <= until else []
            return
        zone = ZoneInfo(self.zone)
        for wall in _expanded(self.rule, self.starts_at.astimezone(zone).replace(tzinfo=None), self._wall(until, zone)):
            yield wall.replace(tzinfo=zone)

    def _wall(self, until: datetime, zone: ZoneInfo) -> datetime:
        return min(until, self.ends_at).astimezone(zone).replace(tzinfo=None)


def checked(window: MaintenanceWindow, now: datetime) -> MaintenanceWindow:
    """Return the window if it can be made. Raises InputError with what is wrong."""
    if not window.reason.strip():
        raise InputError("a window needs a reason; give one that others can act on")
    if window.effect is WindowEffect.MUTE and window.scope.causes:
        raise InputError("a mute cannot name causes, because signals are muted before they are diagnosed; name alerts")
    if window.effect is WindowEffect.FREEZE and window.scope.alerts:
        raise InputError("a freeze cannot name alerts, because plans have causes; name causes")
    if not timedelta(0) < window.lasts <= LONGEST:
        raise InputError(f"a window lasts up to {LONGEST.days} days; this one would last {window.lasts}")
    if window.ends_at <= now:
        raise InputError(f"the window would be over at {window.ends_at:%Y-%m-%d %H:%M} UTC already")
    if window.ends_at - window.starts_at > LATEST:
        raise InputError(f"a window recurs for up to {LATEST.days} days, so that what nobody renews ends")
    if window.rule:
        _check_rule(window)
    return window


def _check_rule(window: MaintenanceWindow) -> None:
    if not _RULE.fullmatch(window.rule) or not window.rule.startswith(_FREQUENCIES):
        raise InputError(
            f"{window.rule[:80]!r} is not a rule that can be used; begin with one of {', '.join(_FREQUENCIES)}, "
            "as in FREQ=WEEKLY;BYDAY=SU"
        )
    if not window.upcoming(window.starts_at, 1):
        raise InputError(f"the rule {window.rule!r} gives no occurrence until {window.ends_at:%Y-%m-%d}")


def _expanded(rule: str, start: datetime, until: datetime) -> Iterator[datetime]:
    """Yield the occurrences up to `until`, which bounds a rule that no day fits."""
    try:
        found = rrulestr(rule, dtstart=start)
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"{rule[:80]!r} is not a rule of RFC 5545: {error}") from error
    if not isinstance(found, rrule):
        raise InputError(f"{rule[:80]!r} must be one rule")
    yield from found.replace(until=until)
