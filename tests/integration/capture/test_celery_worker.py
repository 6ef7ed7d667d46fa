"""The task hook inside a real prefork worker on a real broker."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from celery import Celery

from grace_workers.signals import plain_signals
from tests.integration.capture.server import TinyServer
from tests.waiting import until

ROOT = Path(__file__).parents[3]
APP = "tests.integration.capture.failing_app"


@pytest.mark.servers
def test_failures_in_a_prefork_worker_arrive(broker_url: str) -> None:
    with TinyServer() as server:
        environment = os.environ | {"FAILING_BROKER": broker_url, "FAILING_GRACE": server.url}
        command = [sys.executable, "-m", "celery", "-A", APP, "worker", "--pool", "prefork", "-c", "2", "-l", "ERROR"]
        worker = subprocess.Popen(
            [*command, "--without-gossip", "--without-mingle"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            with Celery("sender", broker=broker_url, set_as_current=False) as sender:
                for amount in range(6):
                    sender.send_task("shop.charge", args=[amount])
            until(lambda: len(server.signals) >= 6, within=60)
        finally:
            worker.terminate()
            worker.wait(30)
        signals = plain_signals({"signals": server.signals}, datetime.now(UTC))
        assert len(signals) == 6
        assert {(signal.name, signal.target) for signal in signals} == {("task_failure shop.charge", "shop")}
        assert len({signal.signature for signal in signals}) == 1
        assert len({signal.delivery_key for signal in signals}) == 6
