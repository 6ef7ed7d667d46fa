"""`Wording`: a text as weighted words and pairs of words, seen in three ways. Fitting needs scikit-learn."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import IntegrityError

Rows: TypeAlias = Any
"""A sparse matrix of SciPy, which has no types: a row for each text."""

_LONGEST = 6_000
# Weights are kept for each label and column, so the columns are bounded; the most frequent terms stay.
_MOST_TERMS = 50_000
_SUBJECT = 300

_ADDRESS = re.compile(r"https?://\S{1,2000}")
_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_NUMBER = re.compile(r"\d[\d.]*")

_WORDS = r"(?u)\b\w\w+\b"
_WORDS_AND_MARKS = r"(?u)\b\w+\b|[?!]"
_SHAPES = ((2, _WORDS), (2, _WORDS), (1, _WORDS_AND_MARKS))
"""In how many texts a word must occur, and what counts as one."""

_PARTS = (0.7, 0.7, 0.5)


@dataclass(frozen=True, slots=True)
class _View:
    columns: Mapping[str, int]
    rarity: NDArray[np.float32]
    shape: re.Pattern[str]

    @property
    def terms(self) -> Sequence[str]:
        """Return the words and pairs in the order of their columns."""
        return sorted(self.columns, key=lambda one: self.columns[one])

    def weights(self, text: str) -> Mapping[int, float]:
        """Return the weight of each known word and pair by column; their squares sum to 1."""
        words = self.shape.findall(text.lower())
        pairs = (f"{one} {next_one}" for one, next_one in pairwise(words))
        counts = Counter(self.columns[term] for term in (*words, *pairs) if term in self.columns)
        found = {at: (1 + float(np.log(count))) * float(self.rarity[at]) for at, count in counts.items()}
        length = float(np.sqrt(sum(value * value for value in found.values())))
        return {at: value / length for at, value in found.items()}


class Wording:
    """Words as they are, words without code, addresses and numbers, and those of the first line.

    The weights are TF-IDF with a logarithmic count; source: Salton and Buckley, Term-Weighting Approaches in Automatic
    Text Retrieval, Information Processing and Management 24, 1988.
    """

    def __init__(self, views: Sequence[_View]) -> None:
        self._views = views

    @classmethod
    def fitted(cls, texts: Sequence[str]) -> "tuple[Wording, Rows]":
        """Return what the texts are made of, and their rows."""
        from scipy import sparse
        from sklearn.feature_extraction.text import TfidfVectorizer

        views, rows = [], []
        for (fewest, shape), weight, part in zip(_SHAPES, _PARTS, zip(*map(_ways, texts), strict=True), strict=True):
            learned = TfidfVectorizer(
                ngram_range=(1, 2), min_df=fewest, sublinear_tf=True, token_pattern=shape, max_features=_MOST_TERMS
            )
            rows.append(weight * learned.fit_transform(part))
            columns = {str(term): int(at) for term, at in learned.vocabulary_.items()}
            views.append(_View(columns, learned.idf_.astype(np.float32), re.compile(shape)))
        return cls(views), sparse.hstack(rows).tocsr()

    def weights(self, text: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the columns of what is known of a text, and their weights."""
        found = list(self._weights(text))
        return np.array([at for at, _ in found], np.int64), np.array([weight for _, weight in found])

    def terms(self) -> Sequence[str]:
        """Return the word or pair of each column."""
        return [term for view in self._views for term in view.terms]

    def told(self) -> tuple[Mapping[str, NDArray[Any]], Sequence[JsonValue]]:
        """Return arrays and words from which `read` makes it again."""
        terms: list[JsonValue] = [[*view.terms] for view in self._views]
        return {f"rarity{at}": view.rarity for at, view in enumerate(self._views)}, terms

    @classmethod
    def read(cls, arrays: Mapping[str, NDArray[Any]], terms: Sequence[Any]) -> "Wording":
        """Return what was told. Raises IntegrityError if the parts do not fit together."""
        views = []
        for at, ((_, shape), own) in enumerate(zip(_SHAPES, terms, strict=True)):
            rarity = arrays[f"rarity{at}"]
            if rarity.shape != (len(own),):
                raise IntegrityError(f"the stored model has {len(own)} words and weights of shape {rarity.shape}")
            columns = {str(term): column for column, term in enumerate(own)}
            views.append(_View(columns, rarity.astype(np.float32), re.compile(shape)))
        return cls(views)

    def _weights(self, text: str) -> Iterator[tuple[int, float]]:
        before = 0
        for view, weight, part in zip(self._views, _PARTS, _ways(text), strict=True):
            yield from ((before + at, weight * value) for at, value in sorted(view.weights(part).items()))
            before += len(view.columns)


def _ways(text: str) -> tuple[str, str, str]:
    whole = text[:_LONGEST]
    plain = _NUMBER.sub(" 0 ", _CODE.sub(" code ", _ADDRESS.sub(" address ", whole)))
    return whole, plain, whole.partition("\n")[0][:_SUBJECT]
