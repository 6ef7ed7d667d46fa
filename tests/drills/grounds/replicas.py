"""A replica of the shared PostgreSQL server that keeps its log, as a server of its own."""

import os
import re
import subprocess
from contextlib import suppress
from typing import Any

import psycopg

from grace_workers.adapters.embedded.identity import tenancy_for
from grace_workers.adapters.embedded.place import LOOPBACK, free_port
from grace_workers.adapters.process.spawn import Command, shim
from tests.drills.grounds.databases import Customer, ShopDatabase
from tests.drills.stage import Stage, end
from tests.replicating import BINARIES, replicating
from tests.waiting import until

# It waits for its readers for ever, as replicas for reports often do.
_OPTIONS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_standby_streaming_delay": "-1",
    "max_connections": "200",
    "shared_buffers": "16MB",
    "fsync": "off",
}


class ShopReplica:
    """A server that copies the one of `primary`, and never lets go of what its readers need."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.primary = ShopDatabase(stage, replicating())
        self._port = free_port()
        folder = stage.short_folder()
        tenancy = tenancy_for(folder, BINARIES / "postgres", BINARIES.parent / "share")
        self._identity = None if tenancy is None else tenancy.server
        self._cluster = folder / "cluster"
        self._cluster.mkdir(mode=0o700)
        if self._identity is not None and self._identity.owns_files:
            os.chown(self._cluster, self._identity.uid, self._identity.gid)
        self._copy()
        stage.stack.callback(end, self._serve())
        until(self._answers, within=30)

    def target(self, **labels: str) -> dict[str, Any]:
        """Return the target."""
        said = self.primary.target(**labels)
        return {**said, "connection": {"url": self._here(said["connection"]["url"])}}

    def report(self, statement: str) -> Customer:
        """Ask something of the replica."""
        return Customer(self.session(), statement)

    def session(self) -> psycopg.Connection[Any]:
        """Open a session of the application; it is closed at the end at the latest."""
        opened = psycopg.connect(self.primary.url, port=self._port, autocommit=True, application_name="shop")
        self._stage.stack.callback(opened.close)
        return opened

    def number(self, query: str) -> int:
        """Return one number, asked by the superuser."""
        url = replicating().url_of(self.primary.name)
        with psycopg.connect(url, port=self._port, autocommit=True) as session:
            row = session.execute(query.encode()).fetchone()
            assert row is not None
            return int(row[0])

    def _answers(self) -> bool:
        with suppress(psycopg.OperationalError):
            return self.number("SELECT 1") == 1
        return False

    def _copy(self) -> None:
        url = replicating().url_of("postgres")
        command = [str(BINARIES / "pg_basebackup"), "-D", str(self._cluster), "-R", "--checkpoint=fast", "-d", url]
        argv = shim(Command(argv=command, identity=self._identity))
        subprocess.run(argv, cwd=self._cluster, check=True, stdout=subprocess.DEVNULL)

    def _serve(self) -> subprocess.Popen[bytes]:
        options = [f"--{name}={value}" for name, value in (_OPTIONS | {"port": str(self._port)}).items()]
        command = [str(BINARIES / "postgres"), "-D", str(self._cluster), *options]
        argv = shim(Command(argv=command, identity=self._identity))
        return subprocess.Popen(argv, cwd=self._cluster, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _here(self, url: str) -> str:
        return re.sub(r"127\.0\.0\.1:[0-9]+", f"{LOOPBACK}:{self._port}", url)
