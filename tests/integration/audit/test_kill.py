"""kill -9 of sealers at any moment, with writers running: nothing lost, nothing doubled, no false alarm."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from grace_workers.adapters.postgres.audit import PostgresAuditAppender
from grace_workers.audit import Intact
from tests.integration.audit.conftest import Desk, entry

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[3]
SCRIPT = Path(__file__).with_name("sealing_process.py")
KILLS = 12


def start(desk: Desk) -> subprocess.Popen[str]:
    command = [sys.executable, str(SCRIPT), desk.url, str(desk.folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_killed_sealers_lose_and_double_nothing(desk: Desk) -> None:
    chance = random.Random(7)
    stop = threading.Event()
    written = [0] * 4

    def write(worker: int) -> None:
        while not stop.is_set():
            with desk.engine.connect() as connection, connection.begin() as transaction:
                PostgresAuditAppender(connection).append(entry(subject=f"worker:{worker}"))
                if written[worker] % 7 == 6:
                    transaction.rollback()
                    written[worker] += 1
                    continue
            written[worker] += 1

    writers = [threading.Thread(target=write, args=(worker,)) for worker in range(4)]
    late = desk.engine.connect()
    PostgresAuditAppender(late).append(entry(subject="late"))
    for writer in writers:
        writer.start()
    for kill in range(KILLS):
        if kill == KILLS // 2:
            desk.sealer().rotate("operator")
        victims = [start(desk), start(desk)]
        stop.wait(chance.uniform(0.02, 0.4))
        for victim in victims:
            victim.send_signal(signal.SIGKILL)
            victim.wait()
            victim.stdout.close()
    stop.set()
    for writer in writers:
        writer.join()
    late.commit()
    late.close()
    deadline = time.monotonic() + 30
    while desk.value("SELECT count(*) FROM audit_inbox") and time.monotonic() < deadline:
        desk.sealer().seal_once()

    found = desk.archive.verify()

    kept = sum(count - (count // 7) for count in written) + 2
    assert isinstance(found, Intact), found
    assert found.checkpoint.size == kept
    assert desk.value("SELECT count(DISTINCT entry ->> 'id') FROM audit_log") == kept
    assert desk.keys.following() is None
