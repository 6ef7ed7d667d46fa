"""`Grace.subscribe`: a group gets every event at least once, over HTTP and in the database, whoever is killed."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from grace_workers import Grace, InputError
from grace_workers.governance import Role
from grace_workers.orchestration.events.topics.incident_moved import DEFINITION as INCIDENT_MOVED
from grace_workers.orchestration.events.topics.incident_moved import IncidentMoved
from grace_workers.orchestration.events.topics.node_boot import DEFINITION as NODE_BOOT
from grace_workers.orchestration.events.topics.node_boot import NodeBoot
from tests.acceptance.api_world import ApiWorld, moving_world
from tests.architecture.house import ROOT
from tests.waiting import until

pytestmark = pytest.mark.servers

SUBSCRIPTIONS = "/api/v1/events/subscriptions"
PAGE = ROOT / "docs" / "how-to" / "subscribe-to-events.md"
INCIDENT = "018f0000-0000-7000-8000-000000000001"
SOON = timedelta(milliseconds=300)


@pytest.fixture
def world(database_url: str, broker_url: str, tmp_path: Path) -> Iterator[ApiWorld]:
    with moving_world(database_url, broker_url, tmp_path / "api") as found:
        yield found


@pytest.fixture(params=["url", "database_url"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def client(world: ApiWorld, way: str) -> Grace:
    if way == "url":
        return Grace(url=world.url, token=world.secrets[Role.OPERATOR])
    return Grace(database_url=world.database, name="mailer")


def publish(world: ApiWorld, *steps: str) -> None:
    with world.runtime.ledger.transaction() as tx:
        for step in steps:
            tx.events.publish(NODE_BOOT, NodeBoot(instance="here", phase="p", step=step, state="passed"))
    kept = len(steps)
    until(lambda: world.get("/api/v1/events", params={"limit": 1}).json()["upto"] >= kept, within=10)


def steps(grace: Grace, **how: object) -> list[object]:
    wanted = {"group": "mailer", "start": "oldest", "idle": SOON, **how}
    return [event.body["step"] for event in grace.subscribe("node.boot", **wanted)]  # type: ignore[arg-type]


def test_a_group_goes_on_where_it_was_and_each_group_for_itself(world: ApiWorld, way: str) -> None:
    publish(world, "a", "b")
    with client(world, way) as grace:
        assert steps(grace) == ["a", "b"]
        assert steps(grace) == []
        assert steps(grace, group="other") == ["a", "b"]
    publish(world, "a", "b", "c")
    with client(world, way) as grace:
        assert steps(grace) == ["a", "b", "c"]


def test_the_event_at_which_a_loop_is_left_comes_again_at_once_with_the_same_id(world: ApiWorld, way: str) -> None:
    publish(world, "a", "b")
    with client(world, way) as grace:
        first = next(iter(grace.subscribe("node.boot", group="mailer", start="oldest")))
    with client(world, way) as grace:
        again = next(iter(grace.subscribe("node.boot", group="mailer", start="oldest")))
    assert (first.id, first.topic, first.at, first.body) == (again.id, again.topic, again.at, again.body)


def test_one_process_of_a_group_gets_the_events_and_the_other_waits(world: ApiWorld, way: str) -> None:
    publish(world, "a")
    with client(world, way) as one, client(world, way) as two:
        held = one.subscribe("node.boot", group="mailer", start="oldest")
        next(iter(held))
        assert steps(two) == []
        one.close()
        assert steps(two) == ["a"]


@pytest.mark.fleet
@pytest.mark.timeout(120)
def test_subscribers_that_are_killed_lose_nothing(world: ApiWorld, way: str, tmp_path: Path) -> None:
    wanted = [str(number) for number in range(120)]
    publish(world, *wanted)
    notes = tmp_path / "notes"
    notes.touch()
    address = world.url if way == "url" else world.database
    made = world.ask("POST", "/api/v1/tokens", json={"name": "mailer", "role": "operator", "rate_per_minute": 100_000})
    command = [
        sys.executable,
        str(ROOT / "tests" / "acceptance" / "subscriber.py"),
        way,
        address,
        made.json()["secret"],
    ]

    def seen() -> list[str]:
        return [line.split()[0] for line in notes.read_text().splitlines()]

    for _ in range(3):
        before = len(seen())
        with subprocess.Popen([*command, str(notes)], cwd=ROOT, env={"PYTHONPATH": str(ROOT)}) as running:
            until(lambda before=before: len(seen()) > before + 10, within=30, every=0.01)
            running.send_signal(signal.SIGKILL)
    done = subprocess.run(
        [*command, str(notes)], cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, timeout=60, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = seen()
    assert [*dict.fromkeys(found)] == wanted
    # For each killed process, at most the event that it was working on came again.
    assert len(found) <= len(wanted) + 3
    [standing] = world.get(SUBSCRIPTIONS).json()["subscriptions"]
    assert (standing["name"], standing["lag"], standing["holder"]) == ("mailer", 0, None)


def test_what_cannot_be_subscribed_is_refused_with_a_sentence(world: ApiWorld, way: str) -> None:
    with client(world, way) as grace:
        with pytest.raises(InputError, match=r"unknown topic 'no\.such'; known: approval\.answered"):
            next(iter(grace.subscribe("no.such", group="mailer")))
        with pytest.raises(InputError, match="topics"):
            grace.subscribe(group="mailer")
        with pytest.raises(InputError, match=r"group 'a b/\.\./c' must consist of at most 63 letters"):
            grace.subscribe("node.boot", group="a b/../c")


def test_the_example_of_the_page_does_what_it_says(world: ApiWorld) -> None:
    class SentError(Exception):
        """The example's loop has no end of its own."""

    def send_mail(incident: str, *, key: object) -> None:
        sent.append((incident, key))
        raise SentError

    sent: list[tuple[str, object]] = []
    [code] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    code = code.replace("http://127.0.0.1:8642", world.url).replace('group="mailer"', 'group="mailer", start="oldest"')
    with world.runtime.ledger.transaction() as tx:
        for state in ("open", "escalated"):
            body = IncidentMoved(
                incident=UUID(INCIDENT),
                version=1,
                state=state,
                stage="plan",
                severity="error",
                target="shop",
                signature="s",
                headline="no remedy",
                outcome="none",
            )
            tx.events.publish(INCIDENT_MOVED, body)
    with pytest.raises(SentError):
        exec(compile(code, str(PAGE), "exec"), {"token": world.secrets[Role.OPERATOR], "send_mail": send_mail})
    assert [incident for incident, _ in sent] == [INCIDENT]


def test_a_subscription_takes_an_operator_and_a_transaction_of_the_caller_is_not_taken(world: ApiWorld) -> None:
    order = {"topics": ["node.boot"], "holder": "here"}
    assert world.post(f"{SUBSCRIPTIONS}/mailer/pull", order, role=Role.VIEWER).status_code == 403
    lost = world.post(f"{SUBSCRIPTIONS}/mailer/acknowledge", {"position": 1, "epoch": 1, "upto": 2})
    assert lost.status_code == 409
    engine = world.runtime.engine
    with engine.connect() as connection, Grace(connection=connection) as grace, pytest.raises(InputError):
        grace.subscribe("node.boot", group="mailer")
