"""iCalendar files as maintenance windows."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from grace_workers.foundation.errors import InputError

MOST_BYTES = 1_000_000
MOST_EVENTS = 200


def orders_of(file: Path) -> list[dict[str, Any]]:
    """Return the order of a window for each event of a file.

    Raises:
        InputError: the file cannot be read, is no calendar, or the library for it is not installed.
    """
    try:
        from icalendar import Calendar
    except ImportError as error:
        raise InputError("reading calendars needs the extra: pip install 'grace-workers[calendar]'") from error
    try:
        raw = file.read_bytes()[: MOST_BYTES + 1]
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from error
    if len(raw) > MOST_BYTES:
        raise InputError(f"{file} is larger than {MOST_BYTES} bytes")
    try:
        events = list(Calendar.from_ical(raw).walk("VEVENT"))
    except (ValueError, TypeError, IndexError, KeyError) as error:
        raise InputError(f"{file} is no iCalendar file: {error}") from error
    if not 0 < len(events) <= MOST_EVENTS:
        raise InputError(f"{file} holds {len(events)} events; between 1 and {MOST_EVENTS} can be imported")
    return [_order(event, number, file) for number, event in enumerate(events, 1)]


def _order(event: Any, number: int, file: Path) -> dict[str, Any]:
    start, zone = _moment(event.get("DTSTART"), number, file)
    summary = str(event.get("SUMMARY") or "").strip()[:200] or f"event {number} of {file.name}"
    rule = event.get("RRULE")
    return {
        "name": summary,
        "reason": summary,
        "starts_at": start.isoformat(),
        "lasts": f"{int(_lasts(event, start, number, file).total_seconds())}s",
        "zone": zone,
        **({"rule": rule.to_ical().decode()} if rule is not None else {}),
    }


def _lasts(event: Any, start: datetime, number: int, file: Path) -> timedelta:
    if event.get("DURATION") is not None:
        return timedelta(seconds=event["DURATION"].dt.total_seconds())
    if event.get("DTEND") is not None:
        return _moment(event["DTEND"], number, file)[0] - start
    return timedelta(days=1)


def _moment(value: Any, number: int, file: Path) -> tuple[datetime, str]:
    """Return a time of an event, and the name of its zone; a date is its midnight, and a time without a zone is UTC."""
    found = getattr(value, "dt", None)
    if isinstance(found, datetime):
        aware = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
        return aware, getattr(aware.tzinfo, "key", "UTC")
    if isinstance(found, date):
        return datetime.combine(found, time(), UTC), "UTC"
    raise InputError(f"event {number} of {file} has no usable time")
