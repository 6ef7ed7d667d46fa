"""The geometry of small charts, drawn by the templates as inline SVG: no style attribute, no script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from grace_workers.entrypoints.dashboard.wording import span, tone

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDays:
    """A column for each day, oldest first, and the first and last of them."""

    columns: Sequence[Column]
    width: float
    first: date
    last: date


def days(counts: Sequence[Mapping[str, Any]], parts: Sequence[tuple[str, str]], now: datetime, span: int) -> ShownDays:
    """Return the newest days as columns. `parts` are the counts that are stacked, each with its tone."""
    last = now.date()
    known = {datetime.fromisoformat(one["at"]).date(): one for one in counts}
    dates = [last - timedelta(days=back) for back in range(span - 1, -1, -1)]
    most = max((sum(known[one][name] for name, _ in parts) for one in dates if one in known), default=0)
    columns = [_of_day(place, one, known.get(one, {}), parts, most) for place, one in enumerate(dates)]
    return ShownDays(columns=columns, width=span * (_WIDE + _GAP) - _GAP, first=dates[0], last=last)


def _of_day(place: int, at: date, counts: Mapping[str, Any], parts: Sequence[tuple[str, str]], most: int) -> Column:
    x, top, drawn = place * (_WIDE + _GAP), _TALLEST, []
    shown = [(name, kind, counts[name]) for name, kind in parts if counts.get(name)]
    for _, kind, count in shown:
        height = max(_LEAST, round(_TALLEST * count / most, 1))
        top -= height
        drawn.append(Bar(x=x, y=max(0.0, round(top, 1)), width=_WIDE, height=height, tone=kind))
    label = f"{at}: {', '.join(f'{count} {name}' for name, _, count in shown) or 'nothing'}"
    return Column(x=x, label=label, hour="", total=sum(count for *_, count in shown), bars=drawn)


def totals(counts: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Mapping[str, int]:
    """Return the sum of each of these counts."""
    return {name: sum(one[name] for one in counts) for name in names}


def runs(newest: Sequence[Mapping[str, Any]]) -> Sequence[Column]:
    """Return a column for each run, oldest first; its height is how long the run took, its tone how it ended."""
    oldest = list(reversed(newest))
    took = [_seconds(one["started_at"], one["ended_at"]) for one in oldest]
    most = max((one for one in took if one is not None), default=0.0) or 1.0
    return [_run(place, one, took[place], most) for place, one in enumerate(oldest)]


def _run(place: int, one: Mapping[str, Any], took: float | None, most: float) -> Column:
    height = max(_LEAST, round(_TALLEST * (took or 0.0) / most, 1))
    x = place * (_WIDE + _GAP)
    drawn = Bar(x=x, y=round(_TALLEST - height, 1), width=_WIDE, height=height, tone=tone(one["state"]))
    label = f"{one['submitted_at'][:16].replace('T', ' ')} UTC: {one['state']}, {span(took)}"
    return Column(x=x, label=label, hour="", total=1, bars=[drawn])


def _seconds(begin: str | None, end: str | None) -> float | None:
    if begin is None or end is None:
        return None
    return max(0.0, (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds())


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
