"""The program of a key-value server is killed."""

import os
import signal
import socket
from collections.abc import Mapping, Sequence
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from grace_workers.adapters.embedded.valkey import _program
from tests.drills.drill import Drill
from tests.waiting import until


class DeadCache(Drill):
    """The red herring is a server that takes no more clients."""

    signal = "RedisDown"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.port = taken.getsockname()[1]
        self.pid_file = self.stage.folder / "server.pid"
        options = {"port": self.port, "bind": "127.0.0.1", "appendonly": "no", "dir": self.stage.short_folder()}
        command = [str(_program()), *(str(word) for name, value in options.items() for word in (f"--{name}", value))]
        ready = {"tcp": f"127.0.0.1:{self.port}"}
        said = {"command": command, "pid_file": str(self.pid_file), "ready": ready}
        url = f"redis://127.0.0.1:{self.port}/0"
        return [
            {"name": "server", "kind": "process", "owner": "internal", "connection": said},
            {
                "name": "subject",
                "kind": "redis",
                "owner": "internal",
                "connection": {"url": url},
                "labels": {"service": "server"},
            },
        ]

    def open(self) -> None:
        self.stage.start("server")
        # One connection, so that it looks even where no other client is let in.
        self.client = Redis(
            port=self.port, socket_timeout=2, retry=Retry(NoBackoff(), 0), single_connection_client=True
        )
        self.stage.stack.callback(self.client.close)

    def break_it(self) -> None:
        os.kill(int(self.pid_file.read_text().splitlines()[0]), signal.SIGKILL)
        until(lambda: not self.well(), within=20)

    def revert(self) -> None:
        self.stage.start("server")

    def well(self) -> bool:
        try:
            return bool(self.client.ping())
        except RedisError:
            return False

    def mislead(self) -> None:
        self.client.config_set("maxclients", 1)

    def clear(self) -> None:
        self.client.config_set("maxclients", 1000)


DRILL = DeadCache
