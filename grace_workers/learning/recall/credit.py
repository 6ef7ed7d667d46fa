"""`Credit`: how often acting on a cause helped, by the engine that named it and by what it was founded on."""

from collections.abc import Hashable

from grace_workers.diagnosis import Hypothesis
from grace_workers.learning.recall.precedent import Precedent

_STRENGTH = 4.0
_UNKNOWN = 0.5


class Credit:
    """Shares of right answers; a group with few outcomes shrinks towards the next wider group.

    From wide to narrow, the groups are: the kind of engine with and without readings, the cause named in that way,
    and the outcomes of the signature. Before any outcome, a cause that readings show is as likely to be healed as
    not, and one that only words or memory suggest gets at most its engine's confidence. Source: Efron and Morris,
    Stein's Paradox in Statistics, Scientific American 236, 1977.
    """

    def __init__(self) -> None:
        self._counts: dict[Hashable, tuple[int, int]] = {}

    def count(self, outcome: Precedent, *, sign: int = 1) -> None:
        """Count an outcome; with `sign` -1, subtract what was counted before."""
        if outcome.right is None:
            return
        for key in _keys(outcome.engine, outcome.cause, outcome.signature, measured=outcome.measured):
            won, lost = self._counts.pop(key, (0, 0))
            after = won + sign * outcome.right, lost + sign * (not outcome.right)
            if any(after):
                self._counts[key] = after

    def confidence(self, hypothesis: Hypothesis, signature: str) -> float:
        """Return the probability that acting on the hypothesis helps, from the outcomes of similar ones."""
        found = _UNKNOWN if hypothesis.measured else hypothesis.confidence
        for key in _keys(hypothesis.engine, hypothesis.cause, signature, measured=hypothesis.measured):
            won, lost = self._counts.get(key, (0, 0))
            found = (won + _STRENGTH * found) / (won + lost + _STRENGTH)
        return found


def _keys(engine: str, cause: str, signature: str, *, measured: bool) -> tuple[Hashable, ...]:
    group = (engine, measured)
    return group, (*group, cause), (*group, cause, signature)
