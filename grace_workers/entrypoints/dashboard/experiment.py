"""How an experiment with a lever is drawn: its blocks as columns, its effect as an interval."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grace_workers.entrypoints.dashboard.charts import Bar
from grace_workers.entrypoints.dashboard.wording import span

_WIDE, _GAP, _TALLEST, _FEWEST = 8, 2, 56, 24
_FAR = 0.3
"""The gain at which the interval's axis ends, to both sides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectRange:
    """The interval of an effect on an axis of 200, with none in the middle: where it begins, its width, its mean."""

    x: float
    width: float
    mean: float
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnExperiment:
    """An experiment with what is drawn of it."""

    told: Mapping[str, Any]
    bars: tuple[Bar, ...]
    wide: int
    effect: EffectRange | None


def drawn(experiment: Mapping[str, Any]) -> DrawnExperiment:
    """Return the blocks as bars, oldest first, in the colour of the value that they ran with."""
    blocks = experiment["blocks"]
    most = max((one["seconds"] for one in blocks), default=0.0) or 1.0
    bars = tuple(_bar(place, one, most) for place, one in enumerate(blocks))
    return DrawnExperiment(
        told=experiment, bars=bars, wide=max(_FEWEST, len(blocks)) * (_WIDE + _GAP), effect=_effect(experiment)
    )


def words(experiment: Mapping[str, Any]) -> str:
    """Return the effect with its interval in words."""
    gain, low, high = (experiment[name] for name in ("gain", "low", "high"))
    if gain is None:
        return "no pair of blocks has ended yet"
    told = f"{abs(gain):.1%} {'less' if gain >= 0 else 'more'} time for a job"
    if low is None or high is None:
        return f"{told}, with no bounds yet"
    return f"{told}; the change is surely between {-high:+.1%} and {-low:+.1%}"


def block_words(experiment: Mapping[str, Any]) -> str:
    """Return the mean time of each value's blocks."""
    each = {
        value: [one["seconds"] for one in experiment["blocks"] if one["other"] is other]
        for value, other in ((experiment["present"], False), (experiment["other"], True))
    }
    return ", ".join(
        f"{len(taken)} with {value}: {span(sum(taken) / len(taken))}" for value, taken in each.items() if taken
    )


def _bar(place: int, block: Mapping[str, Any], most: float) -> Bar:
    height = max(1.0, round(_TALLEST * block["seconds"] / most, 1))
    kind = "busy" if block["other"] else "plain"
    return Bar(x=place * (_WIDE + _GAP), y=round(_TALLEST - height, 1), width=_WIDE, height=height, tone=kind)


def _effect(experiment: Mapping[str, Any]) -> EffectRange | None:
    gain, low, high = (experiment[name] for name in ("gain", "low", "high"))
    if gain is None or low is None or high is None:
        return None
    begin, end, mean = (100 + 100 * min(1.0, max(-1.0, one / _FAR)) for one in (low, high, gain))
    tone = "good" if low > 0 else "bad" if high < 0 else "plain"
    return EffectRange(x=round(begin, 1), width=max(1.0, round(end - begin, 1)), mean=round(mean, 1), tone=tone)
