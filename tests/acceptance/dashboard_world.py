"""A world for the dashboard: the real API, and the line over real processes, whose jobs are run here one by one."""

import os
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
from psycopg.types.json import Jsonb

from grace_workers.adapters.postgres.audit import Sealer
from grace_workers.adapters.postgres.events import EventMover
from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.bootstrap.archive import anchors, audit_keys
from grace_workers.entrypoints.tasks.catalog import job_functions
from grace_workers.entrypoints.tasks.edge import Ring, attend
from grace_workers.foundation.ids import InstanceName
from grace_workers.governance import Role
from grace_workers.orchestration import tokens
from grace_workers.orchestration.fleet.job_look import StackFrame, StackTaken
from grace_workers.orchestration.job import Claim, Job, JobRequest, JobState, Pool
from tests.acceptance.api_world import ApiWorld, api_world

SIGNALS = "/api/v1/signals"
SIGN_IN = "/dashboard/sign-in"
HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">\u202e\x1b[2J"

_PATCH = """--- a/shop/orders.py
+++ b/shop/orders.py
@@ -1,2 +1,2 @@
 def total(a, b):
-    return a - b
+    return a + b  # <script>
"""
_PATCHED = {
    "task": "fix_bug",
    "target": "shop-code",
    "mode": "sandbox",
    "sandbox": "namespaces",
    "base": "4be9d1c",
    "files": ["shop/orders.py"],
    "candidates": 2,
    "likelihood": 0.9,
    "refused": None,
    "story": ["shop/orders.py:2 is the most suspicious of 14 lines", "2 candidates passed, of 61 that were tried"],
    "patch": _PATCH,
}


class OwnStacks:
    """Answers in the place of a worker: with the stack of the thread that asks."""

    def take(self, job: Job, owner: InstanceName) -> StackTaken:
        """Return where this thread is."""
        del job, owner
        called = traceback.extract_stack()[::-1]
        frames = [StackFrame(file=one.filename, line=one.lineno or 0, function=one.name) for one in called[:30]]
        memory = psutil.Process().memory_info().rss
        return StackTaken(pid=os.getpid(), memory=memory, frames=frames, left_out=len(called[30:]))


@dataclass
class DashboardWorld:
    """The API, and what people do with it in a browser or without one."""

    api: ApiWorld
    folder: Path
    clients: list[httpx.Client] = field(default_factory=list)

    def client(self, role: Role | None = Role.ADMIN, **token: Any) -> httpx.Client:
        """Return a browser without scripts, signed in with a token of that role."""
        client = httpx.Client(base_url=self.api.url, timeout=20)
        self.clients.append(client)
        if role is not None:
            secret = self.token(role, **token) if token else self.api.secrets[role]
            assert client.post(SIGN_IN, data={"token": secret}).status_code == 303
        return client

    def token(self, role: Role, name: str, **more: Any) -> str:
        """Make a token and return its secret."""
        runtime = self.api.runtime
        wanted = tokens.NewToken(name=name, role=role, rate_per_minute=100_000, **more)
        return tokens.create(runtime.ledger, runtime.clock, wanted, by="test")[1]

    def signal(self, key: str, target: str = "shop-web", **more: Any) -> str:
        """Send a signal; return its incident."""
        body = {"key": key, "name": f"Test{key}", "target": target, "severity": "error", **more}
        answer = self.api.post(SIGNALS, body)
        assert answer.status_code == 202, answer.text
        return answer.json()["receipts"][0]["incident"]

    def work(self) -> None:
        """Run every job that is due, until none is left."""
        runtime = self.api.runtime
        for _ in range(60):
            with runtime.ledger.transaction() as tx:
                now = runtime.clock.now()
                queued = tx.jobs.find(state=JobState.QUEUED)
                due = [one for one in queued if not one.not_before or one.not_before <= now]
            if not due:
                return
            for job in due:
                attend(runtime, job_functions(), Ring(job_id=str(job.id)))
        raise AssertionError("there is always more to do")

    def begin_job(self) -> Claim:
        """Have a job run in no thread, until its claim is finished."""
        runtime = self.api.runtime
        with runtime.ledger.transaction() as tx:
            (job,) = tx.jobs.submit([JobRequest(name="system_sleep", pool=Pool.ORCHESTRATION)])
        claim = runtime.claims.claim(job.id, runtime.instance)
        assert claim is not None
        return claim

    def seal(self) -> None:
        """Seal all entries of the audit log and sign a checkpoint."""
        runtime = self.api.runtime
        settings = runtime.settings
        keys, places = audit_keys(settings), anchors(settings)
        sealer = Sealer(self.api.database, keys, places, organisation=settings.instance, clock=runtime.clock)
        ended = threading.Event()
        ended.set()
        # It seals what waits once more when it is told to end. The first run makes the log's key.
        for _ in range(2):
            sealer.run(ended)

    def verifier_key(self) -> str:
        """Return the log's public key, as a person notes it down."""
        return str(audit_keys(self.api.runtime.settings).pinned())

    def stop(self, service: str = "*") -> None:
        """Stop a service, or all that the line has started."""
        for file in self.folder.glob(f"{service}.pid"):
            with suppress(ValueError, psutil.NoSuchProcess):
                process = psutil.Process(int(file.read_text().split()[0]))
                process.kill()
                process.wait(10)

    def give_up(self, key: str, **more: Any) -> str:
        """Bring an incident to where the line gives up: its target is well, and no cause explains the signal."""
        self.signal(f"{key}-before", name="TargetDown", severity="critical")
        self.work()
        incident = self.signal(key, name="NothingKnowsThis", **more)
        self.work()
        return incident

    def heal(self, key: str = "Heal") -> str:
        """Stop our own service, and have the line start it again."""
        self.stop("shop-web")
        incident = self.signal(key, name="TargetDown", summary="shop-web is down", severity="critical")
        self.work()
        return incident

    def code_task(self, reason: str) -> str:
        """Ask for a coding task, and let it end with a patch; return its job. The work itself has tests of its own."""
        asked = self.api.post("/elite/coding/task", {"task": "fix_bug", "target": "shop-code", "reason": reason})
        assert asked.status_code == 202, asked.text
        job = asked.json()["id"]
        with psycopg.connect(self.api.database) as session:
            session.execute(
                "UPDATE jobs SET state = 'succeeded', started_at = submitted_at, ended_at = now(), result = %s"
                " WHERE id = %s",
                [Jsonb(_PATCHED), job],
            )
        return job

    def ask_for_approval(self, key: str = "Down") -> str:
        """Bring an incident to where a person must answer, because its target is someone else's."""
        self.stop("partner")
        told = {"name": f"Partner{key}", "summary": "partner is down", "severity": "critical"}
        incident = self.signal(key, target="partner", **told)
        self.work()
        return incident


def csrf_of(page: str) -> str:
    """Return what the forms of a page carry."""
    return page.partition('name="csrf" value="')[2].partition('"')[0]


@contextmanager
def dashboard_world(database: str, broker: str, folder: Path, **more: Any) -> Iterator[DashboardWorld]:
    """Serve a world; what the line started is stopped at the end. `more` is for the world of the API."""
    with api_world(database, broker, folder, stacks=OwnStacks(), **more) as api:
        PostgresInstances(api.runtime.engine).register(api.runtime.instance, pools=[one.value for one in Pool])
        stop = threading.Event()
        mover = threading.Thread(target=EventMover(api.runtime.engine).run, args=(stop,))
        mover.start()
        world = DashboardWorld(api, folder)
        try:
            yield world
        finally:
            for client in world.clients:
                client.close()
            stop.set()
            mover.join()
            world.stop()
            for client in world.clients:
                client.close()
