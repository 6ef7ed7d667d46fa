"""A server of our own that speaks the part of the Docker Engine API that the drivers use.

It follows the published API (https://docs.docker.com/reference/api/engine/) and keeps containers as a state machine
without processes, so what is shown is that the drivers speak the API. `make compose-test` drives a real engine.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

ENGINE = "7f0c3b0e-0000-4000-8000-000000000001"
VERSION = {"Version": "28.0", "ApiVersion": "1.48", "MinAPIVersion": "1.24", "Os": "linux", "Arch": "amd64"}
TOP = ["PID", "USER", "RSS", "%CPU", "NLWP", "ELAPSED", "COMMAND"]
PROCESSES = [
    ["101", "root", "2048", "0.1", "1", "60", "sh"],
    ["102", "shop", "65536", "12.5", "8", "59", "shop server"],
]
LABELS = {
    "com.docker.compose.project": "shop",
    "com.docker.compose.service": "worker",
    "com.docker.compose.oneoff": "False",
}
_MINIMAL_MEMORY = 6 << 20


@dataclass
class FakeContainer:
    """One container."""

    name: str
    config: dict[str, Any] = field(default_factory=dict)
    host: dict[str, Any] = field(default_factory=dict)
    networks: dict[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: uuid4().hex * 2)
    status: str = "created"
    started: str = "0001-01-01T00:00:00Z"
    finished: str = "0001-01-01T00:00:00Z"
    restarts: int = 0
    code: int = 0
    health: str | None = None
    log: list[tuple[datetime, str]] = field(default_factory=list)
    signals: list[str] = field(default_factory=list)
    ends_on: set[str] = field(default_factory=set)
    fails: bool = False
    health_after_start: str | None = None
    created: int = field(default_factory=count(1_790_000_000).__next__)

    def start(self) -> None:
        """Start it, or let it end at once if it fails."""
        self.status, self.started = ("exited", _stamp()) if self.fails else ("running", _stamp())
        self.code = 3 if self.fails else 0
        self.health = self.health_after_start

    def listed(self) -> dict[str, Any]:
        """Return what a list shows."""
        labels = self.config.get("Labels") or {}
        return {"Id": self.id, "Names": [f"/{self.name}"], "Labels": labels, "Created": self.created}

    def told(self) -> dict[str, Any]:
        """Return what `inspect` shows."""
        state = {"Status": self.status, "Running": self.status in {"running", "paused"}, "ExitCode": self.code}
        state |= {"Paused": self.status == "paused", "Restarting": False, "StartedAt": self.started}
        state |= {"FinishedAt": self.finished}
        if self.health is not None:
            state["Health"] = {"Status": self.health}
        return {
            "Id": self.id,
            "Name": f"/{self.name}",
            "Image": "sha256:" + "0" * 64,
            "State": state,
            "RestartCount": self.restarts,
            "Config": {"Hostname": self.id[:12], "Tty": False, **self.config},
            "HostConfig": {"Memory": 0, "MemorySwap": 0, "PidsLimit": None, "NanoCpus": 0, **self.host},
            "NetworkSettings": {"Networks": self.networks},
        }


class FakeEngine:
    """All containers of one engine. `refuse` is the status that every request of a container gets, if set."""

    def __init__(self) -> None:
        self.url = ""
        self.containers: dict[str, FakeContainer] = {}
        self.refuse = 0
        self.asked: list[str] = []

    def add(self, name: str, **more: Any) -> FakeContainer:
        """Make a container."""
        made = FakeContainer(name, **more)
        self.containers[made.id] = made
        return made

    def parts(self) -> dict[str, str]:
        """Return which start each container of the service `worker` is in, by name."""
        return {one.name: one.started for one in self.containers.values() if one.name.startswith("shop-worker-")}

    def find(self, name: str) -> FakeContainer | None:
        """Return a container by id or name."""
        return self.containers.get(name) or next((one for one in self.containers.values() if one.name == name), None)

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> tuple[int, Any]:
        """Return the status and the body of the answer to a request."""
        self.asked.append(f"{method} {path}")
        if path == "/version":
            return 200, VERSION
        if self.refuse:
            return self.refuse, {"message": "no, because"}
        if path == "/info":
            return 200, {"ID": ENGINE}
        if path == "/containers/json":
            return 200, [one.listed() for one in self.containers.values() if _matches(one, query)]
        if path == "/containers/create":
            return self._create(query["name"], body)
        return self._of_one(method, path, query, body)

    def _of_one(self, method: str, path: str, query: Mapping[str, str], body: Any) -> tuple[int, Any]:
        if (network := re.fullmatch(r"/networks/([^/]+)/connect", path)) is not None:
            self.containers[body["Container"]].networks[network[1]] = body["EndpointConfig"]
            return 200, None
        name, _, verb = path.removeprefix("/containers/").partition("/")
        found = self.find(name)
        if found is None:
            return 404, {"message": f"No such container: {name}"}
        act = _ACTS.get((method, verb))
        if act is None:
            return 501, {"message": f"{method} {path} is not there"}
        return act(self, found, query, body)

    def _create(self, name: str, body: Any) -> tuple[int, Any]:
        if self.find(name) is not None:
            return 409, {"message": f"the container name {name!r} is already in use"}
        config = {key: value for key, value in body.items() if key not in {"HostConfig", "NetworkingConfig"}}
        networks = (body.get("NetworkingConfig") or {}).get("EndpointsConfig") or {}
        made = self.add(name, config=config, host=body.get("HostConfig") or {}, networks=dict(networks))
        made.fails = "fails" in (config.get("Labels") or {})
        return 201, {"Id": made.id, "Warnings": []}


def _start(_: FakeEngine, one: FakeContainer, _query: Any, _body: Any) -> tuple[int, Any]:
    if one.status == "running":
        return 304, None
    if "port" in one.config:
        return 500, {"message": "port is already allocated"}
    one.start()
    return 204, None


def _stop(_: FakeEngine, one: FakeContainer, _query: Any, _body: Any) -> tuple[int, Any]:
    if one.status not in {"running", "paused"}:
        return 304, None
    one.status, one.code = "exited", 143
    return 204, None


def _restart(_: FakeEngine, one: FakeContainer, _query: Any, _body: Any) -> tuple[int, Any]:
    one.start()
    return 204, None


def _kill(_: FakeEngine, one: FakeContainer, query: Mapping[str, str], _body: Any) -> tuple[int, Any]:
    if one.status != "running":
        return 409, {"message": f"container {one.id} is not running"}
    one.signals.append(query["signal"])
    if query["signal"] in one.ends_on:
        one.status, one.code = "exited", 129
    return 204, None


def _unpause(_: FakeEngine, one: FakeContainer, _query: Any, _body: Any) -> tuple[int, Any]:
    one.status = "running"
    return 204, None


def _top(_: FakeEngine, one: FakeContainer, query: Mapping[str, str], _body: Any) -> tuple[int, Any]:
    if one.status != "running":
        return 409, {"message": f"container {one.id} is not running"}
    assert query["ps_args"] == "-eo pid,user,rss,pcpu,nlwp,etimes,comm"
    return 200, {"Titles": TOP, "Processes": PROCESSES}


def _update(_: FakeEngine, one: FakeContainer, _query: Any, body: Mapping[str, int]) -> tuple[int, Any]:
    memory, both = body.get("Memory", 0), body.get("MemorySwap", 0)
    if memory and memory < _MINIMAL_MEMORY:
        return 400, {"message": "Minimum memory limit allowed is 6MB"}
    if memory > 0 and both >= 0 and memory > max(both, one.host.get("MemorySwap", 0)):
        return 400, {"message": "Memory limit should be smaller than already set memoryswap limit"}
    # A real engine takes 0 for "as it is".
    one.host.update({key: value for key, value in body.items() if value})
    return 200, {"Warnings": None}


def _logs(_: FakeEngine, one: FakeContainer, query: Mapping[str, str], _body: Any) -> tuple[int, Any]:
    # A real engine answers one that follows a log for as long as the container runs.
    if query.get("follow", "0") not in {"0", "false", "False"}:
        return 400, {"message": "this log would never end"}
    since = float(query.get("since", "0"))
    lines = [f"{_stamp(at)} {line}\n".encode() for at, line in one.log if at.timestamp() >= since]
    frames = [bytes([2, 0, 0, 0]) + len(line).to_bytes(4, "big") + line for line in lines[-int(query["tail"]) :]]
    return 200, b"".join(frames)


def _remove(engine: FakeEngine, one: FakeContainer, query: Mapping[str, str], _body: Any) -> tuple[int, Any]:
    if one.status == "running" and query.get("force", "").lower() != "true":
        return 409, {"message": "cannot remove a running container"}
    del engine.containers[one.id]
    return 204, None


_ACTS: Mapping[tuple[str, str], Callable[[FakeEngine, FakeContainer, Any, Any], tuple[int, Any]]] = {
    ("GET", "json"): lambda _engine, one, _query, _body: (200, one.told()),
    ("POST", "start"): _start,
    ("POST", "stop"): _stop,
    ("POST", "restart"): _restart,
    ("POST", "kill"): _kill,
    ("POST", "unpause"): _unpause,
    ("POST", "update"): _update,
    ("GET", "top"): _top,
    ("GET", "logs"): _logs,
    ("DELETE", ""): _remove,
}


@contextmanager
def fake_engine() -> Iterator[FakeEngine]:
    """Serve an engine without containers; skip the test where the client is not installed."""
    pytest.importorskip("docker", reason="the extra `docker` is not installed")
    engine = FakeEngine()

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body are two writes, and the second must not wait until the first is acknowledged.
        disable_nagle_algorithm = True

        def _do(self) -> None:
            asked = urlsplit(self.path)
            query = {key: values[-1] for key, values in parse_qs(asked.query).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = re.sub(r"^/v\d+\.\d+", "", asked.path)
            status, answer = engine.answer(self.command, path, query, json.loads(body) if body else None)
            raw = answer if isinstance(answer, bytes) else b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = do_DELETE = _do  # noqa: N815 - the names that the server looks for

        def log_message(self, *_words: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
    thread.start()
    engine.url = f"tcp://127.0.0.1:{server.server_address[1]}"
    try:
        yield engine
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@contextmanager
def compose_service() -> Iterator[tuple[FakeEngine, dict[str, Any]]]:
    """Serve a compose service of three containers beside two others; yield the connection of a target too."""
    with fake_engine() as engine:
        for number in (1, 2, 3):
            config = {"Labels": LABELS | {"com.docker.compose.container-number": str(number)}, "Env": ["A=1"]}
            names = {"Aliases": [f"shop-worker-{number}", "worker"]}
            made = engine.add(f"shop-worker-{number}", config=config, networks={"shop_default": names, "back": names})
            made.host["Binds"] = ["data:/data"]
            made.start()
        engine.add("shop-web-1", config={"Labels": LABELS | {"com.docker.compose.service": "web"}}).start()
        engine.add("shop-worker-run-7", config={"Labels": LABELS | {"com.docker.compose.oneoff": "True"}}).start()
        said = {"engine": engine.url, "project": "shop", "service": "worker", "scale": {"lowest": 1, "highest": 5}}
        yield engine, said


def _matches(one: FakeContainer, query: Mapping[str, str]) -> bool:
    wanted = json.loads(query.get("filters", "{}")).get("label", [])
    labels = one.config.get("Labels") or {}
    pairs = [label.partition("=") for label in wanted]
    return all(labels.get(name) == value if equals else name in labels for name, equals, value in pairs)


def _stamp(at: datetime | None = None) -> str:
    return f"{(at or datetime.now(UTC)).astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}123Z"


def ago(age: timedelta) -> datetime:
    """Return the moment that long ago."""
    return datetime.now(UTC) - age
