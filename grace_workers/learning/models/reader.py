"""`Reader`: tells what a text is about, learned from texts whose label is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import IntegrityError
from grace_workers.learning.models.packed import pack, unpack
from grace_workers.learning.models.wording import Rows, Wording

_FOLDS = 4
_SEED = 1
_HEAT = np.geomspace(0.25, 4, 33)
_STRICT, _STRICT_WEIGHTED = 5, 3
_UNSEEN = 0.5
"""How often a word counts as seen that no text of a label has."""

Floats = NDArray[np.float64]


class Reader:
    """Two logistic regressions vote: one on words, one on words multiplied by how much each speaks for a label.

    The latter is naive Bayes as features; source: Wang and Manning, Baselines and Bigrams, ACL 2012. The vote's
    confidence is calibrated on held-out texts. The method is temperature scaling; source: Guo et al., On
    Calibration of Modern Neural Networks, ICML 2017. `learn` takes seconds and scikit-learn, `predict` neither.
    """

    def __init__(self) -> None:
        self._wording: Wording | None = None
        self._voters: _Voters | None = None
        self._heat = 1.0
        self._labels: Sequence[str] = ()

    def learn(self, texts: Sequence[str], labels: Sequence[str]) -> None:
        """Learn from all of them at once; this replaces what was learned before."""
        self._labels, self._voters = sorted(set(labels)), None
        if len(self._labels) <= 1:
            return
        import sklearn.linear_model  # noqa: F401 - what is loaded later would not be limited
        from threadpoolctl import threadpool_limits

        # The threads of BLAS wait for each other spinning: they take four times the processor time and gain nothing.
        with threadpool_limits(1):
            self._wording, rows = Wording.fitted(texts)
            truth = np.array(labels)
            self._heat = _temperature(rows, truth)
            self._voters = _Voters.trained(rows, truth)

    def predict(self, text: str) -> Mapping[str, float]:
        """Return the probability of each label; empty if nothing was learned, or if no word of the text is known."""
        if len(self._labels) == 1:
            return {self._labels[0]: 1.0}
        if self._voters is None or self._wording is None:
            return {}
        columns, weights = self._wording.weights(text)
        if not len(columns):
            return {}
        votes = self._voters.votes_of(columns, weights)
        return dict(zip(self._labels, _softmax(votes / self._heat)[0].tolist(), strict=True))

    def telling(self, text: str, label: str, *, most: int = 3) -> Sequence[str]:
        """Return the words of the text that speak most for a label."""
        if self._voters is None or self._wording is None or label not in self._labels:
            return ()
        columns, weights = self._wording.weights(text)
        terms, row = self._wording.terms(), self._voters.regression[self._labels.index(label)]
        spoken: dict[str, float] = {}
        for column, weight in zip(columns, weights, strict=True):
            spoken[terms[column]] = spoken.get(terms[column], 0.0) + float(row[column] * weight)
        best = sorted(spoken, key=lambda term: (-spoken[term], term))
        return [term for term in best[:most] if spoken[term] > 0]

    def to_bytes(self) -> bytes:
        """Return its complete state as bytes, without pickle."""
        if self._voters is None or self._wording is None:
            return pack({}, {"labels": [*self._labels]})
        arrays, terms = self._wording.told()
        words: dict[str, JsonValue] = {"labels": [*self._labels], "heat": self._heat, "terms": [*terms]}
        return pack({**arrays, **self._voters.arrays()}, words)

    @classmethod
    def from_bytes(cls, content: bytes) -> "Reader":
        """Return the stored reader. Raises IntegrityError for any other content."""
        arrays, words = unpack(content)
        found = cls()
        try:
            found._labels = [str(one) for one in cast("list[Any]", words["labels"])]
            if "terms" in words:
                found._wording = Wording.read(arrays, cast("list[Any]", words["terms"]))
                found._heat = float(cast("float", words["heat"]))
                found._voters = _Voters.read(arrays, len(found._labels), len(found._wording.terms()))
        except (KeyError, TypeError, ValueError) as error:
            raise IntegrityError(f"the stored reader lacks a part: {error}") from error
        return found


@dataclass(frozen=True, slots=True)
class _Voters:
    """Both models: a row of weights and a constant for each label."""

    regression: NDArray[np.float32]
    weighted: NDArray[np.float32]
    constants: NDArray[np.float32]

    @classmethod
    def trained(cls, rows: Rows, truth: NDArray[np.str_]) -> "_Voters":
        """Return the models, each of one regression per label, so that time grows with labels times texts."""
        from scipy import sparse

        present, first, second, constants = rows > 0, [], [], []
        for label in np.unique(truth):
            own = truth == label
            ratios = _ratios(present, own)
            plain, begin = _regression(rows, own, _STRICT)
            weighted, start = _regression(rows @ sparse.diags(ratios), own, _STRICT_WEIGHTED)
            first.append(plain.astype(np.float32))
            second.append((ratios * weighted).astype(np.float32))
            constants.append([begin, start])
        return cls(np.stack(first), np.stack(second), np.array(constants, np.float32).T)

    @classmethod
    def read(cls, arrays: Mapping[str, NDArray[Any]], labels: int, columns: int) -> "_Voters":
        found = cls(arrays["regression"], arrays["weighted"], arrays["constants"])
        shapes = [found.regression.shape, found.weighted.shape, found.constants.shape]
        if shapes != [(labels, columns), (labels, columns), (2, labels)]:
            raise IntegrityError(f"the stored reader has {labels} labels, {columns} words and weights of {shapes}")
        return found

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        return {"regression": self.regression, "weighted": self.weighted, "constants": self.constants}

    def votes(self, rows: Rows) -> Floats:
        """Return the logarithms of the mean of both models' shares, a column for each label."""
        return self._mean(rows @ self.regression.T, rows @ self.weighted.T)

    def votes_of(self, columns: NDArray[np.int64], weights: Floats) -> Floats:
        """Return the votes for one text."""
        first, second = self.regression[:, columns] @ weights, self.weighted[:, columns] @ weights
        return self._mean(first[None, :], second[None, :])

    def _mean(self, first: Floats, second: Floats) -> Floats:
        return cast("Floats", np.log(_softmax(first + self.constants[0]) + _softmax(second + self.constants[1])))


def _regression(rows: Rows, own: NDArray[np.bool_], strict: float) -> tuple[Floats, float]:
    """Return the weights and the constant that tell the texts of one label from the others."""
    from sklearn.linear_model import LogisticRegression

    found = LogisticRegression(C=strict, solver="liblinear", random_state=_SEED).fit(rows, own)
    return found.coef_[0], float(found.intercept_[0])


def _ratios(present: Rows, own: NDArray[np.bool_]) -> Floats:
    """Return for each word the logarithm of how much more frequent it is in the texts of a label than in others."""
    inside, outside = (np.asarray(present[part].sum(axis=0)).ravel() + _UNSEEN for part in (own, ~own))
    return cast("Floats", np.log((inside / inside.sum()) / (outside / outside.sum())))


def _temperature(rows: Rows, truth: NDArray[np.str_]) -> float:
    """Return the temperature with which held-out texts are predicted best, of labels with enough texts to hold out."""
    from sklearn.model_selection import StratifiedKFold

    names, sizes = np.unique(truth, return_counts=True)
    enough = np.isin(truth, names[sizes >= _FOLDS])
    rows, truth = rows[enough], truth[enough]
    names, numbers = np.unique(truth, return_inverse=True)
    if len(names) <= 1:
        return 1.0
    votes = np.zeros((len(truth), len(names)))
    for train, test in StratifiedKFold(_FOLDS, shuffle=True, random_state=_SEED).split(rows, truth):
        votes[test] = _Voters.trained(rows[train], truth[train]).votes(rows[test])
    losses = [-np.log(_softmax(votes / heat)[np.arange(len(truth)), numbers] + 1e-12).mean() for heat in _HEAT]
    return float(_HEAT[int(np.argmin(losses))])


def _softmax(rows: Floats) -> Floats:
    powers = np.exp(rows - rows.max(axis=1, keepdims=True))
    return cast("Floats", powers / powers.sum(axis=1, keepdims=True))
