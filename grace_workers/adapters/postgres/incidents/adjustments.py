"""Figures of playbooks that are stricter in force than their files say."""

from collections.abc import Sequence
from datetime import datetime

from grace_workers.adapters.postgres.statement import many, run
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.orchestration.stores.adjustments import AdjustmentStore
from grace_workers.orchestration.stores.store import implements
from grace_workers.playbooks import UNSET, AdjustedFigure, Adjustment

_OFFER = """
INSERT INTO playbook_adjustments (playbook, figure, base, value, at)
VALUES (%(playbook)s, %(figure)s, %(base)s, %(unset)s, %(at)s)
ON CONFLICT (playbook, figure) DO UPDATE SET base = excluded.base, value = excluded.value, at = excluded.at
WHERE playbook_adjustments.value = %(unset)s OR playbook_adjustments.base <> excluded.base
"""

_PUT = """
UPDATE playbook_adjustments SET value = %(value)s, at = %(at)s
WHERE playbook = %(playbook)s AND figure = %(figure)s AND value <> %(value)s
"""

# A figure of a newer release means nothing here, and must not keep a node of this one from working.
_ALL = """
SELECT playbook, figure, base, value, at FROM playbook_adjustments WHERE figure = ANY(%(known)s)
ORDER BY playbook, figure
"""


class PostgresAdjustmentStore(PostgresStore, AdjustmentStore):
    """Implements `stores.AdjustmentStore`."""

    def offer(self, adjustment: Adjustment) -> None:
        values = {
            "playbook": adjustment.playbook,
            "figure": adjustment.figure.value,
            "base": adjustment.base,
            "unset": UNSET,
            "at": adjustment.at,
        }
        run(self._connection, _OFFER, values)

    def put(self, playbook: str, figure: str, value: int, at: datetime) -> None:
        run(self._connection, _PUT, {"playbook": playbook, "figure": figure, "value": value, "at": at})

    def all(self) -> Sequence[Adjustment]:
        return [
            Adjustment(playbook=playbook, figure=AdjustedFigure(figure), base=base, value=value, at=at)
            for playbook, figure, base, value, at in many(self._connection, _ALL, {"known": [*AdjustedFigure]})
        ]


DEFINITION = implements(AdjustmentStore)(PostgresAdjustmentStore)
