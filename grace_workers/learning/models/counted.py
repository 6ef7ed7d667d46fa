"""`Counted`: outcomes as rows of a table with one column per counted event; new events add columns."""

from collections.abc import Mapping, Sequence
from math import log1p
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import IntegrityError

_FIRST = 64


class Counted:
    """A table of log(1 + count) with the outcome of each row. New events and outcomes may appear at any time.

    It holds the newest `kept` outcomes, and up to half as many more. It ignores events beyond `widest`, so a stream
    of ever new events cannot fill the memory.
    """

    def __init__(self, *, kept: int = 4_000, widest: int = 2_000) -> None:
        self._kept, self._widest = kept, widest
        self._columns: dict[str, int] = {}
        self._labels: dict[str, int] = {}
        self._rows: NDArray[np.float32] = np.zeros((_FIRST, _FIRST), np.float32)
        self._outcomes: NDArray[np.intp] = np.zeros(_FIRST, np.intp)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def rows(self) -> NDArray[np.float32]:
        """The rows, oldest first."""
        return self._rows[: self._size, : len(self._columns)]

    @property
    def outcomes(self) -> NDArray[np.intp]:
        """The number of each row's label."""
        return self._outcomes[: self._size]

    @property
    def labels(self) -> list[str]:
        """The labels by number."""
        return list(self._labels)

    @property
    def events(self) -> list[str]:
        """The events by column."""
        return list(self._columns)

    def row(self, counts: Mapping[str, float]) -> NDArray[np.float32]:
        """Return counts as a row; new events get columns."""
        for event, count in counts.items():
            if count > 0 and event not in self._columns and len(self._columns) < self._widest:
                self._columns[event] = len(self._columns)
        if len(self._columns) > self._rows.shape[1]:
            more = np.zeros((len(self._rows), len(self._columns)), np.float32)
            self._rows = np.hstack((self._rows, more))
        found = np.zeros(len(self._columns), np.float32)
        for event, count in counts.items():
            if count > 0 and event in self._columns:
                found[self._columns[event]] = log1p(count)
        return found

    def number(self, label: str) -> int:
        """Return the number of a label; a new label gets the next number."""
        return self._labels.setdefault(label, len(self._labels))

    def add(self, row: NDArray[np.float32], label: int) -> int:
        """Append an outcome; return how many of the oldest were dropped to make room."""
        dropped = 0
        if self._size >= self._kept * 3 // 2:
            dropped = self._size - self._kept
            self._rows[: self._kept] = self._rows[dropped : self._size]
            self._outcomes[: self._kept] = self._outcomes[dropped : self._size]
            self._size = self._kept
        if self._size == len(self._rows):
            self._rows = np.vstack((self._rows, np.zeros_like(self._rows)))
            self._outcomes = np.concatenate((self._outcomes, np.zeros_like(self._outcomes)))
        self._rows[self._size, : len(row)] = row
        self._rows[self._size, len(row) :] = 0
        self._outcomes[self._size] = label
        self._size += 1
        return dropped

    def drop(self, at: int) -> None:
        """Remove the outcome at a position; later ones move up."""
        self._rows[at : self._size - 1] = self._rows[at + 1 : self._size]
        self._outcomes[at : self._size - 1] = self._outcomes[at + 1 : self._size]
        self._size -= 1

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """Return the numbers to store."""
        return {"rows": self.rows, "outcomes": self.outcomes}

    def words(self) -> Mapping[str, JsonValue]:
        """Return the words to store: events and labels, by number."""
        return {"events": list(self._columns), "labels": list(self._labels)}

    @classmethod
    def read(cls, arrays: Mapping[str, NDArray[Any]], words: Mapping[str, JsonValue]) -> "Counted":
        """Return the table that was stored. Raises IntegrityError if the numbers and the words do not match."""
        found = cls()
        rows, outcomes = arrays["rows"].astype(np.float32), arrays["outcomes"].astype(np.intp)
        found._columns = _numbered(words["events"])
        found._labels = _numbered(words["labels"])
        fits = rows.shape == (len(outcomes), len(found._columns)) and bool(np.isfinite(rows).all())
        if not fits or bool(((outcomes < 0) | (outcomes >= max(1, len(found._labels)))).any()):
            raise IntegrityError("the stored outcomes and their words contradict each other")
        found._size = len(outcomes)
        found._rows = np.zeros((max(_FIRST, len(outcomes)), max(_FIRST, len(found._columns))), np.float32)
        found._rows[: len(outcomes), : len(found._columns)] = rows
        found._outcomes = np.zeros(len(found._rows), np.intp)
        found._outcomes[: len(outcomes)] = outcomes
        return found


def _numbered(words: JsonValue) -> dict[str, int]:
    found = {str(word): number for number, word in enumerate(words if isinstance(words, Sequence) else ())}
    if not isinstance(words, list) or len(found) != len(words):
        raise IntegrityError("the stored words are no list of different words")
    return found
