"""The geometry of a goal's chart: its days as they were, and as they are forecast with their intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

WIDE, TALL = 600.0, 120.0
_MARGIN = 0.08


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownForecast:
    """The points of each line and area, the heights of the objective and of today, and the ends of the axes."""

    past: str
    ahead: str
    within_80: str
    within_95: str
    objective: float
    today: float
    low: float
    high: float
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class _Scale:
    first: date
    days: int
    low: float
    high: float

    def at(self, day: str, value: float) -> str:
        return f"{self.x(day):.1f},{self.y(value):.1f}"

    def x(self, day: str) -> float:
        return WIDE * (date.fromisoformat(day) - self.first).days / max(1, self.days)

    def y(self, value: float) -> float:
        return TALL * (self.high - value) / (self.high - self.low)


def forecast(evaluation: Mapping[str, Any], objective: float, *, share: bool) -> ShownForecast | None:
    """Return the chart of an evaluated goal; None while there are fewer than two days to draw."""
    past, ahead = evaluation["past"], evaluation["ahead"]
    days = [date.fromisoformat(one["day"]) for one in (*past, *ahead)]
    if len(days) <= 1:
        return None
    low, high = _range(past, ahead, objective, share=share)
    scale = _Scale(min(days), (max(days) - min(days)).days, low, high)
    last = past[-1:]
    return ShownForecast(
        past=" ".join(scale.at(one["day"], one["value"]) for one in past),
        ahead=" ".join(scale.at(one["day"], one["value"]) for one in (*last, *ahead)),
        within_80=_area(scale, last, ahead, "within_80"),
        within_95=_area(scale, last, ahead, "within_95"),
        objective=round(scale.y(objective), 1),
        today=round(scale.x(last[0]["day"]) if last else 0.0, 1),
        low=low,
        high=high,
        first=min(days),
        last=max(days),
    )


def _range(
    past: Sequence[Mapping[str, Any]], ahead: Sequence[Mapping[str, Any]], objective: float, *, share: bool
) -> tuple[float, float]:
    ends = [end for one in ahead for end in (one["within_95"] or ())]
    values = [objective, *ends, *(one["value"] for one in (*past, *ahead))]
    low, high = min(values), max(values)
    margin = (high - low) * _MARGIN or abs(high) * _MARGIN or 1.0
    if share:
        return max(0.0, low - margin), min(1.0, high + margin) if high < 1 else 1.0
    return max(0.0, low - margin) if low >= 0 else low - margin, high + margin


def _area(scale: _Scale, last: Sequence[Mapping[str, Any]], ahead: Sequence[Mapping[str, Any]], interval: str) -> str:
    """Return the outline of an interval: its upper ends, then its lower ends backwards."""
    known = [(one["day"], *one[interval]) for one in ahead if one[interval]]
    begin = [(one["day"], one["value"], one["value"]) for one in last if known]
    ends = [*begin, *known]
    upper = [scale.at(day, high) for day, _, high in ends]
    lower = [scale.at(day, low) for day, low, _ in reversed(ends)]
    return " ".join([*upper, *lower])
