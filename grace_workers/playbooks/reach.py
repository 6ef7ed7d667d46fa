"""Which numbers an operator and a bound let through, and what follows for a second such pair. Pure."""

from dataclasses import dataclass
from math import inf

from grace_workers.playbooks.plan import Operator


@dataclass(frozen=True, slots=True)
class _Span:
    """The numbers from `low` to `high`, with or without these two."""

    low: float
    high: float
    with_low: bool
    with_high: bool

    def within(self, other: "_Span") -> bool:
        low = self.low > other.low or (self.low == other.low and (other.with_low or not self.with_low))
        high = self.high < other.high or (self.high == other.high and (other.with_high or not self.with_high))
        return low and high

    def meets(self, other: "_Span") -> bool:
        low, high = max(self.low, other.low), min(self.high, other.high)
        shared = all((one.with_low or low > one.low) and (one.with_high or high < one.high) for one in (self, other))
        return low < high or (low == high and shared)


def implies(operator: Operator, bound: float, other: Operator, limit: float) -> bool:
    """Return whether every number that the first pair lets through is let through by the second."""
    wide = _spans(other, limit)
    return all(any(one.within(whole) for whole in wide) for one in _spans(operator, bound))


def excludes(operator: Operator, bound: float, other: Operator, limit: float) -> bool:
    """Return whether no number is let through by both pairs."""
    return not any(one.meets(whole) for one in _spans(operator, bound) for whole in _spans(other, limit))


def _spans(operator: Operator, bound: float) -> tuple[_Span, ...]:
    below, above = _Span(-inf, bound, False, False), _Span(bound, inf, False, False)
    return {
        Operator.LT: (below,),
        Operator.LE: (_Span(-inf, bound, False, True),),
        Operator.EQ: (_Span(bound, bound, True, True),),
        Operator.NE: (below, above),
        Operator.GE: (_Span(bound, inf, True, False),),
        Operator.GT: (above,),
    }[operator]
