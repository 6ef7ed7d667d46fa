"""The real API over a real PostgreSQL and Valkey, with two declared targets, for tests that need no worker."""

import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import psycopg
import uvicorn

from grace_workers.adapters.postgres.events import EventMover
from grace_workers.bootstrap.runtime import Runtime, open_runtime
from grace_workers.entrypoints.api.app import create_app
from grace_workers.entrypoints.api.server import served_as
from grace_workers.foundation.catalog import Catalog
from grace_workers.governance import Role
from grace_workers.orchestration import tokens
from grace_workers.orchestration.fleet.job_look import JobStacks
from grace_workers.settings import Settings
from grace_workers.signals import Source
from tests.waiting import until


@dataclass
class ApiWorld:
    """A client without a token, the runtime behind it, and a secret for each role."""

    client: httpx.Client
    url: str
    runtime: Runtime
    database: str
    secrets: dict[Role, str]

    def ask(self, method: str, path: str, role: Role | None = Role.ADMIN, **options: Any) -> Any:
        headers = dict(options.pop("headers", {}))
        if role is not None:
            headers["Authorization"] = f"Bearer {self.secrets[role]}"
        return self.client.request(method, path, headers=headers, **options)

    def get(self, path: str, role: Role | None = Role.VIEWER, **options: Any) -> Any:
        return self.ask("GET", path, role, **options)

    def post(self, path: str, json: Any = None, role: Role | None = Role.OPERATOR, **options: Any) -> Any:
        return self.ask("POST", path, role, json=json, **options)

    def send(self, path: str, content: bytes, role: Role | None = Role.OPERATOR, **headers: str) -> Any:
        return self.ask("POST", path, role, content=content, headers={"Content-Type": "application/json", **headers})

    def rows(self) -> dict[str, int]:
        """How many rows every table holds, which must not change when input is refused."""
        with psycopg.connect(self.database) as session:
            return {name: session.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in self._tables()}

    def _tables(self) -> list[str]:
        with psycopg.connect(self.database) as session:
            found = session.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
            return [row[0] for row in found]


@contextmanager
def served(runtime: Runtime, listening: socket.socket | None = None) -> Iterator[str]:
    """Serve the API of `runtime` on a free port, with the same server that a node uses, in a thread."""
    with listening or socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(runtime), **served_as(runtime.settings.api)))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            until(lambda: server.started, within=10)
            yield _url(listener)
        finally:
            server.should_exit = True
            thread.join(10)


def _url(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def _code(folder: Path) -> dict[str, Any]:
    connection = {"repository": str(folder / "code"), "python": sys.executable}
    return {"name": "shop-code", "kind": "git", "owner": "internal", "connection": connection}


def _secret(runtime: Runtime, role: Role) -> str:
    wanted = tokens.NewToken(name=f"a-{role}", role=role, rate_per_minute=100_000)
    return tokens.create(runtime.ledger, runtime.clock, wanted, by="test")[1]


@contextmanager
def api_world(
    database: str,
    broker: str,
    folder: Path,
    *,
    sources: Sequence[Source] = (),
    playbooks: Sequence[Path] = (),
    people: Mapping[str, Any] | None = None,
    sign_in: Callable[[str], Mapping[str, Any]] | None = None,
    stacks: JobStacks | None = None,
    **api: Any,
) -> Iterator[ApiWorld]:
    """Serve a world. `sources` and folders of `playbooks` are added to the shipped ones; `people` are told.

    `sign_in` gives the settings of an identity provider for the address of the API. `stacks` answers for workers.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    settings = Settings(
        data_dir=folder,
        instance="test-node",
        database={"url": database},
        broker={"url": broker},
        api=api,
        playbooks=playbooks,
        targets=[_process("shop-web", "internal", folder), _process("partner", "external", folder), _code(folder)],
        people=people or {},
        sign_in=sign_in(_url(listener)) if sign_in else {},
        model={"url": "http://127.0.0.1:9/v1", "name": "small"},
        heartbeats=[{"name": "backup", "target": "shop-web", "every": 3600}],
    )
    with ExitStack() as stack:
        runtime = open_runtime(settings)
        stack.callback(runtime.close)
        taken = {one.name: one for one in (*runtime.catalogs.sources, *sources)}
        runtime = replace(runtime, catalogs=replace(runtime.catalogs, sources=Catalog("source", taken)))
        runtime = replace(runtime, stacks=stacks or runtime.stacks)
        secrets = {role: _secret(runtime, role) for role in Role}
        url = stack.enter_context(served(runtime, listener))
        client = stack.enter_context(httpx.Client(base_url=url, timeout=20))
        yield ApiWorld(client, url, runtime, database, secrets)


@contextmanager
def moving_world(database: str, broker: str, folder: Path) -> Iterator[ApiWorld]:
    """Serve a world in which events move to their topics, as in a fleet with a leader."""
    with api_world(database, broker, folder) as found:
        stop = threading.Event()
        mover = threading.Thread(target=EventMover(found.runtime.engine).run, args=(stop,))
        mover.start()
        yield found
        stop.set()
        mover.join()


def _process(name: str, owner: str, folder: Path) -> dict[str, Any]:
    connection = {"command": ["sleep", "60"], "pid_file": str(folder / f"{name}.pid"), "cwd": str(folder)}
    return {"name": name, "kind": "process", "owner": owner, "connection": connection}
