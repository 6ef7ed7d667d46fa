"""Figures of playbooks that are stricter in force than their files say, in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from grace_workers.orchestration.stores.adjustments import AdjustmentStore
from grace_workers.orchestration.stores.store import implements
from grace_workers.playbooks import UNSET, Adjustment
from tests.memory.transaction import MemoryTransaction


class MemoryAdjustmentStore(AdjustmentStore):
    """Implements `stores.AdjustmentStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._kept: dict[tuple[str, str], Adjustment] = tx.table("playbook_adjustments")

    def offer(self, adjustment: Adjustment) -> None:
        key = (adjustment.playbook, adjustment.figure.value)
        known = self._kept.get(key)
        if known is None or known.value == UNSET or known.base != adjustment.base:
            self._kept[key] = replace(adjustment, value=UNSET)

    def put(self, playbook: str, figure: str, value: int, at: datetime) -> None:
        known = self._kept.get((playbook, figure))
        if known is not None and known.value != value:
            self._kept[playbook, figure] = replace(known, value=value, at=at)

    def all(self) -> Sequence[Adjustment]:
        return [one for _, one in sorted(self._kept.items())]


DEFINITION = implements(AdjustmentStore)(MemoryAdjustmentStore)
