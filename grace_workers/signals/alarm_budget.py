"""`AlarmBudget`: from how unusual a series is to alarms, no more of them than its owner can live with."""

from dataclasses import dataclass, replace

_START = 6.0
_LEAST = 4.0
_STEP = 1.0
_CALM = 3
_REFRACTORY = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmBudget:
    """The threshold of one series, which follows its alarms. Immutable: `after` returns the next.

    Each alarm counts as a false one and raises the threshold by one standard deviation; between alarms it sinks by what
    the budget allows. So there are, over any long time, no more alarms than the budget, whatever the series is like.
    Source: Gibbs and Candès, Adaptive Conformal Inference Under Distribution Shift, NeurIPS 2021.

    `alarmed` while an alarm lasts: from a score beyond the threshold on until three below it. After it begins, no
    other begins for 36 readings.
    """

    threshold: float = _START
    alarmed: bool = False
    calm: int = 0
    rests: int = 0

    def after(self, score: float, allowed: float) -> "AlarmBudget":
        """Return the budget after one more score; `allowed` is how many alarms a reading may cost on average."""
        rests = max(0, self.rests - 1)
        if self.alarmed:
            calm = self.calm + 1 if score < self.threshold - _STEP else 0
            return replace(self, alarmed=calm < _CALM, calm=calm, rests=rests)
        if score > self.threshold and not rests:
            return AlarmBudget(threshold=self.threshold + _STEP, alarmed=True, rests=_REFRACTORY)
        return replace(self, threshold=max(_LEAST, self.threshold - _STEP * allowed), calm=0, rests=rests)
