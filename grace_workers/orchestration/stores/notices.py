"""The outbox of notices: what people are to be told, what was sent, and into which thread."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    """A notice of a subject by one way. `key` says which; `sent_at` is None until it was sent or given up."""

    subject: str
    way: str
    key: str
    kind: str
    made_at: datetime
    sent_at: datetime | None = None
    thread: str | None = None
    error: str | None = None


FOLDED = "-"
"""Stands for the way of a notice that others, made at the same moment, include."""


class NoticeStore(Protocol):
    """The outbox, and who has taken which subject."""

    def add(self, row: NoticeRow) -> bool:
        """Put a notice into the outbox; return False if it is there already."""

    def load(self, subject: str, way: str, key: str) -> NoticeRow | None:
        """Return one notice."""

    def of(self, subjects: Collection[str]) -> Mapping[str, Sequence[NoticeRow]]:
        """Return the notices of these subjects, oldest first."""

    def unsettled(self, *, limit: int) -> Sequence[str]:
        """Return subjects about which people are needed as far as they were told, oldest first."""

    def folded_beside(self, row: NoticeRow) -> int:
        """Return how many notices were folded into those that were made at the same moment as this one."""

    def sent(self, row: NoticeRow, at: datetime, *, thread: str | None, error: str | None = None) -> None:
        """Record that a notice was sent, or given up with an error."""

    def take(self, subject: str, by: str, at: datetime) -> bool:
        """Record who looks after a subject; return False if someone does already."""

    def takers(self, subjects: Collection[str]) -> Mapping[str, str]:
        """Return who looks after these subjects."""
