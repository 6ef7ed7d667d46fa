"""`correlate`: what one signal means for the existing incidents. Facts in, one answer out; stores nothing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from grace_workers.foundation.ids import IncidentId
from grace_workers.signals.firing import Firing, ends_nothing, still, without_member
from grace_workers.signals.flapping import FlapRule, span_words
from grace_workers.signals.incident import Incident, IncidentState
from grace_workers.signals.signal import Severity, Signal, SignalStatus

ABSORBING = frozenset({IncidentState.ESCALATED, IncidentState.REFUSED})
"""States that wait for people; repeats are counted, and after the window a repeat counts as a new incident."""

RESOLVABLE = ABSORBING | {
    IncidentState.OPEN,
    IncidentState.DIAGNOSED,
    IncidentState.PLANNED,
    IncidentState.AWAITING_APPROVAL,
}
"""States in which nothing has been permitted or done yet, so that an incident may end because its condition ended."""

WINDOW = timedelta(hours=1)

ECHO = timedelta(seconds=30)
"""For this long after an incident was closed, the delivery that opened it counts as an echo by a second peer."""

LATE = timedelta(minutes=2)
"""How late a delivery may come, or how far a sender's clock may be off. Beyond it, a sender's time is not trusted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known about the condition besides its incidents.

    `firing` are the members that fire. `revivable` are refused incidents whose refusal is no longer in force.
    `more` says that a later signal of the same delivery fires, so that this one does not end the condition. `flaps` is
    the rule by which a condition that comes and goes stays one incident.
    """

    firing: Firing = field(default_factory=dict)
    revivable: Collection[IncidentId] = ()
    more: bool = False
    flaps: FlapRule = field(default_factory=FlapRule)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A new incident. `note` says if the same one keeps coming back."""

    incident: Incident
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The signal belongs to an existing incident; `incident` includes it in its count, with its state unchanged."""

    incident: Incident
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revived:
    """The condition still holds, and the refusal of the incident is over: `incident`, counted, is looked at again."""

    incident: Incident
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """The condition has ended; `incident` is closed."""

    incident: Incident
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """The signal leads to nothing, for this reason. `ended`: its sender's condition still counts as ended."""

    reason: str
    ended: bool = False


Correlation = Opened | Joined | Revived | Resolved | Ignored

_NOTHING_MORE = Known()


def correlate(
    signal: Signal,
    incidents: Sequence[Incident],
    *,
    now: datetime,
    window: timedelta = WINDOW,
    known: Known = _NOTHING_MORE,
) -> Correlation:
    """Return what the signal means for `incidents`: the open ones and, as far as known, those closed within `window`.

    Signals of one target and one signature are one incident while it is open, until the last member that fires has
    ended. The incidents returned keep the version they were given with: their writer raises it.
    """
    same = [one for one in incidents if one.target == signal.target and one.signature == signal.signature]
    live = max((one for one in same if one.state is not IncidentState.CLOSED), key=_opened_at, default=None)
    if signal.status is SignalStatus.RESOLVED:
        return _end(signal, live, now, known)
    if live is not None and live.id in known.revivable:
        reason = f"the condition still holds, and the refusal of {live.updated_at:%H:%M} UTC is over"
        return Revived(incident=_counted(signal, live), reason=reason)
    if live is not None and not _outlived(live, now, window):
        return _join(signal, live, window, known.flaps)
    return _open(signal, same, now, window, known.flaps)


def absorbed(signal: Signal, led_to: Incident | None, live: bool, firing: Firing, now: datetime) -> bool:  # noqa: FBT001 - facts
    """Return whether a repeated delivery says nothing new, given what the first one `led_to`.

    A firing one is absorbed while its incident is in progress, and shortly after it ended unless the end of the
    same member was reported. The repeated end of what does not fire, or has no `live` incident, is absorbed.
    """
    if signal.status is SignalStatus.RESOLVED:
        return not live or bool(signal.member and firing and signal.member not in firing)
    if led_to is None or led_to.state in ABSORBING:
        return False
    if led_to.closed_at is None:
        return True
    return now - led_to.closed_at <= ECHO and signal.member in firing


def _open(
    signal: Signal, same: Sequence[Incident], now: datetime, window: timedelta, flaps: FlapRule
) -> Opened | Ignored:
    closed = [one.closed_at for one in same if one.closed_at is not None]
    # A signal with a begin holds as it is delivered. For any other, a sender's clock may be wrong, so its claim to have
    # seen this before the cure counts only for a short while.
    if signal.began_at is None and any(signal.observed_at <= moment and now - moment <= LATE for moment in closed):
        return Ignored(reason=f"observed at {signal.observed_at:%H:%M:%S} UTC, before this incident was closed")
    flapping = flaps.note(same, now)
    stale = any(one.state in ABSORBING for one in same)
    again = f"the earlier incident has waited for people for more than {span_words(window)}"
    notes = ([flapping] if flapping else []) + ([again] if stale else [])
    return Opened(
        incident=Incident(
            target=signal.target,
            signature=signal.signature,
            severity=signal.severity,
            title=signal.summary or signal.name,
            opened_at=now,
            last_signal_at=signal.observed_at,
            updated_at=now,
            flapping=flaps.flaps(same, now),
        ),
        note="; ".join(notes),
    )


def _join(signal: Signal, live: Incident, window: timedelta, flaps: FlapRule) -> Joined:
    if live.flapping:
        return Joined(incident=_counted(signal, live), note=flaps.resting)
    resting = (
        f"{live.state} since {live.updated_at:%H:%M} UTC: repeats are only counted, and open a new incident "
        f"after {span_words(window)}"
    )
    return Joined(incident=_counted(signal, live), note=resting if live.state in ABSORBING else "")


def _counted(signal: Signal, live: Incident) -> Incident:
    return replace(
        live,
        signals=live.signals + 1,
        severity=_worse(live.severity, signal.severity),
        last_signal_at=max(live.last_signal_at, signal.observed_at),
    )


def _end(signal: Signal, live: Incident | None, now: datetime, known: Known) -> Joined | Resolved | Ignored:
    if live is None:
        return Ignored(reason="the condition has ended, and it has no open incident", ended=True)
    if _outdated(signal, live, now):
        return Ignored(reason=f"the end is older than the newest observation, {live.last_signal_at:%H:%M:%S} UTC")
    nothing = ends_nothing(signal, known.firing)
    if nothing is not None:
        return Ignored(reason=nothing)
    stays = _stays(signal, live, known)
    if stays:
        return Joined(incident=replace(_counted(signal, live), severity=live.severity), note=stays)
    if live.state not in RESOLVABLE:
        reason = f"the condition has ended while the incident is {live.state}: its own run verifies it"
        return Ignored(reason=reason, ended=True)
    closed = replace(live, state=IncidentState.CLOSED, last_signal_at=signal.observed_at, updated_at=now, closed_at=now)
    return Resolved(incident=closed, reason=f"the condition ended by itself while the incident was {live.state}")


def _stays(signal: Signal, live: Incident, known: Known) -> str:
    """Return why the incident stays open although this signal ended; empty if nothing keeps it."""
    left = without_member(known.firing, signal)
    if left or known.more:
        others = still(left) if left else "another alert of the same delivery is still firing"
        return f"one alert has ended, but the incident stays open: {others}"
    return f"the condition has ended for now, but {known.flaps.resting}" if live.flapping else ""


def _outdated(signal: Signal, live: Incident, now: datetime) -> bool:
    """Return whether the end was observed before the newest observation by more than a wrong clock can explain."""
    lag = live.last_signal_at - signal.observed_at
    return lag > timedelta(0) and (lag > LATE or now - live.last_signal_at <= ECHO)


def _outlived(live: Incident, now: datetime, window: timedelta) -> bool:
    """Return whether the incident has waited for people for so long that a repeat deserves a new look."""
    return live.state in ABSORBING and now - live.updated_at > window and not live.flapping


def _opened_at(incident: Incident) -> datetime:
    return incident.opened_at


def _worse(one: Severity, other: Severity) -> Severity:
    order = list(Severity)
    return max(one, other, key=order.index)
