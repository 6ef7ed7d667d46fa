"""Movers and subscribers killed as real processes: nothing is lost, nothing is in the log twice."""

import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.events import EventMover
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.foundation.errors import ConflictError
from grace_workers.orchestration.events.topic import Event
from grace_workers.orchestration.events.topics.node_boot import DEFINITION as NODE_BOOT
from grace_workers.orchestration.events.topics.node_boot import NodeBoot
from tests.waiting import let_pass, until

pytestmark = pytest.mark.servers

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


@contextmanager
def process(script: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """Run a script of this folder; yield when it is ready, kill it at the end."""
    command = [sys.executable, str(HERE / script), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}) as made:
        try:
            assert made.stdout is not None
            assert made.stdout.readline() == "ready\n"
            yield made
        finally:
            made.kill()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    yield made
    made.dispose()


@pytest.fixture
def ledger(engine: Engine) -> PostgresLedger:
    return PostgresLedger(engine)


@pytest.fixture
def mover(engine: Engine) -> EventMover:
    return EventMover(engine)


def boot(writer: int, step: int) -> NodeBoot:
    return NodeBoot(instance=f"w{writer}", phase="p", step=str(step), state="passed")


def log_of(ledger: PostgresLedger) -> list[Event]:
    events: list[Event] = []
    while True:
        with ledger.transaction() as tx:
            page = tx.events.read(after=len(events), limit=1_000)
        if not page.events:
            return events
        events += page.events


def attempted(ledger: PostgresLedger, writer: int, steps: range, *, fails: bool) -> bool:
    """Publish in one transaction, which is rolled back when it `fails`; return whether it committed."""
    with suppress(ConflictError), ledger.transaction() as tx:
        for one in steps:
            tx.events.publish(NODE_BOOT, boot(writer, one))
        if fails:
            raise ConflictError("rolled back on purpose")
        return True
    return False


def write(ledger: PostgresLedger, writer: int, stop: threading.Event, kept: list[str]) -> None:
    """Publish in transactions of one to four events, some of which are rolled back, until told to stop."""
    chance = random.Random(writer)
    step = 0
    while not stop.is_set():
        steps = range(step, step + chance.randint(1, 4))
        step = steps.stop
        if attempted(ledger, writer, steps, fails=chance.random() < 0.2):
            kept += [f"w{writer}/{one}" for one in steps]


@pytest.mark.fleet
def test_movers_killed_at_any_moment_lose_and_double_nothing(
    database_url: str, ledger: PostgresLedger, mover: EventMover
) -> None:
    stop = threading.Event()
    kept: list[list[str]] = [[], [], []]
    writers = [threading.Thread(target=write, args=(ledger, n, stop, kept[n])) for n in range(3)]
    for writer in writers:
        writer.start()
    chance = random.Random(7)
    try:
        for _ in range(5):
            with process("moving_process.py", database_url, "2"):
                let_pass(chance.uniform(0.02, 0.25))
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    while mover.move_once():
        continue
    log = log_of(ledger)
    assert [event.position for event in log] == list(range(1, len(log) + 1))
    for writer, mine in enumerate(kept):
        assert mine
        assert [f"{one.key}/{one.body['step']}" for one in log if one.key == f"w{writer}"] == mine


@pytest.mark.fleet
def test_a_subscriber_killed_at_any_moment_gets_every_event_in_order(
    database_url: str, engine: Engine, ledger: PostgresLedger, mover: EventMover, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    notes.touch()
    with ledger.transaction() as tx:
        ids = [str(tx.events.publish(NODE_BOOT, boot(0, step))) for step in range(400)]
    mover.move_once()

    def seen() -> list[str]:
        return [line.split()[1] for line in notes.read_text().splitlines()]

    def passed() -> Any:
        with ledger.transaction() as tx:
            return next((one.position for one in tx.cursors.standings()), 0)

    for _ in range(3):
        before = len(seen())
        with process("subscribing_process.py", database_url, str(notes)):
            until(lambda before=before: len(seen()) > before + 20, within=30, every=0.001)
        with ledger.transaction() as tx:
            # What the expiry of the lease would do half a minute later.
            tx.cursors.rewind("counting", passed())
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE event_cursors SET held_until = now() - interval '1 s'")
    with process("subscribing_process.py", database_url, str(notes)):
        until(lambda: passed() == 400, within=60)
    times = Counter(seen())
    assert [*times] == ids
    assert max(times.values()) <= 4
