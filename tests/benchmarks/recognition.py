"""Adapters by which recognition is scored from outside: thin, over the very code that the fleet runs."""

from collections.abc import Mapping, Sequence

from grace_workers.learning.choice import Experience, Prior
from grace_workers.learning.models.learner import Learner as _Learner
from grace_workers.learning.models.reader import Reader
from grace_workers.learning.models.risk import FailureRisk as Risk
from grace_workers.signals.anomaly import AnomalyDetector as Detector
from grace_workers.signals.templates import TemplateMiner as Signer
from grace_workers.signals.tracebacks import fingerprint as _fingerprint

__all__ = ["Chooser", "Detector", "Learner", "Reader", "Risk", "Signer", "fingerprint"]

_NONE = ("", "", "")


def fingerprint(text: str) -> Sequence[str]:
    """Return the keys of a traceback, finest first: exact, cause, family; empty ones where there is none."""
    found = _fingerprint(text)
    return _NONE if found is None else (found.exact, found.cause, found.family)


class Learner(_Learner):
    """Learns as the fleet does, where a job does the training as soon as it is due."""

    def learn(self, counts: Mapping[str, float], label: str, *, key: str = "") -> None:
        """Take in an outcome."""
        super().learn(counts, label, key=key)
        if self.due:
            self.train()


class Chooser:
    """Chooses as the planner does, over the experience with each signature."""

    def __init__(self) -> None:
        self._prior = Prior()
        self._experiences: dict[str, Experience] = {}

    def choose(self, signature: str, playbooks: Sequence[str]) -> str:
        """Return the most promising playbook."""
        return max(playbooks, key=self._experience(signature).promise)

    def observe(self, signature: str, playbook: str, success: bool) -> None:
        """Take in how the chosen one ended."""
        self._experience(signature).learn(playbook, helped=success)

    def _experience(self, signature: str) -> Experience:
        return self._experiences.setdefault(signature, Experience(self._prior))
