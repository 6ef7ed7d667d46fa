"""The playbooks that plans were made of, as they were then."""

import json
from collections.abc import Sequence
from typing import Any

from grace_workers.adapters.postgres.statement import many, one, run
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.orchestration.stores.playbook_versions import PlaybookVersion, PlaybookVersionStore
from grace_workers.orchestration.stores.store import implements

_KEEP = """
INSERT INTO playbook_versions (digest, playbook, first_at, content)
VALUES (%(digest)s, %(playbook)s, %(first_at)s, %(content)s::json) ON CONFLICT (digest) DO NOTHING
"""

_OF = """
SELECT digest, playbook, first_at, content FROM playbook_versions WHERE playbook = %(playbook)s
ORDER BY first_at DESC, digest LIMIT %(limit)s
"""

_FIND = "SELECT digest, playbook, first_at, content FROM playbook_versions WHERE digest = %(digest)s"


class PostgresPlaybookVersionStore(PostgresStore, PlaybookVersionStore):
    """Implements `stores.PlaybookVersionStore`."""

    def keep(self, version: PlaybookVersion) -> None:
        values = {"digest": version.digest, "playbook": version.playbook, "first_at": version.first_at}
        run(self._connection, _KEEP, {**values, "content": json.dumps(dict(version.content))})

    def of(self, playbook: str, *, limit: int = 50) -> Sequence[PlaybookVersion]:
        return [_version(row) for row in many(self._connection, _OF, {"playbook": playbook, "limit": limit})]

    def find(self, digest: str) -> PlaybookVersion | None:
        row = one(self._connection, _FIND, {"digest": digest})
        return None if row is None else _version(row)


def _version(row: Any) -> PlaybookVersion:
    digest, playbook, first_at, content = row
    return PlaybookVersion(digest=digest, playbook=playbook, first_at=first_at, content=content)


DEFINITION = implements(PlaybookVersionStore)(PostgresPlaybookVersionStore)
