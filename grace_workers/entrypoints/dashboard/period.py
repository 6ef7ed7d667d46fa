"""The period that a page looks back on, as its address says."""

from grace_workers.entrypoints.dashboard.page import Visit

PERIODS = (7, 30, 90)
_USUAL = 30


def days_of(visit: Visit) -> int:
    """Return the days to look back; the usual ones where the address names none of the choices."""
    asked = visit.query.get("days", "")
    return next((days for days in PERIODS if asked == str(days)), _USUAL)
