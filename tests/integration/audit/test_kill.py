"""kill -9 of sealers at any moment, with writers running: nothing lost, nothing doubled, no false alarm."""

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from grace_workers.adapters.postgres.audit import PostgresAuditAppender
from grace_workers.audit import Intact
from tests.integration.audit.conftest import Desk, entry
from tests.waiting import let_pass, until

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[3]
SCRIPT = Path(__file__).with_name("sealing_process.py")
KILLS = 6


def start(desk: Desk) -> subprocess.Popen[str]:
    command = [sys.executable, str(SCRIPT), desk.url, str(desk.folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def write(desk: Desk, worker: int, written: list[int], stop: threading.Event) -> None:
    """Append until told to stop, and roll back every seventh time."""
    while not stop.is_set():
        with desk.engine.connect() as connection, connection.begin() as transaction:
            PostgresAuditAppender(connection).append(entry(subject=f"worker:{worker}"))
            if written[worker] % 7 == 6:
                transaction.rollback()
                written[worker] += 1
                continue
        written[worker] += 1


@contextmanager
def writing(desk: Desk) -> Iterator[list[int]]:
    """Let four writers append meanwhile; yield how often each has tried."""
    stop, written = threading.Event(), [0] * 4
    writers = [threading.Thread(target=write, args=(desk, worker, written, stop)) for worker in range(4)]
    for writer in writers:
        writer.start()
    yield written
    stop.set()
    for writer in writers:
        writer.join()


def kill_two(desk: Desk, after: float) -> None:
    """Start two sealers and kill both `after` seconds later."""
    victims = [start(desk), start(desk)]
    let_pass(after)
    for victim in victims:
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        victim.stdout.close()


@pytest.mark.fleet
def test_killed_sealers_lose_and_double_nothing(desk: Desk) -> None:
    chance = random.Random(7)
    late = desk.engine.connect()
    PostgresAuditAppender(late).append(entry(subject="late"))
    with writing(desk) as written:
        for kill in range(KILLS):
            if kill == KILLS // 2:
                desk.sealer().rotate("operator")
            kill_two(desk, after=chance.uniform(0.02, 0.4))
    late.commit()
    late.close()
    sealer = desk.sealer()
    until(lambda: sealer.seal_once() and not desk.value("SELECT count(*) FROM audit_inbox"), within=30)

    found = desk.archive.verify()

    kept = sum(count - (count // 7) for count in written) + 2
    assert isinstance(found, Intact), found
    assert found.checkpoint.size == kept
    assert desk.value("SELECT count(DISTINCT entry ->> 'id') FROM audit_log") == kept
    assert desk.keys.following() is None
