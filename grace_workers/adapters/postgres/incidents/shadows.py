"""What playbooks in shadow mode would have done."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import structlog

from grace_workers.adapters.postgres.incidents.documents import restored, stored
from grace_workers.adapters.postgres.statement import json_text, many, run
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.foundation.errors import IntegrityError
from grace_workers.orchestration.stores.shadows import ShadowOutcome, ShadowRun, ShadowStore
from grace_workers.orchestration.stores.store import implements

log = structlog.get_logger()

_KEEP = """
INSERT INTO shadow_runs AS known (incident, playbook, at, document)
VALUES (%(incident)s, %(playbook)s, %(at)s, %(document)s::json)
ON CONFLICT (incident, playbook) DO UPDATE SET at = excluded.at, document = excluded.document
WHERE known.at <= excluded.at
"""

_SINCE = """
SELECT s.document, i.dossier ->> 'closing', i.state, s.incident, s.playbook
FROM shadow_runs s JOIN incidents i ON i.id = s.incident
WHERE s.at >= %(moment)s AND (%(playbook)s::text IS NULL OR s.playbook = %(playbook)s)
ORDER BY s.at DESC, s.incident, s.playbook LIMIT %(limit)s
"""


class PostgresShadowStore(PostgresStore, ShadowStore):
    """Implements `stores.ShadowStore`."""

    def keep(self, shadow: ShadowRun) -> None:
        document = json_text(stored(ShadowRun, shadow))
        values = {"incident": shadow.incident, "playbook": shadow.playbook, "at": shadow.at, "document": document}
        run(self._connection, _KEEP, values)

    def since(self, moment: datetime, *, playbook: str | None = None, limit: int) -> Sequence[ShadowOutcome]:
        values = {"moment": moment, "playbook": playbook, "limit": limit}
        return list(_readable(many(self._connection, _SINCE, values)))


def _readable(rows: Sequence[Any]) -> Iterator[ShadowOutcome]:
    for document, closing, state, incident, playbook in rows:
        try:
            found = restored(ShadowRun, document, f"shadow run of {playbook} in incident {incident}")
        except IntegrityError as error:
            log.warning("shadow_run_left_out", incident=str(incident), playbook=playbook, error=str(error))
            continue
        yield ShadowOutcome(run=found, closing=closing, state=state)


DEFINITION = implements(ShadowStore)(PostgresShadowStore)
