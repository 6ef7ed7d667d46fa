"""The event mesh as people see it: over HTTP and on the command line, against a real API and a real mover."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from grace_workers.adapters.postgres.events import EventMover
from grace_workers.entrypoints.api.event_stream import MOST_STREAMS
from grace_workers.governance import Role
from grace_workers.orchestration.events.topics.kernel_changed import DEFINITION as KERNEL_CHANGED
from grace_workers.orchestration.events.topics.kernel_changed import KernelChanged
from grace_workers.orchestration.events.topics.node_boot import DEFINITION as NODE_BOOT
from grace_workers.orchestration.events.topics.node_boot import NodeBoot
from tests.acceptance.api_world import ApiWorld, moving_world
from tests.acceptance.test_cli import one_sentence, run
from tests.waiting import until

__all__ = ["run"]

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[2]
EVENTS = "/api/v1/events"


@pytest.fixture
def world(database_url: str, broker_url: str, tmp_path: Path) -> Iterator[ApiWorld]:
    with moving_world(database_url, broker_url, tmp_path / "api") as found:
        yield found


def boot(world: ApiWorld, *steps: str) -> None:
    with world.runtime.ledger.transaction() as tx:
        for step in steps:
            tx.events.publish(NODE_BOOT, NodeBoot(instance="here", phase="p", step=step, state="passed"))


def newest(world: ApiWorld) -> int:
    return world.get(EVENTS, params={"limit": 1}).json()["upto"]


def settled(world: ApiWorld, *steps: str) -> None:
    before = newest(world)
    boot(world, *steps)
    until(lambda: newest(world) == before + len(steps), within=10)


def steps(found: list[dict]) -> list[str]:
    return [event["body"]["step"] for event in found]


def blocks(lines: Iterator[str]) -> Iterator[dict[str, str]]:
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields:
            yield fields
            fields = {}


def test_pages_go_on_where_the_last_one_ended_and_start_where_they_are_told(world: ApiWorld) -> None:
    settled(world, "a", "b", "c")
    first = world.get(EVENTS, params={"after": 0, "limit": 2}).json()
    assert (steps(first["events"]), first["upto"]) == (["a", "b"], 2)
    assert steps(world.get(EVENTS, params={"after": 2}).json()["events"]) == ["c"]
    assert steps(world.get(EVENTS, params={"limit": 2}).json()["events"]) == ["b", "c"]
    since = {"since": first["events"][0]["logged_at"]}
    assert steps(world.get(EVENTS, params=since).json()["events"]) == ["a", "b", "c"]
    assert world.get(EVENTS, params={"after": 0, "topic": "kernel.changed"}).json() == {"events": [], "upto": 3}
    assert world.get(EVENTS, role=None).status_code == 401


BAD = [
    ({"topic": "no.such"}, "unknown topic 'no.such'; known: approval.answered"),
    ({"after": -1}, "after"),
    ({"after": 2**70}, "after"),
    ({"since": "yesterday"}, "since"),
    ({"since": "2026-01-01T00:00:00"}, "since"),
    ({"after": 1, "since": "2026-01-01T00:00:00Z"}, "either after or since"),
]


def test_bad_questions_are_answered_with_a_sentence(world: ApiWorld) -> None:
    asked = [(path, params, words) for path in (EVENTS, f"{EVENTS}/stream") for params, words in BAD]
    for path, params, words in [*asked, (EVENTS, {"limit": 0}, "limit")]:
        answer = world.get(path, params=params)
        assert answer.status_code == 422, params
        assert words in answer.json()["detail"]


def test_what_is_no_longer_kept_is_told(world: ApiWorld) -> None:
    settled(world, "a", "b", "c")
    assert EventMover(world.runtime.engine, keep=timedelta(days=1), most=1).trim_once() == 2
    answer = world.get(EVENTS, params={"after": 1})
    assert answer.status_code == 409
    assert "up to position 2 have been deleted" in answer.json()["detail"]
    headers = {"Authorization": f"Bearer {world.secrets[Role.VIEWER]}", "Last-Event-ID": "1"}
    with world.client.stream("GET", f"{EVENTS}/stream", headers=headers) as response:
        found = blocks(response.iter_lines())
        assert next(found) == {"retry": "1000"}
        assert next(found) == {"id": "2", "event": "missed", "data": '{"after": 1, "upto": 2}'}
        assert json.loads(next(found)["data"])["body"]["step"] == "c"


def test_a_stream_tells_what_comes_and_goes_on_after_the_last_id(world: ApiWorld) -> None:
    settled(world, "old")
    headers = {"Authorization": f"Bearer {world.secrets[Role.VIEWER]}"}
    with world.client.stream("GET", f"{EVENTS}/stream", headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        found = blocks(response.iter_lines())
        next(found)
        boot(world, "new")
        block = next(found)
    assert (block["id"], block["event"], json.loads(block["data"])["body"]["step"]) == ("2", "node.boot", "new")
    settled(world, "later")
    with world.client.stream("GET", f"{EVENTS}/stream", headers={**headers, "Last-Event-ID": "2"}) as response:
        found = blocks(response.iter_lines())
        next(found)
        assert json.loads(next(found)["data"])["body"]["step"] == "later"
    bad = world.get(f"{EVENTS}/stream", headers={"Last-Event-ID": "x"})
    assert (bad.status_code, "is not a position" in bad.json()["detail"]) == (422, True)


def test_streams_are_bounded_and_a_closed_one_makes_room(world: ApiWorld) -> None:
    readers = [role for role in Role if role.includes(Role.VIEWER)]
    headers = {"Authorization": f"Bearer {world.secrets[Role.VIEWER]}"}
    fifth = {"name": "fifth", "role": "viewer"}
    other = {"Authorization": f"Bearer {world.ask('POST', '/api/v1/tokens', json=fifth).json()['secret']}"}
    with ExitStack() as stack:
        for number in range(MOST_STREAMS):
            mine = {"Authorization": f"Bearer {world.secrets[readers[number % len(readers)]]}"}
            answer = stack.enter_context(world.client.stream("GET", f"{EVENTS}/stream", headers=mine))
            assert answer.status_code == 200
        enough = world.get(f"{EVENTS}/stream")
        assert (enough.status_code, enough.headers["retry-after"]) == (429, "5")
        assert "a-viewer has 4 open streams here" in enough.json()["detail"]
        refused = world.client.get(f"{EVENTS}/stream", headers=other)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert world.get(EVENTS).status_code == 200

    def room() -> bool:
        with world.client.stream("GET", f"{EVENTS}/stream", headers=headers) as answer:
            return answer.status_code == 200

    until(room, within=20, every=0.2)


def test_topics_and_subscriptions_are_listed(world: ApiWorld) -> None:
    found = {one["topic"]: one for one in world.get(f"{EVENTS}/topics").json()}
    assert {"incident.moved", "job.ended", "task.code_refactor"} <= found.keys()
    assert found["task.code_refactor"]["body"]["properties"]["targets"]["type"] == "array"
    with world.runtime.ledger.transaction() as tx:
        tx.cursors.take("mine", "here")
    listed = world.get(f"{EVENTS}/subscriptions").json()
    assert [(one["name"], one["holder"]) for one in listed["subscriptions"]] == [("mine", "here")]
    assert listed["parked"] == []


def test_a_subscription_is_rewound_from_the_command_line(world: ApiWorld, run) -> None:
    settled(world, "a", "b", "c")
    with world.runtime.ledger.transaction() as tx:
        tx.cursors.take("mine", "here")

    def rewind(name: str, *arguments: str):
        keys = {"GRACE_URL": world.url, "GRACE_TOKEN": world.secrets[Role.OPERATOR]}
        return run("events", "rewind", name, "--reason", "the mails were lost", *arguments, **keys)

    done = rewind("mine", "--from", "2")
    assert (done.returncode, done.stdout) == (0, "mine continues with event 2\n")
    (found,) = world.get(f"{EVENTS}/subscriptions").json()["subscriptions"]
    assert (found["position"], found["lag"]) == (1, 2)
    for name, start, word in (("mine", "9", "ahead of the log"), ("nobody", "1", "no subscription 'nobody'")):
        refused = rewind(name, "--from", start)
        assert (refused.returncode, word in refused.stderr) == (2, True)


def test_tail_prints_what_is_there_from_any_point(world: ApiWorld, run) -> None:
    settled(world, "a", "b", "c")
    with world.runtime.ledger.transaction() as tx:
        tx.events.publish(KERNEL_CHANGED, KernelChanged(instance="here", kernel="k", before="up", after="dead"))
    until(lambda: newest(world) == 4, within=10)

    def tail(*arguments: str) -> list[dict]:
        done = run("events", "tail", *arguments, "--json", GRACE_URL=world.url, GRACE_TOKEN=world.secrets[Role.VIEWER])
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    assert [event["position"] for event in tail("--from", "start")] == [1, 2, 3, 4]
    assert [event["position"] for event in tail("--from", "3")] == [3, 4]
    assert [event["position"] for event in tail("-n", "1")] == [4]
    assert [event["position"] for event in tail("--from", "10m", "--topic", "node.boot")] == [1, 2, 3]


def test_tail_follows_what_happens(world: ApiWorld, tmp_path: Path) -> None:
    settled(world, "before")
    command = [sys.executable, "-m", "grace_workers", "events", "tail", "--follow", "--from", "start"]
    environment = {"GRACE_URL": world.url, "GRACE_TOKEN": world.secrets[Role.VIEWER], "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment) as tail:
        try:
            assert tail.stdout is not None
            assert "node.boot" in tail.stdout.readline()
            boot(world, "while it runs")
            line = tail.stdout.readline().split()
            assert (line[0], line[2], line[3]) == ("2", "node.boot", "here")
        finally:
            tail.kill()


def test_wrong_questions_of_the_command_line_are_one_sentence(world: ApiWorld, run) -> None:
    def ask(*arguments: str, url: str = world.url):
        return run("events", *arguments, GRACE_URL=url, GRACE_TOKEN=world.secrets[Role.VIEWER])

    assert "unknown topic 'no.such'" in one_sentence(ask("tail", "--topic", "no.such"), 2)
    assert "--from 'soon' is not a position" in one_sentence(ask("tail", "--from", "soon"), 2)
    assert "no API answers" in one_sentence(ask("tail", url="http://127.0.0.1:9"), 3)
