"""Stands that are more than the role itself, and shared parts of several drivers' stands."""

import json
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

from grace_workers.actions import (
    ErrorLog,
    FileTree,
    HttpProbe,
    Reloadable,
    Resizable,
    Roles,
    ServiceLimits,
    ServiceParts,
)
from grace_workers.entrypoints.capture.levels import LevelControl


@dataclass(frozen=True)
class Tree:
    """A file tree; `put` writes a file of some age in hours, `look` reads all files."""

    role: FileTree
    put: Callable[[str, bytes, int], None]
    look: Callable[[], Any]


@dataclass(frozen=True)
class Service:
    """An HTTP service; `answer` sets the status that it returns from now on, 0 for hanging up."""

    role: HttpProbe
    answer: Callable[[int], None]


@dataclass(frozen=True)
class Log:
    """An error log; `write` appends an error of that age."""

    role: ErrorLog
    write: Callable[[timedelta, str], None]


@dataclass(frozen=True)
class Reloading:
    """A running service that has read `first`; `write` writes its configuration, `read` returns what it has read."""

    role: Reloadable
    write: Callable[[str], object]
    read: Callable[[], str]
    stop: Callable[[], object]


@dataclass(frozen=True)
class Bounded:
    """A service whose limit `name` is 20 and may be 10 to 100; `unlimited` names one without a value, if it has one."""

    role: ServiceLimits
    name: str
    unlimited: str | None = None


@dataclass(frozen=True)
class Parts:
    """A service of several parts; `fail` lets one of them fail."""

    role: ServiceParts
    fail: Callable[[str], object]


@dataclass(frozen=True)
class Sized:
    """A service that has the smaller of its two declared sizes; `other` is a size that is not declared."""

    role: Resizable
    other: str


def folder_tree(role: FileTree, root: Path) -> Tree:
    """Return the stand of a tree whose files are in a folder of this machine."""

    def put(path: str, content: bytes, hours: int) -> None:
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        moment = datetime.now(UTC).timestamp() - hours * 3600
        os.utime(place, (moment, moment))

    def look() -> dict[str, bytes]:
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}

    return Tree(role, put, look)


def log_file(role: ErrorLog, path: Path) -> Log:
    """Return the stand of a log that is a file of this machine."""
    path.touch()

    def write(age: timedelta, words: str) -> None:
        with path.open("a") as stream:
            stream.write(json.dumps({"time": (datetime.now(UTC) - age).isoformat(), "level": "error", "msg": words}))
            stream.write("\n")

    return Log(role, write)


BODY = b'{"up": true}'
"""What the web server of the stand answers."""


@contextmanager
def web_server() -> Iterator[tuple[str, Callable[[int], None]]]:
    """Yield the address of a server, and a function that sets the status it returns."""
    answers = {"status": 200}

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not answers["status"]:
                self.close_connection = True
                return
            self.send_response(answers["status"])
            self.send_header("Content-Length", str(len(BODY)))
            self.end_headers()
            self.wfile.write(BODY)

        def log_message(self, *_words: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", lambda status: answers.update(status=status)
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@contextmanager
def listening_logger(control: Path) -> Iterator[str]:
    """Yield the name of a logger of level INFO in this process, which listens on the control file."""
    name = f"roles.{uuid4().hex}"
    logging.getLogger(name).setLevel(logging.INFO)
    listener = LevelControl(control, every=0.01).start()
    try:
        yield name
    finally:
        listener.stop()


@dataclass(frozen=True)
class CloudGroup:
    """A group of three machines in an emulated cloud, and what may happen to it.

    `shown_late` is for how many looks the cloud may still show what was before a restart.
    """

    api: Any
    roles: Roles
    refuse: Callable[[int, str], None]
    autoscale: Callable[[], object]
    delete: Callable[[], object]
    shown_late: int
