"""A log in a real database, with its keys and anchor in files."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, Engine, create_engine

from grace_workers.adapters.files.audit_anchor import FileAnchor
from grace_workers.adapters.files.audit_keys import FileSealingKeys
from grace_workers.adapters.postgres.audit import PostgresAuditAppender, PostgresAuditArchive, Rhythm, Sealer
from grace_workers.audit import Entry


@dataclass
class Desk:
    """All that a test needs of one log."""

    url: str
    engine: Engine
    folder: Path
    keys: FileSealingKeys
    anchor: FileAnchor
    archive: PostgresAuditArchive
    sealers: list[Sealer] = field(default_factory=list)

    def sealer(self, **options: Any) -> Sealer:
        made = Sealer(self.url, self.keys, [self.anchor], **options)
        self.sealers.append(made)
        return made

    def append(self, count: int = 1, **fields: Any) -> list[Entry]:
        """Append entries, each in its own transaction."""
        made = [entry(**fields) for _ in range(count)]
        for one in made:
            with self.engine.begin() as connection:
                PostgresAuditAppender(connection).append(one)
        return made

    def end_session_of(self, connection: Connection) -> None:
        """End a connection's session on the server, as a failover does."""
        driver: Any = connection.connection.dbapi_connection
        with psycopg.connect(self.url) as other:
            other.execute("SELECT pg_terminate_backend(%s)", (driver.info.backend_pid,))

    def seal(self) -> None:
        """Seal, sign and anchor all that waits, in small passes."""
        sealer = self.sealer(rhythm=Rhythm(batch=20))
        while self.value("SELECT count(*) FROM audit_inbox"):
            sealer.seal_once()
        sealer.close()

    def value(self, query: str, *parameters: Any) -> Any:
        with psycopg.connect(self.url) as session:
            row = session.execute(query, parameters).fetchone()
        return None if row is None else row[0]

    def attack(self, *statements: str) -> None:
        """Act as a superuser who switches off every guard of the database."""
        with psycopg.connect(self.url, autocommit=True) as session:
            for table in ("audit_log", "audit_inbox", "audit_head", "audit_node", "audit_checkpoint", "audit_anchor"):
                session.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            session.execute("ALTER TABLE audit_log_000000 DISABLE TRIGGER ALL")
            for statement in statements:
                session.execute(statement)


def entry(**fields: Any) -> Entry:
    told: dict[str, Any] = {"at": datetime.now(UTC), "actor": "test", "action": "job.done", "subject": "job:1"}
    return Entry(**{**told, "data": {"took": 0.25}, **fields})


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    keys = FileSealingKeys(tmp_path / "keys")
    keys.create("test.example")
    anchor = FileAnchor(tmp_path / "anchors.jsonl")
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    archive = PostgresAuditArchive(database_url, keys, [anchor], patience=2)
    made = Desk(url=database_url, engine=engine, folder=tmp_path, keys=keys, anchor=anchor, archive=archive)
    yield made
    for sealer in made.sealers:
        sealer.close()
    engine.dispose()
