"""`CacheKeys`: keys of a cache that can be counted, stashed, removed and restored."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyStash:
    """Copies of keys stashed outside the server: how many, and the bytes of their values."""

    key: str
    keys: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRemoval:
    """The result of a removal: keys gone now; `kept` were written since the stash and stay."""

    removed: int
    kept: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPresence:
    """How a stash compares with the server: keys that have not expired since, and those of them that are missing."""

    held: int
    missing: int


class CacheKeys(Protocol):
    """The keys of a cache. Keys that are not declared as cache are never seen or touched.

    In a pattern `*` matches any characters, and every other character matches itself.
    """

    def total(self) -> int:
        """Return how many keys the server holds, cache or not."""

    def find(self, pattern: str, *, most: int) -> Sequence[str]:
        """Return the keys that match, in order. Raises PermanentError when they are more than `most`."""

    def stash(self, pattern: str, key: str, *, most: int) -> KeyStash:
        """Stash the keys that match, with values and expiry, outside the server under `key`. Idempotent.

        Raises PermanentError when they are more than `most`, or too large; then nothing is stashed.
        """

    def remove(self, key: str) -> KeyRemoval:
        """Remove the keys in `key`'s stash, except those written since. Idempotent.

        Raises NotFoundError for an unknown stash.
        """

    def unstash(self, key: str) -> int:
        """Restore the stashed keys that are missing and not expired; return how many. Idempotent."""

    def present(self, key: str) -> KeyPresence:
        """Return how many of the stash's keys are missing. Raises NotFoundError for an unknown stash."""
