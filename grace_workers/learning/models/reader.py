"""`Reader`: tells what a text asks for, learned from texts that people labelled."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

_LONGEST = 6_000
_SUBJECT = 300
_FOLDS = 4
_SEED = 1
_HEAT = np.geomspace(0.25, 4, 33)

_ADDRESS = re.compile(r"https?://\S{1,2000}")
_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_NUMBER = re.compile(r"\d[\d.]*")

_WORDS = r"(?u)\b\w\w+\b"
_WORDS_AND_MARKS = r"(?u)\b\w+\b|[?!]"

_Rows: TypeAlias = Any
"""A sparse matrix of SciPy, which has no types."""


class Reader:
    """Reads the words as they are, the words without code, addresses and numbers, and those of the first line again.

    Two linear models vote: a logistic regression and a support vector machine. The vote's confidence is calibrated
    on held-out texts. The method is temperature scaling; source: Guo et al., On Calibration of Modern Neural
    Networks, ICML 2017.
    """

    def __init__(self) -> None:
        self._views: Sequence[Any] = ()
        self._voters: _Voters | None = None
        self._heat = 1.0
        self._only: str | None = None

    def learn(self, texts: Sequence[str], labels: Sequence[str]) -> None:
        """Learn from all of them at once; this replaces what was learned before."""
        names = sorted(set(labels))
        self._only = names[0] if len(names) == 1 else None
        if len(names) <= 1:
            return
        self._views = _fresh_views()
        rows = _joined([view.fit_transform(part) for view, part in zip(self._views, _parts(texts), strict=True)])
        truth = np.array(labels)
        self._heat = _temperature(rows, truth)
        self._voters = _Voters(rows, truth)

    def predict(self, text: str) -> Mapping[str, float]:
        """Return the probability of each label; empty if nothing was learned yet."""
        if self._only is not None:
            return {self._only: 1.0}
        if self._voters is None:
            return {}
        rows = _joined([view.transform(part) for view, part in zip(self._views, _parts([text]), strict=True)])
        shares = _softmax(self._voters.votes(rows) / self._heat)[0]
        return dict(zip(self._voters.labels, shares.tolist(), strict=True))


class _Voters:
    """The two models."""

    def __init__(self, rows: _Rows, truth: NDArray[np.str_]) -> None:
        from sklearn.linear_model import LogisticRegression
        from sklearn.svm import LinearSVC

        self._regression = LogisticRegression(C=5, max_iter=200).fit(rows, truth)
        self._machine = LinearSVC(C=0.4, random_state=_SEED).fit(rows, truth)
        self.labels: list[str] = self._regression.classes_.tolist()

    def votes(self, rows: _Rows) -> NDArray[np.float64]:
        """Return the logarithms of the mean of both models' shares, one column per label."""
        margins = self._machine.decision_function(rows)
        if margins.ndim == 1:
            margins = np.column_stack((-margins, margins))
        found: NDArray[np.float64] = np.log(self._regression.predict_proba(rows) + _softmax(3 * margins))
        return found


def _fresh_views() -> Sequence[Any]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    shapes = ((2, _WORDS), (2, _WORDS), (1, _WORDS_AND_MARKS))
    return [
        TfidfVectorizer(ngram_range=(1, 2), min_df=fewest, sublinear_tf=True, token_pattern=shape)
        for fewest, shape in shapes
    ]


def _parts(texts: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    whole = [text[:_LONGEST] for text in texts]
    return whole, [_plain(text) for text in whole], [text.partition("\n")[0][:_SUBJECT] for text in whole]


def _plain(text: str) -> str:
    return _NUMBER.sub(" 0 ", _CODE.sub(" code ", _ADDRESS.sub(" address ", text)))


def _joined(views: Sequence[_Rows]) -> _Rows:
    from scipy import sparse

    weights = (0.7, 0.7, 0.5)
    return sparse.hstack([weight * view for weight, view in zip(weights, views, strict=True)]).tocsr()


def _temperature(rows: _Rows, truth: NDArray[np.str_]) -> float:
    """Return the temperature with which held-out texts are predicted best."""
    from sklearn.model_selection import StratifiedKFold

    names, numbers, sizes = np.unique(truth, return_inverse=True, return_counts=True)
    if sizes.min() < _FOLDS:
        return 1.0
    votes = np.zeros((len(truth), len(names)))
    for train, test in StratifiedKFold(_FOLDS, shuffle=True, random_state=_SEED).split(rows, truth):
        votes[test] = _Voters(rows[train], truth[train]).votes(rows[test])
    losses = [-np.log(_softmax(votes / heat)[np.arange(len(truth)), numbers] + 1e-12).mean() for heat in _HEAT]
    return float(_HEAT[int(np.argmin(losses))])


def _softmax(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(rows - rows.max(axis=1, keepdims=True))
    return cast("NDArray[np.float64]", powers / powers.sum(axis=1, keepdims=True))
