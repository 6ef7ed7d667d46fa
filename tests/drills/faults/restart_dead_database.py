"""A database server ends at once, as after a crash, and no one starts it."""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

from grace_workers.adapters.embedded import EmbeddedPostgres
from tests.drills.drill import Drill
from tests.waiting import until

ROOT = Path(__file__).parents[3]
# The server ends with the program that started it.
PROGRAM = """
import pathlib, signal, sys
sys.path.insert(0, sys.argv[2])
from grace_workers.adapters.embedded import EmbeddedPostgres
server = EmbeddedPostgres(pathlib.Path(sys.argv[1]), durable=False)
server.start()
signal.signal(signal.SIGTERM, lambda *_: (server.stop(), sys.exit(0)))
while True:
    signal.pause()
"""


class DeadDatabase(Drill):
    """The red herring is a server that takes no more sessions, which rejects clients just as one that starts does."""

    signal = "PostgresqlDown"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.sessions: list[psycopg.Connection] = []
        folder = self.stage.short_folder() / "postgres"
        made = EmbeddedPostgres(folder, durable=False)
        made.start()
        self.url = made.url_of("postgres")
        made.stop()
        self.pid_file = self.stage.folder / "server.pid"
        place = psycopg.conninfo.conninfo_to_dict(self.url)
        said = {
            "command": [sys.executable, str(self.stage.path("server.py", PROGRAM)), str(folder), str(ROOT)],
            "pid_file": str(self.pid_file),
            "log_file": str(self.stage.folder / "server.log"),
            "ready": {"tcp": f"{place['host']}:{place['port']}"},
            "start_timeout": 60,
        }
        server = {"name": "server", "kind": "process", "owner": "internal", "connection": said}
        subject = {"name": "subject", "kind": "postgres", "owner": "internal", "connection": {"url": self.url}}
        return [server, {**subject, "labels": {"service": "server"}}]

    def open(self) -> None:
        self.stage.start("server")
        until(self.well, within=20)

    def break_it(self) -> None:
        os.kill(int(self.pid_file.read_text().splitlines()[0]), signal.SIGKILL)
        until(lambda: not self.well(), within=20)

    def revert(self) -> None:
        self.stage.start("server")
        until(self.well, within=20)

    def well(self) -> bool:
        try:
            if self.sessions:
                return self.sessions[0].execute("SELECT 1").fetchone() == (1,)
            with psycopg.connect(self.url, connect_timeout=5) as session:
                return session.execute("SELECT 1").fetchone() == (1,)
        except psycopg.Error:
            return False

    def mislead(self) -> None:
        with suppress(psycopg.OperationalError):
            while True:
                self.sessions.append(psycopg.connect(self.url))

    def clear(self) -> None:
        while self.sessions:
            self.sessions.pop().close()


DRILL = DeadDatabase
