"""The audit log."""

from typing import Self

from grace_workers.entrypoints.api.views.view import Moment, View
from grace_workers.foundation.document import JsonValue
from grace_workers.orchestration.audit_archive import LogHead


class CheckpointView(View):
    """A signed tree head; `root` as hexadecimal digits."""

    size: int
    root: str


class AnchoredView(View):
    """The newest checkpoint that a place outside the database has: how many entries it covers, and since when."""

    place: str
    size: int
    at: Moment


class LogHeadView(View):
    """The state of the log: sealed entries, waiting entries, the newest signed checkpoint, and where it is kept too."""

    size: int
    unsealed: int
    oldest_unsealed: Moment | None
    origin: str | None
    guard: str
    checkpoint: CheckpointView | None
    anchored: list[AnchoredView]

    @classmethod
    def of_head(cls, head: LogHead) -> Self:
        """Return the view of a head."""
        newest = head.checkpoint
        return cls.of(head, checkpoint=None if newest is None else {"size": newest.size, "root": newest.root.hex()})


class EntryView(View):
    """One entry; `seq` is null until it is sealed, `data` null without details."""

    seq: int | None
    envelope: dict[str, JsonValue]
    data: JsonValue
