"""Versions of trained models."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import structlog

from grace_workers.adapters.postgres.incidents.documents import restored, stored
from grace_workers.adapters.postgres.statement import json_text, many, one, run
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.foundation.errors import IntegrityError
from grace_workers.orchestration.stores.models import ModelStore, ModelVersion
from grace_workers.orchestration.stores.store import implements

log = structlog.get_logger()

_PUT = """
INSERT INTO models (name, version, document, content)
VALUES (%(name)s, %(version)s, %(document)s::json, %(content)s)
"""

_PRUNE = "DELETE FROM models WHERE name = %(name)s AND version <= %(version)s - %(keep)s"

_MEND = "UPDATE models SET content = %(content)s WHERE name = %(name)s AND version = %(version)s"

_NEWEST = "SELECT coalesce(max(version), 0) FROM models WHERE name = %(name)s"

_VERSIONS = "SELECT version, document FROM models WHERE name = %(name)s ORDER BY version DESC"

_CONTENT = "SELECT content FROM models WHERE name = %(name)s AND version = %(version)s"


class PostgresModelStore(PostgresStore, ModelStore):
    """Implements `stores.models.ModelStore`."""

    def put(self, model: ModelVersion, content: bytes, *, keep: int) -> None:
        values = {"name": model.name, "version": model.version}
        document = json_text(stored(ModelVersion, model))
        run(self._connection, _PUT, {**values, "document": document, "content": content})
        run(self._connection, _PRUNE, {**values, "keep": keep})

    def mend(self, name: str, version: int, content: bytes) -> None:
        run(self._connection, _MEND, {"name": name, "version": version, "content": content})

    def newest(self, name: str) -> int:
        return int(one(self._connection, _NEWEST, {"name": name})[0])

    def versions(self, name: str) -> Sequence[ModelVersion]:
        rows = many(self._connection, _VERSIONS, {"name": name})
        return list(_readable(name, rows))

    def content(self, name: str, version: int) -> bytes | None:
        row = one(self._connection, _CONTENT, {"name": name, "version": version})
        return None if row is None else bytes(row[0])


def _readable(name: str, rows: Iterable[Any]) -> Iterator[ModelVersion]:
    """Yield the versions that can be read; any other is logged, because one bad row must not stop every diagnosis."""
    for number, document in rows:
        try:
            yield restored(ModelVersion, document, f"model {name} {number}")
        except IntegrityError as error:
            log.warning("model_refused", model=name, version=number, why=str(error))


DEFINITION = implements(ModelStore)(PostgresModelStore)
