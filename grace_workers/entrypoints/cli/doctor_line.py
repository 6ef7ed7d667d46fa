"""One line of `grace doctor`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DoctorLine:
    """One check: `ok` or not, what was seen, and how to fix it."""

    check: str
    ok: bool
    seen: str
    mend: str = ""


def sound(check: str, seen: str) -> DoctorLine:
    """Return the line of a check that found nothing wrong."""
    return DoctorLine(check, True, seen)
