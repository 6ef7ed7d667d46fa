"""Outcomes of diagnosed runs."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import structlog

from grace_workers.adapters.postgres.incidents.documents import restored, stored
from grace_workers.adapters.postgres.statement import json_text, many, one, run
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.foundation.errors import IntegrityError
from grace_workers.foundation.ids import PlanId, TargetName
from grace_workers.learning import Precedent
from grace_workers.orchestration.stores.precedents import Newest, PrecedentStore
from grace_workers.orchestration.stores.store import implements

log = structlog.get_logger()

_PUT = """
INSERT INTO precedents (plan, document) VALUES (%(plan)s, %(document)s::json)
ON CONFLICT (plan) DO UPDATE SET document = excluded.document, revision = excluded.revision
"""

_FIND = "SELECT document FROM precedents WHERE plan = %(plan)s"

_REVISION = "SELECT coalesce(max(revision), 0) FROM precedents"

_NEWEST = """
SELECT (SELECT coalesce(max(revision), 0) FROM precedents), ARRAY(
    SELECT coalesce((SELECT max(m.version) FROM models m WHERE m.name = wanted.name), 0)
    FROM unnest(%(models)s::text[]) WITH ORDINALITY AS wanted (name, number) ORDER BY number)
"""

_COUNT = "SELECT count(*) FROM precedents"

_CHANGES = """
SELECT revision, document FROM precedents WHERE revision > %(after)s ORDER BY revision LIMIT %(limit)s
"""

_BEFORE = """
SELECT revision, document FROM precedents WHERE %(revision)s::bigint IS NULL OR revision <= %(revision)s
ORDER BY revision DESC LIMIT %(limit)s
"""


_OF_PROBLEM = """
SELECT revision, document FROM precedents WHERE document ->> 'cause' = %(cause)s AND document ->> 'target' = %(target)s
ORDER BY revision DESC LIMIT %(limit)s
"""


class PostgresPrecedentStore(PostgresStore, PrecedentStore):
    """Implements `stores.precedents.PrecedentStore`."""

    def put(self, outcome: Precedent) -> None:
        document = json_text(stored(Precedent, outcome))
        run(self._connection, _PUT, {"plan": outcome.plan, "document": document})

    def find(self, plan: PlanId) -> Precedent | None:
        row = one(self._connection, _FIND, {"plan": plan})
        return None if row is None else restored(Precedent, row[0], f"outcome {plan}")

    def revision(self) -> int:
        return int(one(self._connection, _REVISION, {})[0])

    def newest(self, models: Collection[str]) -> Newest:
        revision, versions = one(self._connection, _NEWEST, {"models": list(models)})
        return Newest(revision=int(revision), models=dict(zip(models, versions, strict=True)))

    def count(self) -> int:
        return int(one(self._connection, _COUNT, {})[0])

    def changes(self, *, after: int, limit: int = 1000) -> Sequence[tuple[int, Precedent]]:
        rows = many(self._connection, _CHANGES, {"after": after, "limit": limit})
        return list(_readable(rows))

    def before(self, revision: int | None = None, *, limit: int = 1000) -> Sequence[tuple[int, Precedent]]:
        rows = many(self._connection, _BEFORE, {"revision": revision, "limit": limit})
        return list(_readable(rows))

    def of_problem(self, cause: str, target: TargetName, *, limit: int = 1000) -> Sequence[Precedent]:
        rows = many(self._connection, _OF_PROBLEM, {"cause": cause, "target": target, "limit": limit})
        return [outcome for _, outcome in _readable(rows)]


def _readable(rows: Iterable[Any]) -> Iterator[tuple[int, Precedent]]:
    """Yield the outcomes that can be read; any other is logged, because one bad row must not stop every diagnosis."""
    for revision, document in rows:
        try:
            yield revision, restored(Precedent, document, f"outcome {revision}")
        except IntegrityError as error:
            log.warning("outcome_refused", revision=revision, why=str(error))


DEFINITION = implements(PrecedentStore)(PostgresPrecedentStore)
