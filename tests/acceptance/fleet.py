"""A whole node as a user runs it: `grace up` as a process, with its own data folder."""

import fcntl
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from grace_workers.adapters.embedded.place import free_port
from grace_workers.foundation.live_processes import live_processes
from tests.ownership import belongs
from tests.waiting import until

ROOT = Path(__file__).parents[2]
CLOCK_AHEAD = Path(__file__).with_name("clock_ahead.c")
READY_WITHIN = 60.0
STOPPED_WITHIN = 10.0
SMALLEST_PIPE = 4096


def clock_ahead(folder: Path) -> Path:
    """Build the library that makes a process see a clock an hour ahead while the file `CLOCK_AHEAD` exists."""
    if (compiler := shutil.which("cc")) is None:
        pytest.skip("no C compiler to build the library that shows a process another time (libfaketime breaks sleep)")
    library = folder / "clock_ahead.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-DAHEAD=3600", "-o", library, CLOCK_AHEAD], check=True)
    return library


class NodeProcess:
    """One `grace up`. `settings` are extra environment variables."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.data_dir = data_dir
        self.api_port = int(settings.get("GRACE_API__PORT") or free_port())
        self.flower_port = int(settings.get("GRACE_FLOWER__PORT") or free_port())
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GRACE_")},
            "GRACE_DATA_DIR": str(data_dir),
            "GRACE_API__PORT": str(self.api_port),
            "GRACE_FLOWER__PORT": str(self.flower_port),
            "PYTHONPATH": str(ROOT),
            **settings,
        }
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> "NodeProcess":
        """Start the process; `until_ready` waits for the fleet."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "grace_workers", *self.arguments()],
            cwd=self.data_dir.parent,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return self

    def unread(self) -> "NodeProcess":
        """Leave its output unread, in the smallest possible pipe, which its boot alone fills."""
        assert self.process is not None
        assert self.process.stdout is not None
        fcntl.fcntl(self.process.stdout, fcntl.F_SETPIPE_SZ, SMALLEST_PIPE)
        return self

    def arguments(self) -> list[str]:
        """The command and its arguments."""
        return ["up"]

    def until_ready(self, within: float = READY_WITHIN) -> "NodeProcess":
        """Wait until the node's boot is over: every required kernel passed its self-test."""
        until(self._is_up_or_ended, within=within, every=0.1)
        if self.process is None or self.process.poll() is not None:
            raise AssertionError(f"the node ended: {self.output()}")
        return self

    def said(self) -> dict[str, Any]:
        """Return what the node reports about itself; empty while only an earlier node has reported."""
        try:
            found: dict[str, Any] = json.loads((self.data_dir / "node.json").read_text())
        except FileNotFoundError:
            return {}
        return found if self.process and found["pid"] == self.process.pid else {}

    def children(self) -> dict[str, Any]:
        """What the node says about its processes."""
        found: dict[str, Any] = self.said().get("children", {})
        return found

    def pid_of(self, name: str) -> int:
        """The process id of one child, once it is ready."""
        until(lambda: self.children().get(name, {}).get("state") == "ready", within=30)
        return int(self.children()[name]["pid"])

    def processes(self) -> list[psutil.Process]:
        """Return every live process that belongs to this node, whatever its parent is."""
        found = []
        for process in live_processes():
            try:
                if belongs(process, self.data_dir):
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def get(self, path: str) -> tuple[int, str]:
        """Ask the API."""
        connection = http.client.HTTPConnection("127.0.0.1", self.api_port, timeout=5)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    @property
    def database_url(self) -> str:
        """The embedded database's address for its owner; the node itself uses a login that owns nothing."""
        known = json.loads((self.data_dir / "postgres" / "endpoint.json").read_text())
        return f"postgresql://grace:{known['password']}@127.0.0.1:{known['port']}/grace"

    @property
    def broker_url(self) -> str:
        """The embedded broker's address."""
        return str(json.loads((self.data_dir / "servers.json").read_text())["broker"])

    def interrupt(self) -> float:
        """Press Ctrl-C and wait for the end; return the seconds it took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(STOPPED_WITHIN + 5)
        return time.monotonic() - began

    def kill(self) -> None:
        """End the node as kill -9 does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def output(self) -> str:
        """Return its output, once it has ended."""
        assert self.process is not None
        assert self.process.stdout is not None
        return self.process.stdout.read()

    def close(self) -> None:
        """Leave nothing behind."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOPPED_WITHIN)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()

    def _is_up_or_ended(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            return True
        return self.said().get("health") in {"healthy", "degraded"}
