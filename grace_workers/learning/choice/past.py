"""`Past`: the outcomes of one playbook on one signature, and whether their success rate has changed."""

from dataclasses import dataclass, replace
from math import lgamma, log

STRENGTH = 4.0
"""How many outcomes the prior weighs against a playbook's own."""

_KEPT = 100
_FEWEST = 4
_ODDS = log(250)
"""How much likelier a change must make the outcomes: a change is as rare as one in about 250 outcomes."""


@dataclass(frozen=True, slots=True)
class Past:
    """Outcomes: the newest one by one, older ones as counts. Counts are fractions after a change made them fade."""

    won: float = 0.0
    lost: float = 0.0
    recent: tuple[bool, ...] = ()

    @property
    def counts(self) -> tuple[float, float]:
        """How many runs helped and how many did not."""
        helped = sum(self.recent)
        return self.won + helped, self.lost + len(self.recent) - helped

    def after(self, helped: bool) -> "Past":  # noqa: FBT001 - the outcome is the message
        """Return it with one more outcome."""
        recent = (*self.recent, helped)
        if len(recent) <= _KEPT:
            return replace(self, recent=recent)
        oldest = recent[0]
        return Past(self.won + oldest, self.lost + (not oldest), recent[1:])

    def faded(self, kept: float) -> "Past":
        """Return it with the weight of its outcomes reduced to the share `kept`."""
        won, lost = self.counts
        return Past(won * kept, lost * kept)

    def since_change(self, expected: float) -> "Past | None":
        """Return the outcomes after the playbook stopped helping; None while one rate explains all well enough.

        `expected` is the prior success rate. Each point to cut at is tried: a Bayes factor compares two rates
        with one. Source: Barry and Hartigan, A Bayesian Analysis for Change Point Problems, JASA 88, 1993; one
        change only.
        """
        if len(self.recent) < _FEWEST or self.recent[-1]:
            return None
        won, lost = self.counts
        alpha, beta = STRENGTH * expected, STRENGTH * (1 - expected)
        one_rate = _evidence(alpha, beta, won, lost)
        best, place = one_rate + _ODDS, 0
        late_won = late_lost = 0
        for at in range(len(self.recent) - 1, 0, -1):
            late_won, late_lost = late_won + self.recent[at], late_lost + (not self.recent[at])
            two_rates = _evidence(alpha, beta, won - late_won, lost - late_lost) + _evidence(1, 1, late_won, late_lost)
            fell = late_won * (won + lost) < won * (late_won + late_lost)
            if fell and two_rates > best:
                best, place = two_rates, at
        return Past(recent=self.recent[place:]) if place else None


def _evidence(alpha: float, beta: float, won: float, lost: float) -> float:
    """Return the logarithm of the probability of the outcomes in their order, when the rate is Beta(alpha, beta)."""
    return _log_beta(alpha + won, beta + lost) - _log_beta(alpha, beta)


def _log_beta(one: float, other: float) -> float:
    return lgamma(one) + lgamma(other) - lgamma(one + other)
