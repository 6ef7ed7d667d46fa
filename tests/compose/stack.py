"""The stack of compose.yaml on that engine: bringing it up, inspecting it, killing parts of it."""

import http.client
import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.compose.engine import BASE_IMAGE, MONITOR_IMAGE, SERVERS_IMAGE
from tests.compose.ground import Ground, run
from tests.waiting import until

PORT = 8642
FLOWER_PORT = 5555
PROMETHEUS_PORT = 9090
SLEEPERS = """
import json, sys
from grace_workers.bootstrap.client import client_ledger
from grace_workers.orchestration.job import JobRequest, Pool
from grace_workers.settings import database_of, load_settings
ledger = client_ledger(database_of(load_settings()).get_secret_value())
wanted = [JobRequest(name="system.sleep", pool=Pool(sys.argv[1]), payload={"seconds": float(sys.argv[3])})
          for _ in range(int(sys.argv[2]))]
with ledger.transaction() as tx:
    jobs = tx.jobs.submit(wanted)
print(json.dumps([str(job.id) for job in jobs]))
"""


@dataclass(frozen=True)
class Answer:
    """The result of an HTTP request; `status` 0 means that there was no answer."""

    status: int
    body: Any


class Stack:
    """One compose project."""

    def __init__(self, ground: Ground, address: str) -> None:
        self._ground = ground
        self._secrets = ground.folder / "secrets"
        self._environment = os.environ | {
            "DOCKER_HOST": address,
            "COMPOSE_PROJECT_NAME": "grace",
            "GRACE_SECRETS": str(self._secrets),
            "GRACE_BASE_IMAGE": BASE_IMAGE,
            "GRACE_POSTGRES_IMAGE": SERVERS_IMAGE,
            "GRACE_REDIS_IMAGE": SERVERS_IMAGE,
            "GRACE_PROXY_IMAGE": SERVERS_IMAGE,
            "GRACE_PROMETHEUS_IMAGE": MONITOR_IMAGE,
            "GRACE_BUILD_NETWORK": "none",
            "GRACE_PIP_OPTIONS": "--no-index --find-links=/src/docker/wheels",
        }
        run("sh", str(ground.source / "docker" / "make-secrets.sh"), str(self._secrets))

    @property
    def address(self) -> str:
        """Where the engine listens."""
        return self._environment["DOCKER_HOST"]

    def secret(self, name: str) -> str:
        """One of the secrets."""
        return (self._secrets / name).read_text().strip()

    def compose(self, *argv: str) -> str:
        """Run `docker compose`."""
        return run(str(self._ground.compose), *argv, cwd=self._ground.source, env=self._environment)

    def docker(self, *argv: str) -> str:
        """Run `docker`."""
        return run("docker", *argv, env=self._environment)

    def containers(self, service: str) -> Sequence[str]:
        """The ids of a service's containers, stopped ones included."""
        return self.compose("ps", "--all", "--quiet", service).split()

    def inspect(self, container: str) -> Mapping[str, Any]:
        """Return what the engine knows about a container."""
        found: list[Mapping[str, Any]] = json.loads(self.docker("inspect", container))
        return found[0]

    def name_of(self, container: str) -> str:
        """The container's host name, which is its node's name."""
        return str(self.inspect(container)["Config"]["Hostname"])

    def is_healthy(self, container: str) -> bool:
        """Whether its health check passes."""
        state = self.inspect(container)["State"]
        return bool(state["Running"]) and state.get("Health", {}).get("Status") == "healthy"

    def kill(self, container: str) -> None:
        """Kill a container's first process from outside, as a crash does; `docker kill` would prevent the restart."""
        os.kill(self.inspect(container)["State"]["Pid"], signal.SIGKILL)

    def inside(self, container: str, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run a program in a container."""
        return subprocess.run(
            ["docker", "exec", container, *argv], env=self._environment, capture_output=True, text=True, check=False
        )

    def sql(self, query: str) -> list[list[str]]:
        """Ask the fleet's database."""
        argv = ("psql", "-h", "127.0.0.1", "-U", "grace", "-d", "grace", "-qtA", "-F", "\t", "-c", query)
        password = ("env", f"PGPASSWORD={self.secret('database_password')}")
        done = self.inside(self.containers("postgres")[0], *password, *argv)
        if done.returncode:
            raise AssertionError(f"the database refused {query!r}: {done.stderr}")
        return [line.split("\t") for line in done.stdout.splitlines() if line]

    def submit_sleepers(self, pool: str, count: int, seconds: float) -> list[str]:
        """Submit jobs that hold a slot for a while; the API does not offer these to outsiders."""
        container = self.containers("control")[0]
        done = self.inside(container, "python", "-c", SLEEPERS, pool, str(count), str(seconds))
        if done.returncode:
            raise AssertionError(f"cannot submit: {done.stderr}")
        found: list[str] = json.loads(done.stdout.splitlines()[-1])
        return found

    def jobs(self, ids: Sequence[str]) -> list[dict[str, str]]:
        """State, owner and attempt of each job."""
        wanted = ",".join(f"'{one}'" for one in ids)
        rows = self.sql(f"SELECT id, state, coalesce(owner, ''), attempt FROM jobs WHERE id IN ({wanted})")
        return [dict(zip(("id", "state", "owner", "attempt"), row, strict=True)) for row in rows]

    def until_succeeded(self, ids: Sequence[str], *, within: float) -> list[dict[str, str]]:
        """Wait until all of these jobs have succeeded, and return them."""

        def done() -> list[dict[str, str]] | None:
            found = self.jobs(ids)
            return found if len(found) == len(ids) and all(one["state"] == "succeeded" for one in found) else None

        return until(done, within=within, every=0.25)  # type: ignore[return-value]

    def ask(
        self, method: str, path: str, *, body: Any = None, headers: Mapping[str, str] | None = None, port: int = PORT
    ) -> Answer:
        """Send one request to the proxy, once, with the admin token."""
        given = {"Authorization": f"Bearer {self.secret('admin_token')}"} | dict(headers or {})
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            data = None if body is None else json.dumps(body)
            connection.request(method, path, body=data, headers=given | {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            return Answer(0, repr(error))
        finally:
            connection.close()
        return Answer(answer.status, json.loads(text) if "json" in (answer.headers.get_content_type()) else text)


def logs(stack: Stack, folder: Path) -> None:
    """Keep the output of every container, for the time after a failure."""
    (folder / "stack.log").write_text(stack.compose("logs", "--no-color", "--timestamps"))
