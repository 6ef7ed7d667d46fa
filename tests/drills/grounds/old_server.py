"""A PostgreSQL server of its own whose counter of transactions can be set far ahead, as after years of writing."""

import os
import subprocess

import psycopg

from grace_workers.adapters.embedded import EmbeddedPostgres
from grace_workers.adapters.embedded.identity import tenancy_for
from grace_workers.adapters.process.spawn import Command, shim
from tests.drills.stage import Stage
from tests.replicating import BINARIES

# The state of transactions is kept in files of this many, of two bits each.
_PER_FILE, _FILE = 1 << 20, 1 << 18
_SETTINGS = "autovacuum = off", "autovacuum_freeze_max_age = 2000000000"


class AgeingServer:
    """A server that freezes nothing by itself."""

    def __init__(self, stage: Stage) -> None:
        folder = stage.short_folder() / "postgres"
        self.server = EmbeddedPostgres(folder, durable=False)
        self._cluster = folder / "cluster"
        self.server.start()
        stage.stack.callback(self.server.stop)
        with psycopg.connect(self.server.url_of("postgres"), autocommit=True) as session:
            for one in _SETTINGS:
                session.execute(f"ALTER SYSTEM SET {one}".encode())
        self.server.stop()
        self.server.start()

    def age(self, files: int) -> None:
        """Let that many million transactions pass at once."""
        with psycopg.connect(self.server.url_of("postgres"), autocommit=True) as session:
            row = session.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()
        assert row is not None
        then = (row[0] // _PER_FILE + files) * _PER_FILE
        self.server.stop()
        owner = self._cluster.stat()
        state = self._cluster / "pg_xact" / f"{then // _PER_FILE:04X}"
        state.write_bytes(bytes(_FILE))
        os.chown(state, owner.st_uid, owner.st_gid)
        # The program refuses root, as the server does.
        tenancy = tenancy_for(self._cluster.parent, BINARIES / "postgres", BINARIES.parent / "share")
        argv = [str(BINARIES / "pg_resetwal"), f"--next-transaction-id={then}", str(self._cluster)]
        command = Command(argv=argv, identity=None if tenancy is None else tenancy.server)
        subprocess.run(shim(command), cwd=self._cluster, check=True, stdout=subprocess.DEVNULL)
        self.server.start()

    def freeze(self, *databases: str) -> None:
        """Freeze everything in these databases, as the superuser."""
        with psycopg.connect(self.server.url_of("postgres"), autocommit=True) as session:
            session.execute("ALTER DATABASE template0 WITH ALLOW_CONNECTIONS true")
        for name in databases:
            with psycopg.connect(self.server.url_of(name), autocommit=True) as session:
                session.execute("VACUUM (FREEZE)")

    def others(self, own: str) -> list[str]:
        """Return the databases of the server but one."""
        with psycopg.connect(self.server.url_of("postgres"), autocommit=True) as session:
            rows = session.execute("SELECT datname FROM pg_database WHERE datname <> %s", [own]).fetchall()
        return [name for (name,) in rows]
