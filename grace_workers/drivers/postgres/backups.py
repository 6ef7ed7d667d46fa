"""Dumps of a PostgreSQL database: restored into another one of the same cluster, which then takes its name."""

import re
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from grace_workers.actions import Backup, Backups, DatabaseStanding
from grace_workers.drivers._shared.program import run
from grace_workers.drivers.postgres.console import PostgresConsole
from grace_workers.drivers.postgres.database_copy import create_like, drop, take_settings
from grace_workers.drivers.postgres.dumps import Dumps
from grace_workers.drivers.postgres.halting import cancelled_when_halted
from grace_workers.foundation.errors import ConflictError, GraceError, InputError, NotFoundError, PermanentError
from grace_workers.foundation.own_file import require_given
from grace_workers.foundation.plain_file import translated

_DUMP = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}\.dump")
_WHOLE = "complete copy of Grace"
_LONGEST_NAME = 40
_EVERY = 0.05
_PATH = "/usr/local/bin:/usr/bin:/bin"
_FOUND = sql.SQL("""
    SELECT datname::text AS name, oid::text AS id, shobj_description(oid, 'pg_database') AS mark
    FROM pg_database WHERE datname = ANY(%(names)s)
""")
_MARK = sql.SQL("COMMENT ON DATABASE {} IS {}")
_TABLES = sql.SQL("""
    SELECT space.nspname AS schema, class.relname AS name
    FROM pg_class AS class JOIN pg_namespace AS space ON space.oid = class.relnamespace
    WHERE class.relkind = 'r' AND space.nspname <> 'information_schema' AND space.nspname !~ '^pg_' ORDER BY 1, 2
""")
_INVALID = sql.SQL("SELECT indexrelid::regclass::text AS name FROM pg_index WHERE NOT indisvalid ORDER BY 1")
_PART = sql.SQL("""
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = ANY(%(names)s) AND backend_type = 'client backend'
""")


class PostgresBackups(Backups):
    """The dumps of the database at `url`. Copies are made and exchanged through another database of the cluster."""

    def __init__(self, url: str, said: Dumps, *, patience: timedelta) -> None:
        found = conninfo_to_dict(url.replace("postgresql+psycopg://", "postgresql://", 1))
        self._place = {key: str(value) for key, value in found.items() if value is not None}
        self._own = self._place.get("dbname") or self._place.get("user") or ""
        if self._own == said.maintenance:
            raise InputError(f"`maintenance` names the database itself, {self._own!r}; name another of the cluster")
        if "sslpassword" in self._place:
            raise InputError("pg_restore would show `sslpassword` to other users; use a key file without a password")
        self._folder = said.folder
        self._said, self._patience = said, patience
        self._admin = self._console(said.maintenance)

    def backups(self) -> Sequence[Backup]:
        with translated(f"backups in {str(self._folder)!r}"):
            paths = [one for one in self._folder.iterdir() if _DUMP.fullmatch(one.name) and one.is_file()]
            found = [(one.name, one.stat()) for one in paths]
        now = time.time()
        dumps = [Backup(name=name, age=timedelta(seconds=now - it.st_mtime), size=it.st_size) for name, it in found]
        return sorted(dumps, key=lambda one: one.age)

    def standing(self, key: str) -> DatabaseStanding:
        copy, before, served = self._names(key)
        with self._admin.long_session() as session:
            rows = session.execute(_FOUND, {"names": [self._own, copy, before]}).fetchall()
        found = {row["name"]: row for row in rows}
        made = found[copy]["id"] if copy in found else None
        whole = made is not None and found[copy]["mark"] == _WHOLE
        return DatabaseStanding(
            serving=found[self._own]["id"] if self._own in found else None,
            copy=made if whole else None,
            before=found[before]["id"] if before in found else None,
            copy_name=copy,
            before_name=before,
            served_name=served,
            unfinished=None if whole else made,
        )

    def restore_beside(self, backup: str, key: str) -> DatabaseStanding:
        now = self.standing(key)
        if now.copy is None:
            path = self._dump(backup)
            with self._admin.long_session() as session:
                # A try that was killed may have left a copy that is not complete, and a program that fills it still.
                drop(session, now.copy_name)
                create_like(session, self._own, now.copy_name)
            made = self.standing(key).unfinished
            failed = self._filled(path, now.copy_name)
            if self.standing(key).unfinished != made:
                # A process that was taken for dead must not touch what its successor makes.
                raise ConflictError(f"another run has made {now.copy_name!r} anew meanwhile; it is left to that run")
            with self._admin.long_session() as session:
                if failed:
                    drop(session, now.copy_name)
                    raise PermanentError(f"backup {path.name} cannot be restored: {failed}")
                take_settings(session, self._own, now.copy_name)
                session.execute(_MARK.format(sql.Identifier(now.copy_name), sql.Literal(_WHOLE)))
        return self.standing(key)

    def faults(self, key: str) -> Sequence[str]:
        """Read every row of every table, because a page that cannot be read shows only then."""
        copy = self._names(key)[0]
        with self._console(copy).long_session() as session, cancelled_when_halted(session):
            names = [(row["schema"], row["name"]) for row in session.execute(_TABLES).fetchall()]
            rows = {f"{schema}.{name}": _count(session, schema, name) for schema, name in names}
            invalid = [row["name"] for row in session.execute(_INVALID).fetchall()]
        few = [
            f"table {name} has {rows.get(_qualified(name), 0)} rows, and {least} is the least that `least_rows` says"
            for name, least in self._said.least_rows.items()
            if rows.get(_qualified(name), 0) < least
        ]
        return [*([] if rows else ["it has no table"]), *few, *(f"index {name} is not valid" for name in invalid)]

    def exchange(self, key: str) -> DatabaseStanding:
        now = self.standing(key)
        if now.before is not None:
            return now
        if now.copy is None:
            raise ConflictError(f"there is no complete database {now.copy_name!r} that could take over")
        self._renamed([(self._own, now.before_name), (now.copy_name, self._own)])
        return self.standing(key)

    def exchange_back(self, key: str) -> DatabaseStanding:
        now = self.standing(key)
        if now.before is None:
            return now
        given_way = [(self._own, now.served_name)] if now.serving is not None else []
        self._renamed([*given_way, (now.before_name, self._own)])
        return self.standing(key)

    def drop_copy(self, key: str) -> None:
        with self._admin.long_session() as session:
            drop(session, self._names(key)[0])

    def _names(self, key: str) -> tuple[str, str, str]:
        # The server cuts a name to so many bytes, not characters.
        stem = self._own.encode()[:_LONGEST_NAME].decode(errors="ignore")
        return f"{stem}_copy_{key}", f"{stem}_before_{key}", f"{stem}_served_{key}"

    def _console(self, database: str) -> PostgresConsole:
        place = make_conninfo(**{**self._place, "dbname": database})
        return PostgresConsole(place, patience=self._patience, upkeep=self._said.longest)

    def _dump(self, name: str) -> Path:
        if _DUMP.fullmatch(name) is None or not (path := self._folder / name).is_file():
            raise NotFoundError(f"there is no backup {name[:80]!r} in {str(self._folder)!r}")
        # A dump is SQL that runs with the rights of Grace's login.
        require_given(path, "backup")
        return path

    def _filled(self, path: Path, copy: str) -> str:
        """Run the program; return why it failed, or nothing."""
        own = self._said.program
        program = shutil.which("pg_restore", path=_PATH) if own is None else str(own)
        if program is None:
            raise PermanentError("there is no program `pg_restore` here; install PostgreSQL's client programs")
        place = {**self._place, "dbname": copy}
        password = place.pop("password", None)
        done = run(
            [program, "--exit-on-error", "--no-password", f"--dbname={make_conninfo(**place)}", str(path)],
            patience=self._said.longest,
            env={} if password is None else {"PGPASSWORD": password},
        )
        return "" if done.code == 0 else done.words

    def _renamed(self, names: Sequence[tuple[str, str]]) -> None:
        """Rename databases, all or none. Who is connected to one of them is parted from it, and connects again."""
        until = time.monotonic() + self._patience.total_seconds()
        while True:
            parted = self._parting([name for name, _ in names])
            with self._admin.long_session() as session, parted, suppress(psycopg.errors.ObjectInUse):
                self._rename(session, names)
                return
            if time.monotonic() > until:
                raise ConflictError(f"clients of {self._own!r} connect again and again; stop them, and try again")

    @staticmethod
    def _rename(session: psycopg.Connection[dict[str, Any]], names: Sequence[tuple[str, str]]) -> None:
        words = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        with session.transaction():
            for name, to in names:
                session.execute(words.format(sql.Identifier(name), sql.Identifier(to)))

    @contextmanager
    def _parting(self, names: Sequence[str]) -> Iterator[None]:
        """End sessions as long as the block lasts: a rename lets no new ones in, and waits for the others."""
        over = threading.Event()

        def part() -> None:
            # What the first round was allowed to do, this one is; where the server is gone, the rename says so.
            with suppress(GraceError), self._admin.long_session() as session:
                while not over.wait(_EVERY):
                    session.execute(_PART, {"names": list(names)})

        with self._admin.long_session() as session:
            session.execute(_PART, {"names": list(names)})
        helper = threading.Thread(target=part, name="part", daemon=True)
        helper.start()
        try:
            yield
        finally:
            over.set()
            helper.join()


def _count(session: psycopg.Connection[dict[str, Any]], schema: str, name: str) -> int:
    # To count alone, the server would not look into the rows.
    words = sql.SQL("SELECT count(*) AS rows, max(length((one.*)::text)) FROM {} AS one").format(
        sql.Identifier(schema, name)
    )
    return int(session.execute(words).fetchall()[0]["rows"])


def _qualified(name: str) -> str:
    return name if "." in name else f"public.{name}"
