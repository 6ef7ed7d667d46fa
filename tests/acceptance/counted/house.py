"""A node with counted targets: submit work, kill its processes, and check the promises at the end."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import psutil
import psycopg

from grace_workers.adapters.celery import BrokerConfig, build_monitor_app, worker_command
from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.orchestration.job import Pool
from grace_workers.orchestration.work.requests import heal
from grace_workers.orchestration.work.wishes import HealTask
from tests.acceptance.counted.scene import Scene
from tests.acceptance.fleet import ROOT, NodeProcess
from tests.waiting import until

# A node boots in about ten seconds, or longer on a busy machine.
BOOTED_WITHIN = 100.0
RESTING = ("closed", "escalated", "refused")
OWN = "'grace.%%'"
OTHER_JOBS = f"""j.name NOT LIKE 'cycle.%%' AND NOT EXISTS (
    SELECT FROM incidents i WHERE i.id::text = j.payload->>'incident' AND i.target LIKE {OWN})"""


@dataclass
class House:
    """One node, its scene, and what was submitted: delivery key or task id to target."""

    node: NodeProcess
    scene: Scene

    @property
    def url(self) -> str:
        """Where the API answers."""
        return f"http://127.0.0.1:{self.node.api_port}"

    @property
    def token(self) -> str:
        """The secret of this machine's command line."""
        return (self.node.data_dir / "cli-token").read_text().strip()

    def post(self, path: str, body: Any, **headers: str) -> dict[str, Any]:
        """Post to the API once. Raises OSError or HTTPException when it does not answer with 2xx."""
        said = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **headers}
        connection = http.client.HTTPConnection("127.0.0.1", self.node.api_port, timeout=5)
        try:
            connection.request("POST", path, json.dumps(body), said)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status != http.HTTPStatus.ACCEPTED:
            raise ConnectionError(f"{answer.status}: {content[:300]!r}")
        found: dict[str, Any] = json.loads(content)
        return found

    def insist(self, path: str, body: Any, *, within: float = 40.0, **headers: str) -> dict[str, Any]:
        """Post until it is accepted, as a sender does that gets no answer."""
        deadline = time.monotonic() + within
        while True:
            try:
                return self.post(path, body, **headers)
            except (OSError, http.client.HTTPException):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def break_down(self, service: str, key: str | None = None) -> None:
        """Tell the fleet, until it accepts that, that a service which does not run is down."""
        signal_key = key or uuid4().hex
        self.insist("/api/v1/signals", {"name": "ProbeFailed", "target": service, "key": signal_key})

    def ask_for(self, target: str, playbook: str = "append", *, key: str | None = None, **params: str) -> str:
        """Request a playbook on a target, until the fleet accepts; return the task."""
        order = {"target": target, "playbook": playbook, "reason": f"{playbook} wanted", "params": params}
        headers = {"Idempotency-Key": key or uuid4().hex}
        return str(self.insist("/elite/healing/task", order, **headers)["id"])

    def ask_silently(self, targets: Sequence[str]) -> None:
        """Request `append` on all of them in one transaction of our own; only the relay rings for these."""
        engine = make_engine(self.node.database_url, application="test-client", pool_size=2)
        with PostgresLedger(engine).transaction() as transaction:
            for target in targets:
                heal(transaction, HealTask(target=target, reason="append wanted", playbook="append"), by="test")
        engine.dispose()

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Query the database, which may just be restarting."""
        with until(self._session, within=30, every=0.1) as session:
            return session.execute(query, values).fetchall()

    def _session(self) -> psycopg.Connection | None:
        try:
            return psycopg.connect(self.node.database_url)
        except psycopg.OperationalError:
            return None

    def state_of(self, target: str) -> str | None:
        """Return the state of the target's newest incident."""
        found = self.rows("SELECT state FROM incidents WHERE target = %s ORDER BY id DESC LIMIT 1", target)
        return str(found[0][0]) if found else None

    def endings(self, targets: Sequence[str]) -> Counter[str]:
        """Return how the incidents of these targets ended, or their current state."""
        query = "SELECT coalesce(dossier->>'closing', state) FROM incidents WHERE target = ANY(%s)"
        return Counter(str(row[0]) for row in self.rows(query, list(targets)))

    def until_at_rest(self, targets: Sequence[str], *, within: float) -> None:
        """Wait until every target has an incident and all of them rest."""

        def at_rest() -> bool:
            query = "SELECT target, bool_and(state = ANY(%s)) FROM incidents WHERE target = ANY(%s) GROUP BY target"
            found = dict(self.rows(query, list(RESTING), list(targets)))
            return set(found) == set(targets) and all(found.values())

        try:
            until(at_rest, within=within, every=0.05)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.story(targets)}") from error

    def story(self, targets: Sequence[str]) -> str:
        """Return what the timelines and the ledger say about these targets, for a failed test."""
        incidents = self.rows(
            "SELECT i.target, e.at::time(3), e.stage, e.state, e.headline FROM incident_events e"
            " JOIN incidents i ON i.id = e.incident WHERE i.target = ANY(%s)"
            " AND (i.dossier->>'closing') IS DISTINCT FROM 'healed' ORDER BY e.id",
            list(targets),
        )
        jobs = self.rows(
            "SELECT name, pool, state, attempt, owner, due_at::time(3), ring_at::time(3), waiting_slot, error FROM jobs"
            " WHERE state NOT IN ('succeeded') AND name NOT LIKE 'cycle.%%'"
        )
        missing = set(targets) - {row[0] for row in self.rows("SELECT target FROM incidents")}
        lines = [*map(str, incidents), "jobs:", *map(str, jobs), f"without incident: {sorted(missing)}"]
        return "\n".join([*lines, str(self.node.children())])

    def log(self, child: str) -> bytes:
        """Return a child's log."""
        return (self.node.data_dir / "log" / f"{child}.log").read_bytes()

    def pid(self, child: str) -> int:
        """The process id of a child that is ready."""
        return self.node.pid_of(child)

    def kill(self, child: str, *, pid: int | None = None) -> None:
        """End a child process as kill -9 does."""
        os.kill(pid or self.pid(child), signal.SIGKILL)

    def until_back(self, child: str, gone: int, *, within: float = 30.0) -> None:
        """Wait until a killed child is ready again, as another process."""

        def back() -> bool:
            now = self.node.children().get(child, {})
            return now.get("state") == "ready" and now.get("pid") != gone

        until(back, within=within)

    @contextmanager
    def frozen(self, pid: int, *, watched: bool = False) -> Iterator[None]:
        """Stop a process and all its children for a while, without ending them.

        Unless `watched`, the node's own process stops with them, because it would replace them.
        """
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        if not watched:
            family.insert(0, psutil.Process(self.node.process.pid))
        for one in family:
            # A session of a server may end at any moment.
            with suppress(psutil.NoSuchProcess):
                one.suspend()
        try:
            yield
        finally:
            for one in family:
                # Its node may have judged it hung and replaced it.
                with suppress(psutil.NoSuchProcess):
                    one.resume()

    @contextmanager
    def heir(self) -> Iterator[psutil.Process]:
        """Run a second healing worker beside the node's own; it is frozen once it is ready, until the test wakes it."""
        environment = {
            **self.node.environment,
            "GRACE_DATABASE__URL": self.node.database_url,
            "GRACE_BROKER__URL": self.node.broker_url,
        }
        monitor = build_monitor_app(BrokerConfig(url=self.node.broker_url, events=False))
        command = worker_command(Pool.HEALING, 8, instance="heir")
        with (
            (self.node.data_dir / "log" / "heir.log").open("wb") as log,
            subprocess.Popen(command, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL) as worker,
            monitor,
        ):
            process = psutil.Process(worker.pid)
            try:
                until(lambda: monitor.control.ping(destination=["healing@heir"], timeout=1, limit=1), within=30)
                process.suspend()
                yield process
            finally:
                worker.kill()

    def start_again(self) -> None:
        """Restart the whole node on the same data, once nothing of the old one is left."""
        until(lambda: self.node.processes() == [], within=20)
        self.node.close()
        self.node.start().until_ready(within=BOOTED_WITHIN)

    def assert_sound(self) -> None:
        """Check that nothing is in progress, nothing is held, and the audit log verifies.

        A process that is killed repeatedly is an incident of the fleet's own, which continues while the next
        test begins.
        """
        until(lambda: not self.open_jobs(), within=20, every=0.1)
        assert self.rows(f"SELECT target FROM run_holds WHERE target NOT LIKE {OWN}") == []
        assert self.rows(f"SELECT s.job_id FROM slots s JOIN jobs j ON j.id = s.job_id WHERE {OTHER_JOBS}") == []
        unfinished = f"SELECT state FROM incidents WHERE NOT state = ANY(%s) AND target NOT LIKE {OWN}"
        assert self.rows(unfinished, list(RESTING)) == []
        assert self.rows(f"SELECT step FROM steps WHERE state = 'intended' AND target NOT LIKE {OWN}") == []
        verdict = self.grace("audit", "verify")
        assert verdict.returncode == 0, verdict.stdout + verdict.stderr

    def open_jobs(self) -> list[tuple[Any, ...]]:
        """Return jobs that are due and have not ended, except scheduled ones, of which there is always one."""
        return self.rows(
            "SELECT name, pool, state, attempt, owner, error FROM jobs j"
            f" WHERE (state IN ('running', 'dead') OR state = 'queued' AND due_at <= now()) AND {OTHER_JOBS}"
        )

    def grace(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run the command line as a user of this node does."""
        return subprocess.run(
            [sys.executable, "-m", "grace_workers", *arguments],
            cwd=self.node.data_dir.parent,
            env=self.node.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def node_settings(scene: Scene) -> dict[str, str]:
    """Return the environment of a node that knows the scene's targets and counting primitives."""
    return {
        "GRACE_CONFIG": str(scene.config),
        "GRACE_FLOWER__ENABLED": "false",
        "GRACE_INSTANCE": "counted",
        "PYTHONPATH": f"{ROOT}{os.pathsep}{scene.site}",
    }


@contextmanager
def open_house(make: Callable[..., NodeProcess], scene: Scene, **settings: str) -> Iterator[House]:
    """Start a node with this scene, and end what it started."""
    scene.build()
    node = make(**node_settings(scene), **settings)
    try:
        yield House(node.start().until_ready(within=BOOTED_WITHIN), scene)
    finally:
        # The node first, because it would restart the watched service.
        node.close()
        scene.stop()
