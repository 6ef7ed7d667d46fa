"""Figures of playbooks that are stricter in force than their files say."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from grace_workers.playbooks import Adjustment


class AdjustmentStore(Protocol):
    """Adjustments, one for each figure of a playbook that was ever proposed."""

    def offer(self, adjustment: Adjustment) -> None:
        """Let a figure be adjusted for this content of the file; one that is in force for it stays as it is.

        A value for another content has no effect any more, so it goes.
        """

    def put(self, playbook: str, figure: str, value: int, at: datetime) -> None:
        """Let a value be in force, or none. Idempotent: the time is that of the last change."""

    def all(self) -> Sequence[Adjustment]:
        """Return all, by playbook and figure."""
        ...
