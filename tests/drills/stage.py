"""`Stage`: where a drill is played. It gives real things of each technology, and ends all of them with the drill."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil

from grace_workers.actions import Restartable, World
from grace_workers.adapters.embedded import EmbeddedPostgres
from grace_workers.adapters.embedded.place import free_port
from grace_workers.foundation.ids import TargetName
from tests.drills.grounds.shop import PROGRAM
from tests.waiting import until


@dataclass
class Stage:
    """A folder, a shared PostgreSQL server, and what was started; `world` is there once the targets are opened.

    `prefix` begins the names of its targets where several stages share one line.
    """

    folder: Path
    postgres: EmbeddedPostgres
    stack: ExitStack
    prefix: str = ""
    world: World = field(init=False)

    def path(self, name: str, text: str | None = None) -> Path:
        """Return a path of the stage, with a file of that text if one is given."""
        found = self.folder / name
        found.parent.mkdir(parents=True, exist_ok=True)
        if text is not None:
            found.write_text(text, encoding="utf-8")
        return found

    def short_folder(self) -> Path:
        """Return a new folder whose path is short enough for a socket."""
        return Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="drill-", dir="/tmp")))

    def shop(self, name: str, **more: Any) -> "Shop":
        """Return a small HTTP service that is not started yet."""
        port, folder = free_port(), self.folder / name
        folder.mkdir()
        script = self.path(f"{name}.py", PROGRAM)
        return Shop(name, port, folder, (sys.executable, "-S", "-E", str(script), str(port), str(folder)), more)

    def start(self, *names: str) -> None:
        """Start services through their targets; they are stopped at the end."""
        for name in names:
            service = self.world.role(TargetName(f"{self.prefix}{name}"), Restartable)
            service.start()
            self.stack.callback(service.stop, timedelta(seconds=1))

    def stop(self, name: str) -> None:
        """Stop a service through its target."""
        self.world.role(TargetName(f"{self.prefix}{name}"), Restartable).stop(timedelta(seconds=1))

    def run(self, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a program beside the product; it is killed at the end."""
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.stack.callback(end, process)
        return process


@dataclass(frozen=True)
class Shop:
    """An HTTP service that does what the files of its folder say, such as `status`, `delay` and `leaks`."""

    name: str
    port: int
    folder: Path
    command: Sequence[str]
    more: Mapping[str, Any]

    def target(self, labels: Mapping[str, str] = {}, **connection: Any) -> dict[str, Any]:
        """Return the target of kind `process` that starts it."""
        said = {
            "command": list(self.command),
            "pid_file": str(self.folder / "pid"),
            "http": f"http://127.0.0.1:{self.port}",
            "ready": {"tcp": f"127.0.0.1:{self.port}"},
            **connection,
        }
        return {**self.declared("process", said, labels), **self.more}

    def declared(self, kind: str, said: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
        """Return a target of that kind with its name."""
        return {"name": self.name, "kind": kind, "owner": "internal", "connection": said, "labels": dict(labels)}

    def pid(self) -> int:
        """Return the pid that its pid file names."""
        return int((self.folder / "pid").read_text().splitlines()[0])

    def kill(self) -> None:
        """Kill it, and return once it has ended."""
        process = psutil.Process(self.pid())
        process.kill()
        until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE, within=20)

    def answer(self, patience: float = 1.0, path: str = "/") -> int:
        """Return the status with which it answers; 0 where it does not. `/report` takes twenty open files."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), patience) as line:
                line.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
                return int(line.recv(100).split()[1])
        except (OSError, IndexError):
            return 0

    def says(self, file: str, text: str) -> None:
        """Write one of the files that it obeys, in one step."""
        written = self.folder / f".{file}"
        written.write_text(text)
        written.rename(self.folder / file)

    def forgets(self, file: str) -> None:
        """Remove one of the files."""
        (self.folder / file).unlink(missing_ok=True)

    def until_answers(self, status: int = 200) -> None:
        """Wait until it answers so."""
        until(lambda: self.answer() == status, within=20)


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill it and collect it."""
    process.kill()
    process.wait(20)
