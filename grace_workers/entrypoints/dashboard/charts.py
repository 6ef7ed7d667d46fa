"""The geometry of small charts, drawn by the templates as inline SVG: no style attribute, no script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from grace_workers.entrypoints.dashboard.wording import tone

HOURS = 24
_TALLEST = 56.0
_WIDE = 20.0
_GAP = 4.0
_LEAST = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One rectangle of a chart, with its tone."""

    x: float
    y: float
    width: float
    height: float
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One hour: its bars, and a sentence that says the same."""

    x: float
    label: str
    hour: str
    total: int
    bars: Sequence[Bar]


def day(counts: Sequence[Mapping[str, Any]], now: datetime) -> Sequence[Column]:
    """Return a column for each of the last 24 hours; the tallest fills the chart."""
    begin = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    hours = [begin + timedelta(hours=ahead) for ahead in range(HOURS)]
    found: dict[datetime, dict[str, int]] = {hour: {} for hour in hours}
    for one in counts:
        hour = datetime.fromisoformat(one["hour"])
        if hour in found:
            found[hour][one["closing"] or "open"] = one["count"]
    most = max((sum(endings.values()) for endings in found.values()), default=0)
    return [_column(place, hour, found[hour], most) for place, hour in enumerate(hours)]


def bars(share: float) -> Mapping[str, float]:
    """Return the width of a bar of 100 for a share from 0 to 1."""
    return {"width": round(100 * min(1.0, max(0.0, share)), 1)}


def before_and_after(before: float | None, after: float | None, bound: float | None) -> Mapping[str, float]:
    """Return the lengths of two bars and the position of the bound, scaled so that the largest of the three is 100."""
    most = max((abs(one) for one in (before, after, bound) if one is not None), default=0.0) or 1.0
    given = {"before": before, "after": after, "bound": bound}
    return {name: round(100 * abs(one) / most, 1) for name, one in given.items() if one is not None}


def _column(place: int, hour: datetime, endings: Mapping[str, int], most: int) -> Column:
    x, top, drawn = place * (_WIDE + _GAP), _TALLEST, []
    by_tone: dict[str, int] = {}
    for ending, count in endings.items():
        kind = "busy" if ending == "open" else tone(ending)
        by_tone[kind] = by_tone.get(kind, 0) + count
    for kind in ("good", "plain", "busy", "warn", "bad"):
        if kind in by_tone:
            height = max(_LEAST, round(_TALLEST * by_tone[kind] / most, 1))
            top -= height
            drawn.append(Bar(x=x, y=max(0.0, round(top, 1)), width=_WIDE, height=height, tone=kind))
    total = sum(endings.values())
    parts = ", ".join(f"{count} {'under way' if ending == 'open' else ending}" for ending, count in endings.items())
    label = f"{hour:%H}:00 UTC: {parts or 'no incident'}"
    return Column(x=x, label=label, hour=f"{hour:%H}", total=total, bars=drawn)
