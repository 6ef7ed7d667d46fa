"""`correlate`: what one signal means for the incidents there are. Facts in, one answer out; stores nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from grace_workers.signals.incident import Incident, IncidentState
from grace_workers.signals.signal import Severity, Signal, SignalStatus

ABSORBING = frozenset({IncidentState.ESCALATED, IncidentState.REFUSED})
"""States that rest with people; repeats are counted, and after the window a repeat counts as a new incident."""

RESOLVABLE = ABSORBING | {
    IncidentState.OPEN,
    IncidentState.DIAGNOSED,
    IncidentState.PLANNED,
    IncidentState.AWAITING_APPROVAL,
}
"""States in which nothing has been permitted or done yet, so that an incident may end because its condition ended."""

WINDOW = timedelta(hours=1)
FLAPS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A new incident. `note` says so when the same one keeps coming back."""

    incident: Incident
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The signal belongs to an incident there is; `incident` has it counted, in an unchanged state."""

    incident: Incident
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """The condition has ended; `incident` is closed."""

    incident: Incident
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """The signal leads to nothing, for this reason."""

    reason: str


Correlation = Opened | Joined | Resolved | Ignored


def correlate(
    signal: Signal, incidents: Sequence[Incident], *, now: datetime, window: timedelta = WINDOW
) -> Correlation:
    """Return what the signal means for `incidents`: the open ones and, as far as known, those closed within `window`.

    Signals of one target and one signature are one incident while it is open. The incidents returned keep the version
    they were given with: whoever writes them raises it.
    """
    same = [one for one in incidents if one.target == signal.target and one.signature == signal.signature]
    live = max((one for one in same if one.state is not IncidentState.CLOSED), key=_opened_at, default=None)
    if signal.status is SignalStatus.RESOLVED:
        return _resolve(signal, live, now)
    if live is not None and not _outlived(live, now, window):
        return _join(signal, live, window)
    return _open(signal, same, now, window)


def _open(signal: Signal, same: Sequence[Incident], now: datetime, window: timedelta) -> Opened | Ignored:
    closed = [one.closed_at for one in same if one.closed_at is not None]
    if any(signal.observed_at <= moment for moment in closed):
        return Ignored(reason=f"observed at {signal.observed_at:%H:%M:%S} UTC, before the same incident was closed")
    recent = sum(now - one.opened_at <= window for one in same)
    flapping = f"opened {recent + 1} times within {_span(window)}: it flaps, look for the cause behind the cause"
    stale = any(one.state in ABSORBING for one in same)
    again = f"the earlier incident has been with people for more than {_span(window)}"
    notes = ([flapping] if recent >= FLAPS - 1 else []) + ([again] if stale else [])
    return Opened(
        incident=Incident(
            target=signal.target,
            signature=signal.signature,
            severity=signal.severity,
            title=signal.summary or signal.name,
            opened_at=now,
            last_signal_at=signal.observed_at,
            updated_at=now,
        ),
        note="; ".join(notes),
    )


def _join(signal: Signal, live: Incident, window: timedelta) -> Joined:
    joined = replace(
        live,
        signals=live.signals + 1,
        severity=_worse(live.severity, signal.severity),
        last_signal_at=max(live.last_signal_at, signal.observed_at),
    )
    resting = (
        f"{live.state} since {live.updated_at:%H:%M} UTC: repeats are counted, and open anew after {_span(window)}"
    )
    return Joined(incident=joined, note=resting if live.state in ABSORBING else "")


def _resolve(signal: Signal, live: Incident | None, now: datetime) -> Resolved | Ignored:
    if live is None:
        return Ignored(reason="the condition has ended, and no incident of it is open")
    if signal.observed_at < live.last_signal_at:
        return Ignored(reason=f"an end older than the newest observation, {live.last_signal_at:%H:%M:%S} UTC")
    if live.state not in RESOLVABLE:
        return Ignored(reason=f"the condition has ended while the incident is {live.state}: its own run verifies it")
    closed = replace(live, state=IncidentState.CLOSED, last_signal_at=signal.observed_at, updated_at=now, closed_at=now)
    return Resolved(incident=closed, reason=f"the condition ended by itself while the incident was {live.state}")


def _outlived(live: Incident, now: datetime, window: timedelta) -> bool:
    """Return whether the incident has rested with people for so long that a repeat deserves a new look."""
    return live.state in ABSORBING and now - live.updated_at > window


def _opened_at(incident: Incident) -> datetime:
    return incident.opened_at


def _worse(one: Severity, other: Severity) -> Severity:
    order = list(Severity)
    return max(one, other, key=order.index)


def _span(span: timedelta) -> str:
    minutes = span.total_seconds() / 60
    return f"{minutes:g} min" if minutes >= 1 else f"{span.total_seconds():g} s"
