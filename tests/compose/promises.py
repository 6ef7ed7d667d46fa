"""What the stack promises, one function each. Each returns what it saw, or fails with AssertionError."""

import base64
import json
import time
from collections import Counter
from urllib.parse import urlencode

from tests.compose.drivers import the_drivers_act_on_real_containers
from tests.compose.load import Load
from tests.compose.stack import FLOWER_PORT, PROMETHEUS_PORT, Stack
from tests.waiting import until

NODES = ("control", "healing", "coding", "orchestration", "api", "flower")
SERVERS = ("postgres", "redis", "proxy")
SECRETS = (
    *("database_password", "control_password", "node_password", "broker_password", "submit_password"),
    *("admin_token", "viewer_token", "reporter_token", "flower_auth"),
)
HEALTHY_WITHIN = 120.0
TAKEN_OVER_WITHIN = 30.0
MOST_ERRORS = 0.001
SLOWEST_P99 = 1.0
OURS_AT_MOST = 400e6
COMPILERS = "for one in cc gcc g++ c++ ld as make pip pip3; do command -v $one && exit 1; done; exit 0"


def every_service_is_healthy(stack: Stack) -> str:
    """Every container passes its own health check."""
    for service in (*NODES, *SERVERS):
        for container in stack.containers(service):
            until(lambda one=container: stack.is_healthy(one), within=HEALTHY_WITHIN, every=0.5)
    counts = {service: len(stack.containers(service)) for service in (*NODES, *SERVERS)}
    assert counts["api"] == 2, counts
    assert counts["control"] == 2, counts
    (migrate,) = stack.containers("migrate")
    assert stack.inspect(migrate)["State"]["ExitCode"] == 0
    return f"{sum(counts.values())} containers, migrate ended with 0"


def no_node_is_degraded(stack: Stack) -> str:
    """Every kernel that a node should have passes its self-test: the sandbox of the coding agent, for one."""
    told = "import json; print(json.dumps(json.load(open('/var/lib/grace/node.json'))))"
    for service in (one for one in NODES if one != "flower"):
        for container in stack.containers(service):

            def health(one: str = container) -> dict[str, object]:
                found: dict[str, object] = json.loads(stack.inside(one, "python", "-c", told).stdout)
                return found

            until(
                lambda look=health: look()["health"] == "healthy",
                within=HEALTHY_WITHIN,
                every=0.5,
                instead=lambda look=health, of=service: (of, look()),
            )
    return "all are healthy"


def containers_are_closed(stack: Stack) -> str:
    """No container runs as root, writes its root, gains privileges, or has no limits; the image has no compiler."""
    for service in (*NODES, *SERVERS):
        for container in stack.containers(service):
            found = stack.inspect(container)
            host = found["HostConfig"]
            assert found["Config"]["User"].split(":")[0] not in {"", "0", "root"}, service
            assert host["ReadonlyRootfs"], service
            assert host["CapDrop"] == ["ALL"], service
            assert "no-new-privileges:true" in host["SecurityOpt"], service
            assert host["Memory"], service
            assert host["PidsLimit"], service
            assert stack.inside(container, "id", "-u").stdout.strip() not in {"", "0"}, service
            assert stack.inside(container, "touch", "/etc/probe").returncode != 0, service
            told = json.dumps(found)
            assert not any(stack.secret(name) in told for name in SECRETS), service
    for service in NODES:
        done = stack.inside(stack.containers(service)[0], "sh", "-c", COMPILERS)
        assert done.returncode == 0, f"{service} has {done.stdout}"
    size = int(stack.docker("image", "inspect", "--format", "{{.Size}}", "grace-workers:0.1.0"))
    base = int(stack.docker("image", "inspect", "--format", "{{.Size}}", "grace-test-python:bookworm"))
    assert size - base < OURS_AT_MOST
    return f"image {size / 1e6:.0f} MB, of it {(size - base) / 1e6:.0f} MB ours"


def a_dead_process_is_seen_by_the_health_check(stack: Stack) -> str:
    """A node whose worker is stopped (SIGSTOP) turns unhealthy, and healthy again once it goes on."""
    (container,) = stack.containers("coding")
    inside = "import json; print(json.load(open('/var/lib/grace/node.json'))['children']['coding']['pid'])"
    worker = stack.inside(container, "python", "-c", inside).stdout.strip()
    assert stack.inside(container, "sh", "-c", f"kill -STOP {worker}").returncode == 0
    check = ("/opt/grace/bin/python", "-I", "-S", "/opt/grace/health.py")
    began = time.monotonic()
    until(lambda: stack.inside(container, *check).returncode == 1, within=10, every=0.2)
    seen = time.monotonic() - began
    # The watchdog may have replaced it by now; then there is nothing left to continue.
    stack.inside(container, "sh", "-c", f"kill -CONT {worker}")
    until(lambda: stack.inside(container, *check).returncode == 0, within=60, every=0.5)
    return f"seen after {seen:.1f} s, well again after {time.monotonic() - began:.1f} s"


def jobs_run_over_the_proxy(stack: Stack) -> str:
    """A task submitted at the proxy succeeds; without a token it is refused."""
    assert stack.ask("GET", "/elite/status", headers={"Authorization": ""}).status == 401
    ids = []
    for number in range(20):
        answer = stack.ask("POST", "/elite/orchestration/task", body={"name": "system.noop"},
                           headers={"Idempotency-Key": f"first-{number}"})  # fmt: skip
        assert answer.status == 202, answer
        ids.append(answer.body["id"])
    stack.until_succeeded(ids, within=30)
    status = stack.ask("GET", "/elite/status").body
    assert status["leader"], status
    return f"20 of 20; the fleet has {len(status['instances'])} members and a leader"


def healing_scales_out(stack: Stack) -> str:
    """`--scale healing=3` gives three healthy nodes, and all three work."""
    began = time.monotonic()
    stack.compose("up", "--detach", "--no-recreate", "--scale", "healing=3")
    until(lambda: sum(map(stack.is_healthy, stack.containers("healing"))) == 3, within=HEALTHY_WITHIN, every=0.5)
    took = time.monotonic() - began
    names = {stack.name_of(one) for one in stack.containers("healing")}
    done = stack.until_succeeded(stack.submit_sleepers("healing", 60, 0.2), within=60)
    owners = Counter(one["owner"] for one in done)
    assert set(owners) == names, (owners, names)
    assert {one["attempt"] for one in done} == {"1"}
    return f"in {took:.1f} s; 60 jobs over {sorted(owners.values())}"


def kills_go_unnoticed(stack: Stack) -> str:
    """While clients work through the proxy, an API, the leader and a busy healing node are killed."""
    load = Load(stack)
    try:
        until(lambda: len(load.tally.tasks) > 10, within=30)
        stack.kill(stack.containers("api")[0])
        until(lambda: all(map(stack.is_healthy, stack.containers("api"))), within=HEALTHY_WITHIN, every=0.5)
        leader, took = _kill_the_leader(stack)
        sleepers = stack.submit_sleepers("healing", 5, 4.0)
        victim = until(lambda: _runner(stack, sleepers), within=20)
        its_jobs = [one["id"] for one in stack.jobs(sleepers) if one["owner"] == victim]
        stack.kill(next(one for one in stack.containers("healing") if stack.name_of(one) == victim))
        began = time.monotonic()
        done = {one["id"]: one for one in stack.until_succeeded(sleepers, within=TAKEN_OVER_WITHIN)}
        healed = time.monotonic() - began
    finally:
        tally = load.end()
    assert {done[one]["attempt"] for one in its_jobs} == {"2"}, done
    assert _successes(stack, sleepers) == dict.fromkeys(sleepers, 1)
    stack.until_succeeded(list(tally.tasks.values()), within=60)
    assert len(set(tally.tasks.values())) == len(tally.tasks)
    assert _successes(stack, list(tally.tasks.values())) == dict.fromkeys(tally.tasks.values(), 1)
    assert tally.error_rate < MOST_ERRORS, (tally.answers, tally.faults[:5])
    assert tally.p99 < SLOWEST_P99, sorted(tally.took)[-10:]
    return (
        f"{sum(tally.answers.values())} requests, {len(tally.faults)} failed, "
        f"p99 {tally.p99:.2f} s, slowest {max(tally.took):.2f} s; "
        f"{len(tally.tasks)} tasks, none lost or doubled; {leader} followed in {took:.1f} s; "
        f"{len(its_jobs)} jobs of the killed node again, all done {healed:.1f} s after the kill"
    )


def _kill_the_leader(stack: Stack) -> tuple[str, float]:
    def leader() -> str:
        rows = stack.sql("SELECT holder FROM leases WHERE name = 'leader' AND expires_at > clock_timestamp()")
        return rows[0][0] if rows and rows[0] else ""

    first = until(leader, within=10)
    node = first.split(":")[0]
    stack.kill(next(one for one in stack.containers("control") if stack.name_of(one) == node))
    began = time.monotonic()
    second = until(lambda: (found := leader()) != first and found, within=20)
    took = time.monotonic() - began
    until(lambda: all(map(stack.is_healthy, stack.containers("control"))), within=HEALTHY_WITHIN, every=0.5)
    return f"leader {node[:6]} by {str(second)[:6]}", took


def _runner(stack: Stack, ids: list[str]) -> str | None:
    """Return a node that runs one of these jobs, once all of them run."""
    found = stack.jobs(ids)
    return found[0]["owner"] if found and all(one["state"] == "running" for one in found) else None


def _successes(stack: Stack, ids: list[str]) -> dict[str, int]:
    """Count, in the audit log and its inbox, how often each job was recorded as succeeded."""
    wanted = ",".join(f"'job:{one}'" for one in ids)
    rows = stack.sql(
        "WITH e AS (SELECT entry FROM audit_log UNION ALL SELECT entry FROM audit_inbox) "
        f"SELECT entry ->> 'subject', count(*) FROM e WHERE entry ->> 'subject' IN ({wanted}) "
        "AND entry ->> 'action' = 'job.succeeded' GROUP BY 1"
    )
    return {subject.removeprefix("job:"): int(count) for subject, count in rows}


def a_stopped_node_drains(stack: Stack) -> str:
    """`docker compose stop healing` while jobs run: they end once, no container is killed, others take over."""
    ids = stack.submit_sleepers("healing", 5, 2.0)
    until(lambda: _runner(stack, ids), within=20)
    began = time.monotonic()
    stack.compose("stop", "healing")
    took = time.monotonic() - began
    codes = [stack.inspect(one)["State"]["ExitCode"] for one in stack.containers("healing")]
    assert codes == [0, 0, 0], codes
    left = [one["state"] for one in stack.jobs(ids)]
    assert "running" not in left, left
    stack.compose("start", "healing")
    until(lambda: sum(map(stack.is_healthy, stack.containers("healing"))) == 3, within=HEALTHY_WITHIN, every=0.5)
    done = stack.until_succeeded(ids, within=60)
    assert _successes(stack, ids) == dict.fromkeys(ids, 1)
    return f"in {took:.1f} s, exit codes {codes}; attempts {sorted(one['attempt'] for one in done)}"


def flower_is_closed_and_read_only(stack: Stack) -> str:
    """Flower asks for a login, and lets no one control the workers."""
    name = base64.b64encode(stack.secret("flower_auth").encode()).decode()
    mine = {"Authorization": f"Basic {name}"}
    stranger = stack.ask("GET", "/", headers={"Authorization": ""}, port=FLOWER_PORT).status
    friend = stack.ask("GET", "/", headers=mine, port=FLOWER_PORT).status
    worker = f"healing@{stack.name_of(stack.containers('healing')[0])}"
    order = stack.ask("POST", f"/api/worker/shutdown/{worker}", headers=mine, port=FLOWER_PORT).status
    assert (stranger, friend) == (401, 200)
    assert order in {403, 405}, order
    return f"a stranger gets {stranger}, the operator {friend}, an order {order}"


def prometheus_reads_every_replica(stack: Stack) -> str:
    """The monitoring profile starts, finds both APIs and Flower, reads the fleet's figures, and accepts every alert."""
    monitoring = ("--profile", "monitoring")
    stack.compose(*monitoring, "up", "--detach", "--no-recreate", "prometheus")
    try:
        (container,) = stack.compose(*monitoring, "ps", "--quiet", "prometheus").split()
        until(lambda: stack.is_healthy(container), within=HEALTHY_WITHIN, every=0.5)
        up = until(lambda: _all_up(stack), within=60, every=0.5)
        until(lambda: _figure(stack, "max(grace_leader_present)") == ["1"], within=30, every=0.5)
        alive = _figure(stack, "max(grace_instances_alive)")
        rules = until(lambda: _rules(stack), within=10)
        until(lambda: all(one["health"] == "ok" for one in _rules(stack)), within=90, every=1.0)
    finally:
        stack.compose(*monitoring, "rm", "--force", "--stop", "prometheus")
    return f"{up} targets are up, a leader and {alive[0]} instances seen, {len(rules)} alerts taken"


def _all_up(stack: Stack) -> int:
    """Return how many targets exist once each of them answers: two of the API, one of Flower."""
    found = stack.ask("GET", "/api/v1/targets", port=PROMETHEUS_PORT).body["data"]["activeTargets"]
    jobs = Counter(one["labels"]["job"] for one in found if one["health"] == "up")
    return len(found) if jobs == {"grace": 2, "flower": 1} else 0


def _figure(stack: Stack, expression: str) -> list[str]:
    query = urlencode({"query": expression})
    found = stack.ask("GET", f"/api/v1/query?{query}", port=PROMETHEUS_PORT).body["data"]["result"]
    return [one["value"][1] for one in found]


def _rules(stack: Stack) -> list[dict[str, str]]:
    groups = stack.ask("GET", "/api/v1/rules", port=PROMETHEUS_PORT).body["data"]["groups"]
    return [rule for group in groups for rule in group["rules"]]


def the_audit_log_verifies(stack: Stack) -> str:
    """The log, sealed by two control nodes in turn, is intact; other nodes have no key."""
    container = stack.containers("control")[0]
    done = stack.inside(container, "grace", "audit", "verify")
    assert done.returncode == 0, done.stdout + done.stderr
    keys = stack.inside(stack.containers("healing")[0], "ls", "/var/lib/grace-audit/keys").stdout.split()
    assert keys == []
    return done.stdout.strip().splitlines()[0]


def migrating_again_changes_nothing(stack: Stack) -> str:
    """A second `grace migrate`, and two at once, end with 0 on a working fleet."""
    began = time.monotonic()
    for _ in range(2):
        stack.compose("run", "--rm", "--no-deps", "--detach", "migrate")
    until(lambda: not _running(stack, "migrate"), within=60, every=0.5)
    stack.compose("run", "--rm", "--no-deps", "migrate")
    return f"in {time.monotonic() - began:.1f} s"


def _running(stack: Stack, service: str) -> list[str]:
    return stack.docker("ps", "--quiet", "--filter", f"label=com.docker.compose.service={service}").split()


def everything_stops_in_peace(stack: Stack) -> str:
    """`docker compose stop` ends every container by itself within its grace: none with 137."""
    began = time.monotonic()
    stack.compose("stop")
    took = time.monotonic() - began
    codes = {
        service: sorted({stack.inspect(one)["State"]["ExitCode"] for one in stack.containers(service)})
        for service in (*NODES, *SERVERS)
    }
    assert all(code == [0] for code in codes.values()), codes
    return f"in {took:.1f} s, every exit code 0"


PROMISES = (
    every_service_is_healthy,
    no_node_is_degraded,
    containers_are_closed,
    jobs_run_over_the_proxy,
    a_dead_process_is_seen_by_the_health_check,
    healing_scales_out,
    kills_go_unnoticed,
    a_stopped_node_drains,
    flower_is_closed_and_read_only,
    prometheus_reads_every_replica,
    the_audit_log_verifies,
    migrating_again_changes_nothing,
    the_drivers_act_on_real_containers,
    everything_stops_in_peace,
)
