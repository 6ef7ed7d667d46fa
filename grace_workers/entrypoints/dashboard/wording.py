"""How states, spans and figures read on a page."""

from collections.abc import Mapping
from datetime import datetime

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_UNITS = ((_DAY, "d", _HOUR, "h"), (_HOUR, "h", _MINUTE, "min"), (_MINUTE, "min", 1, "s"))
_TONE_WORDS = {
    "good": """healed done resolved verified succeeded healthy alive ready passed allow approved granted ok low info met
        on_track kept promoted""",
    "bad": """escalated refused failed dead critical quarantined retired crashed refuse rejected high died error revoked
        expired off_track burning spent""",
    "warn": """awaiting_approval restored degraded silent warning ask inconclusive draining paused repairing validating
        cancelled ineffective medium left limited at_risk proposed leaving taken_back""",
    "busy": """open diagnosed planned contracted snapshotted executed queued running starting in_force""",
}
_TONES: Mapping[str, str] = {word: tone for tone, named in _TONE_WORDS.items() for word in named.split()}
_MARKS = {"good": "✓", "bad": "✕", "warn": "!", "busy": "→", "plain": "·"}


def words(name: str | None) -> str:
    """Return a name of the API as words: `awaiting_approval` becomes `awaiting approval`."""
    return "—" if name is None else str(name).replace("_", " ")


def tone(state: str | None) -> str:
    """Return the tone of a state: good, bad, warn, busy or plain."""
    return _TONES.get(str(state), "plain")


def mark(state: str | None) -> str:
    """Return the sign that says the same as the colour, for people who cannot see it."""
    return _MARKS[tone(state)]


def span(seconds: float | None) -> str:
    """Return a span of time in its two largest units."""
    if seconds is None:
        return "—"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:  # noqa: PLR2004 - below, a tenth matters
        return f"{seconds:.1f} s"
    for unit, name, part, part_name in _UNITS:
        if seconds >= unit:
            rest = int(seconds % unit // part)
            return f"{seconds // unit:.0f} {name} {rest:02} {part_name}" if rest else f"{seconds // unit:.0f} {name}"
    return f"{seconds:.0f} s"


def ago(at: datetime, now: datetime) -> str:
    """Return how long ago a time was; a time in the future counts as now."""
    passed = (now - at).total_seconds()
    return "just now" if passed < 1 else f"{_coarse(passed)} ago"


def until(at: datetime, now: datetime) -> str:
    """Return how long it is until a time."""
    left = (at - now).total_seconds()
    return "expired" if left <= 0 else f"in {_coarse(left)}"


def between(begin: str, end: str | None) -> str:
    """Return the span between two times of the API."""
    if end is None:
        return "—"
    return span(max(0.0, (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()))


def figure(value: float | None) -> str:
    """Return a number without more digits than a person reads."""
    if value is None:
        return "—"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"  # noqa: PLR2004


def cadence(seconds: float) -> str:
    """Return how often something recurs, in plain words; slots are whole multiples of the span since the epoch."""
    for unit, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= unit and seconds % unit == 0:
            count = round(seconds / unit)
            begins = {"day": ", at 00:00 UTC", "hour": ", on the hour", "minute": ""}[name] if count == 1 else ""
            return f"every {name}{begins}" if count == 1 else f"every {count} {name}s"
    return "every second" if seconds == 1 else f"every {seconds:g} seconds"


def percent(share: float | None) -> str:
    """Return a share as percent."""
    return "—" if share is None else f"{share:.0%}"


def _coarse(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE:.0f} min"
    return f"{seconds // _HOUR:.0f} h" if seconds < 2 * _DAY else f"{seconds // _DAY:.0f} d"
