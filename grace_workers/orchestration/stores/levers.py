"""What was set of the fleet's levers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from grace_workers.cycles import BlockFigures, LeverSetting


class LeverStore(Protocol):
    """What was set of the fleet's levers. One that was never set has the value of the settings."""

    def lock(self) -> None:
        """Let one transaction at a time change them from here on."""

    def settings(self) -> Mapping[str, LeverSetting]:
        """Return what was set, by lever."""

    def save(self, setting: LeverSetting, at: datetime) -> None:
        """Replace what was set of one lever."""

    def blocks(
        self, windows: Sequence[tuple[datetime, datetime]], *, pool: str | None = None
    ) -> Sequence[BlockFigures]:
        """Return what the fleet, or one pool, did in each window: the audited jobs that became due in it.

        The windows come in order and do not overlap. A job is measured for at most as long after its window as the
        window lasted; one that has not ended by then, or by now, counts as long as the longest that has.
        """
