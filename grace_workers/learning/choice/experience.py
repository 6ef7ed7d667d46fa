"""`Experience`: the outcomes of all playbooks on one signature, and how promising that makes each."""

from collections.abc import Mapping
from math import sqrt

from grace_workers.learning.choice.past import STRENGTH, Past
from grace_workers.learning.choice.prior import Prior

_HOPE = 1.7
"""How many standard deviations above the expected rate a playbook is credited with; one in twenty exceeds them."""

_KEPT_ON_SURPRISE = 0.1
_NONE = Past()


class Experience:
    """What outcomes on one signature say about each playbook. Add the outcomes oldest first."""

    def __init__(self, prior: Prior, pasts: Mapping[str, Past] | None = None) -> None:
        self._prior = prior
        self._pasts = dict(pasts or {})

    @property
    def pasts(self) -> Mapping[str, Past]:
        """The outcomes of each playbook that count."""
        return self._pasts

    def learn(self, playbook: str, *, helped: bool) -> bool:
        """Add how a run ended; return whether it was a surprise.

        A surprise means that a playbook which used to help no longer does, because the problem has changed. Its
        own outcomes before the change are dropped, and those of the others fade, because they precede it too.
        """
        past = self._past(playbook).after(helped)
        changed = past.since_change(self._prior.expected(playbook))
        self._put(playbook, changed or past)
        if changed is None:
            return False
        for other in self._pasts.keys() - {playbook}:
            self._put(other, self._pasts[other].faded(_KEPT_ON_SURPRISE))
        return True

    def expected(self, playbook: str) -> float:
        """Return the expected success rate of the next run."""
        alpha, beta = self._posterior(playbook)
        return alpha / (alpha + beta)

    def promise(self, playbook: str) -> float:
        """Return an optimistic estimate for the next run, which favours playbooks with few outcomes, so they get tried.

        The upper bound of its posterior. Source: Kaufmann, Cappé and Garivier, On Bayesian Upper Confidence
        Bounds for Bandit Problems, AISTATS 2012; by the posterior's variance, not by its quantile.
        """
        alpha, beta = self._posterior(playbook)
        runs = alpha + beta
        return alpha / runs + _HOPE * sqrt(alpha * beta / (runs + 1)) / runs

    def _posterior(self, playbook: str) -> tuple[float, float]:
        rate = self._prior.expected(playbook)
        won, lost = self._past(playbook).counts
        return won + STRENGTH * rate, lost + STRENGTH * (1 - rate)

    def _past(self, playbook: str) -> Past:
        return self._pasts.get(playbook, _NONE)

    def _put(self, playbook: str, past: Past) -> None:
        self._prior.remove(playbook, *self._past(playbook).counts)
        self._pasts[playbook] = past
        self._prior.add(playbook, *past.counts)
