"""Causes that people propose from what was learned, and those of them that were accepted."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from grace_workers.adapters.postgres.statement import many, run
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.orchestration.stores.learned_causes import LearnedCause, LearnedCauseStore
from grace_workers.orchestration.stores.store import implements

_PROPOSE = """
INSERT INTO learned_causes (name, version, file, proposed_by, proposed_at)
VALUES (%(name)s, %(version)s, %(file)s, %(proposed_by)s, %(proposed_at)s) ON CONFLICT (name, version) DO NOTHING
"""

_WITHDRAW = """
UPDATE learned_causes SET accepted_at = NULL, withdrawn_at = %(at)s
WHERE name = %(name)s AND accepted_at IS NOT NULL AND version IS DISTINCT FROM %(version)s::text
"""

_ACCEPT = """
UPDATE learned_causes SET accepted_at = %(at)s
WHERE name = %(name)s AND version = %(version)s AND accepted_at IS NULL
"""

_VERSIONS = """
SELECT name, version, file, proposed_by, proposed_at, accepted_at FROM learned_causes
WHERE %(name)s::text IS NULL OR name = %(name)s ORDER BY name, proposed_at DESC, version
"""

_ACCEPTED = """
SELECT name, version, file, proposed_by, proposed_at, accepted_at FROM learned_causes
WHERE accepted_at IS NOT NULL ORDER BY name
"""


class PostgresLearnedCauseStore(PostgresStore, LearnedCauseStore):
    """Implements `stores.LearnedCauseStore`."""

    def propose(self, cause: LearnedCause) -> None:
        run(self._connection, _PROPOSE, asdict(cause))

    def accept(self, name: str, version: str | None, at: datetime) -> None:
        values = {"name": name, "version": version, "at": at}
        run(self._connection, _WITHDRAW, values)
        run(self._connection, _ACCEPT, values)

    def versions(self, name: str | None = None) -> Sequence[LearnedCause]:
        return [_cause(row) for row in many(self._connection, _VERSIONS, {"name": name})]

    def accepted(self) -> Sequence[LearnedCause]:
        return [_cause(row) for row in many(self._connection, _ACCEPTED, {})]


def _cause(row: Any) -> LearnedCause:
    name, version, file, proposed_by, proposed_at, accepted_at = row
    return LearnedCause(
        name=name,
        version=version,
        file=file,
        proposed_by=proposed_by,
        proposed_at=proposed_at,
        accepted_at=accepted_at,
    )


DEFINITION = implements(LearnedCauseStore)(PostgresLearnedCauseStore)
