"""`SafePoints`: what a target holds, kept as its part of a safe point, compared with it and put back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

UNDOES = "undo_"
"""The prefix of keys of parts that only undo a restore: they are dropped after a week.

No name that a person gives has an underscore.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPart:
    """The part of one target. `sha256` is that of the copy, and `size` its bytes; it holds `items` of `unit`.

    It is kept at least `until` then.
    """

    key: str
    sha256: str
    size: int
    items: int
    unit: str
    until: datetime


class SafePoints(Protocol):
    """The declared content of a target, as items by name: files, keys, tables, or the one file or revision it is.

    Each method that is given a part raises NotFoundError when it is not kept here, IntegrityError when it is not what
    `sha256` says, and ConflictError when other content is declared now than when it was kept, or the target is another
    thing than then. In these cases nothing is touched.
    """

    def keep(self, key: str) -> KeptPart:
        """Keep the content under `key`, outside the target, whole or not at all. Idempotent.

        Raises PermanentError when it is larger than declared, or does not fit on the disk.
        """
        ...

    def kept(self, key: str) -> KeptPart | None:
        """Return the part under `key`; None when there is none."""
        ...

    def differences(self, key: str, sha256: str) -> Sequence[str]:
        """Return how the target differs from a part, one sentence an item, by name; empty when it is the same."""
        ...

    def put_back(self, key: str, sha256: str, *, since: tuple[str, str]) -> int:
        """Make the target as in a part; return how many items that changed. Idempotent.

        `since` is another part, by key and SHA-256: what the target was like when someone looked last. An item that
        is neither as in the one nor as in the other was changed by others meanwhile, which raises ConflictError.
        """
        ...

    def forget(self, key: str) -> None:
        """Drop a part. Idempotent."""
