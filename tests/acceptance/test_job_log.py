"""The log of a running job: over HTTP, as a stream, on the command line."""

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.foundation.ids import JobId, uuid7
from grace_workers.governance import Role
from grace_workers.orchestration.job import Claim, JobRequest, Pool, Succeeded
from tests.acceptance.api_world import ApiWorld, api_world
from tests.acceptance.command_line import ROOT

pytestmark = pytest.mark.servers


@pytest.fixture
def world(database_url: str, broker_url: str, tmp_path: Path) -> Iterator[ApiWorld]:
    with api_world(database_url, broker_url, tmp_path / "api") as found:
        PostgresInstances(found.runtime.engine).register(found.runtime.instance, pools=[Pool.ORCHESTRATION.value])
        yield found


def running(world: ApiWorld) -> Claim:
    """Return the claim of a job that runs."""
    with world.runtime.ledger.transaction() as tx:
        (job,) = tx.jobs.submit([JobRequest(name="system_sleep", pool=Pool.ORCHESTRATION)])
    claim = world.runtime.claims.claim(job.id, world.runtime.instance)
    assert claim is not None
    return claim


def say(world: ApiWorld, job: JobId, *events: str, **more: Any) -> None:
    """Log what its worker would."""
    told = [{"event": one, "level": "info", "timestamp": "2026-06-30T12:00:00Z", **more} for one in events]
    world.runtime.job_logs.keep([(str(job), json.dumps(one)) for one in told])


def test_an_operator_reads_the_lines_of_a_job_from_where_one_left_off_and_a_viewer_does_not(world: ApiWorld) -> None:
    job = running(world).job.id
    path = f"/api/v1/jobs/{job}/log"
    nothing = {"job": str(job), "state": "running", "lines": [], "upto": None}
    assert world.ask("GET", path, Role.OPERATOR).json() == nothing
    say(world, job, "began", what="stage plan")
    first = world.ask("GET", path, Role.OPERATOR).json()
    assert [(one["event"], one["details"]) for one in first["lines"]] == [("began", {"what": "stage plan"})]
    say(world, job, "ended")
    later = world.ask("GET", f"{path}?after={first['upto']}", Role.OPERATOR).json()
    assert [one["event"] for one in later["lines"]] == ["ended"]
    assert world.ask("GET", path, Role.VIEWER).status_code == 403
    assert world.ask("GET", f"{path}/stream", Role.VIEWER).status_code == 403
    assert world.ask("GET", f"/api/v1/jobs/{uuid7()}/log/stream").status_code == 404
    for bad in (f"{path}?after=now", f"{path}/stream?after=now"):
        answer = world.ask("GET", bad, Role.OPERATOR)
        assert (answer.status_code, answer.json()["detail"].split(";")[0]) == (
            422,
            "'now' is not the position of a log line",
        )


def test_the_stream_goes_on_after_the_last_line_seen_and_ends_with_the_job(world: ApiWorld) -> None:
    claim = running(world)
    say(world, claim.job.id, "one", "two")
    path = f"/api/v1/jobs/{claim.job.id}/log/stream"
    headers = {"Authorization": f"Bearer {world.secrets[Role.OPERATOR]}"}
    with world.client.stream("GET", path, headers=headers) as answer:
        lines = answer.iter_lines()
        assert [one["event"] for one in (told(lines), told(lines))] == ["one", "two"]
        say(world, claim.job.id, "three")
        assert told(lines)["event"] == "three"
    seen = world.ask("GET", f"/api/v1/jobs/{claim.job.id}/log", Role.OPERATOR).json()["lines"][1]["position"]
    world.runtime.claims.finish(claim, Succeeded())
    with world.client.stream("GET", path, headers={**headers, "Last-Event-ID": seen}) as answer:
        lines = answer.iter_lines()
        assert told(lines)["event"] == "three"
        assert told(lines) == {"state": "succeeded"}
        assert [one for one in lines if one] == []


def told(lines: Iterator[str]) -> Any:
    """Return the next thing that the stream tells."""
    return json.loads(next(one for one in lines if one.startswith("data: ")).removeprefix("data: "))


def test_grace_job_log_follows_until_the_job_has_ended(world: ApiWorld) -> None:
    claim = running(world)
    say(world, claim.job.id, "first", what="stage \x1b[31mplan")
    grace = [sys.executable, "-m", "grace_workers", "job", "log", str(claim.job.id)]
    env = {"GRACE_URL": world.url, "GRACE_TOKEN": world.secrets[Role.OPERATOR], "PATH": "/usr/bin:/bin"}
    go = partial(subprocess.Popen, cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE)
    with go(grace) as once:
        shown = once.communicate(timeout=30)[0]
    assert "first" in shown
    assert "\x1b" not in shown
    with go([*grace, "--follow"]) as follower:
        assert follower.stdout is not None
        assert "first" in follower.stdout.readline()
        say(world, claim.job.id, "second")
        assert "second" in follower.stdout.readline()
        world.runtime.claims.finish(claim, Succeeded())
        assert follower.communicate(timeout=30)[0] == "the job is succeeded\n"
    assert follower.returncode == 0
