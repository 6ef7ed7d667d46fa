"""The heartbeat that a thing declares for itself when it asks to be a target. Pure: it asks nothing, stores nothing."""

from datetime import timedelta

from grace_workers.foundation.duration import parse_duration, spelled
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetName
from grace_workers.orchestration.discovery.sighting import DiscoveryRule, Sighting
from grace_workers.signals import Heartbeat, Severity

_DAY = timedelta(days=1)
_BOUNDS = {"every": (timedelta(seconds=10), 7 * _DAY), "grace": (timedelta(0), _DAY)}
_GRACE = timedelta(minutes=1)


def declared_heartbeat(sighting: Sighting, rule: DiscoveryRule) -> Heartbeat | None:
    """Return the heartbeat, which has the name of its target; None where the thing or the rule has none.

    It is a warning, never an error: errors count as targets that are down, and those hold up the healing of others.

    Raises:
        InputError: what it says of its heartbeat is hostile, incomplete or out of bounds.
    """
    said = sighting.heartbeat
    if not rule.heartbeats or not said:
        return None
    for key in said:
        if key not in _BOUNDS:
            raise InputError(f"its heartbeat has {key[:40]!r}; known: {', '.join(_BOUNDS)}")
    if "every" not in said:
        raise InputError("its heartbeat does not say how often it is due; add `every`")
    return Heartbeat(
        name=sighting.name,
        target=TargetName(sighting.name),
        every=_span("every", said["every"]),
        grace=_span("grace", said["grace"]) if "grace" in said else _GRACE,
        severity=Severity.WARNING,
    )


def _span(key: str, text: str) -> timedelta:
    try:
        found = parse_duration(text)
    except InputError as error:
        raise InputError(f"`{key}` of its heartbeat is refused: {error}") from error
    lowest, highest = _BOUNDS[key]
    if not lowest <= found <= highest:
        raise InputError(f"`{key}` of its heartbeat is {text}; it must be {spelled(lowest)} to {spelled(highest)}")
    return found
