"""A real database of someone's application on the shared PostgreSQL, with a role of its own."""

import threading
from contextlib import suppress
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql

from grace_workers.adapters.embedded import EmbeddedPostgres
from tests.drills.stage import Stage
from tests.waiting import until

WATCHER_MAY = "pg_monitor, pg_signal_backend, pg_checkpoint"


class ShopDatabase:
    """A database. Its application's role owns everything and is no superuser, as it should be."""

    def __init__(self, stage: Stage, server: EmbeddedPostgres | None = None) -> None:
        """`server` is one of its own, for a fault that all databases of a server would share."""
        self._stage = stage
        self._server = server or stage.postgres
        self.name = f"drill_{uuid4().hex[:10]}"
        self.app = f"{self.name}_app"
        with psycopg.connect(self._server.url_of("postgres"), autocommit=True) as session:
            session.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'app'; GRANT {} TO {}").format(
                    sql.Identifier(self.app), sql.SQL(WATCHER_MAY), sql.Identifier(self.app)
                )
            )
            session.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(self.name), sql.Identifier(self.app))
            )
        stage.stack.callback(self._drop)

    @property
    def url(self) -> str:
        """The address for the application and for Grace."""
        return psycopg.conninfo.make_conninfo(self._server.url_of(self.name), user=self.app, password="app")

    def target(self, **labels: str) -> dict[str, Any]:
        """Return the target."""
        server = self._server.url_of(self.name)
        url = f"postgresql://{self.app}:app@{server.rpartition('@')[2]}"
        return {
            "name": "subject",
            "kind": "postgres",
            "owner": "internal",
            "connection": {"url": url},
            "labels": labels,
        }

    def allow(self, attribute: str) -> None:
        """Give the application's role an attribute, such as `CREATEDB`."""
        self._as_superuser("ALTER ROLE {} " + attribute)

    def grant(self, role: str) -> None:
        """Make the application's role a member of another."""
        self._as_superuser(f"GRANT {role} TO {{}}")

    def _as_superuser(self, statement: str) -> None:
        with psycopg.connect(self._server.url_of(self.name), autocommit=True) as session:
            session.execute(sql.SQL(statement).format(sql.Identifier(self.app)))  # type: ignore[arg-type]

    def session(self) -> psycopg.Connection[Any]:
        """Open a session of the application; it is closed at the end at the latest."""
        opened = psycopg.connect(self.url, autocommit=True, application_name="shop")
        self._stage.stack.callback(opened.close)
        return opened

    def execute(self, *statements: str) -> None:
        """Run statements as the application, each in a session of its own, so that its statistics count at once."""
        for statement in statements:
            with self.session() as session:
                session.execute(statement.encode())

    def number(self, query: str) -> int:
        """Return one number, asked by the superuser."""
        with psycopg.connect(self._server.url_of(self.name), autocommit=True) as session:
            row = session.execute(query.encode()).fetchone()
            assert row is not None
            return int(row[0])

    def _drop(self) -> None:
        """Drop it with what a step kept of it under another name."""
        owned = "SELECT datname FROM pg_database WHERE datdba = (SELECT oid FROM pg_roles WHERE rolname = %s)"
        with psycopg.connect(self._server.url_of("postgres"), autocommit=True) as session:
            for (name,) in session.execute(owned, [self.app]).fetchall():
                session.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
            session.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(self.app)))


class Customer:
    """A client that runs one statement in a thread, as a customer's request would, and may be cut off."""

    def __init__(self, database: ShopDatabase | psycopg.Connection[Any], statement: str) -> None:
        self._session = database.session() if isinstance(database, ShopDatabase) else database
        self._thread = threading.Thread(target=self._ask, args=(statement,), daemon=True)
        self.served = False
        self._thread.start()

    def _ask(self, statement: str) -> None:
        with suppress(psycopg.Error):
            self._session.execute(statement.encode())
            self.served = True

    @property
    def waits(self) -> bool:
        """Whether it still waits for its answer."""
        return self._thread.is_alive()

    def leave(self) -> None:
        """Give up, whatever it waits for, also if it has not begun to wait."""
        until(self._cancelled, within=60)
        self._session.close()

    def _cancelled(self) -> bool:
        # A server forgets a request to cancel what it has not begun.
        with suppress(psycopg.Error):
            self._session.cancel_safe(timeout=5)
        self._thread.join(0.2)
        return not self.waits


def until_running(database: ShopDatabase, fragment: str, count: int = 1) -> None:
    """Wait until that many sessions run or have run last a statement with this fragment."""
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
        f"AND query LIKE '%{fragment}%'"
    )
    until(lambda: database.number(query) >= count, within=20)
