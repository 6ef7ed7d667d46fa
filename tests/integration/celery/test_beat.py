"""Celery beat, as a real process, with our scheduler."""

import os
import subprocess
from contextlib import contextmanager

import pytest
import redis

from grace_workers.adapters.celery import beat_command
from tests.integration.celery.fleet import ROOT
from tests.waiting import until

pytestmark = pytest.mark.servers


@contextmanager
def beat(broker_url, folder):
    command = beat_command(app="tests.integration.celery.beating_app:app")
    environment = {**os.environ, "RECORDING_BROKER": broker_url, "PYTHONPATH": str(ROOT)}
    with (folder / "beat.log").open("ab") as output:
        process = subprocess.Popen(command, env=environment, cwd=folder, stdout=output, stderr=output)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(10)


@pytest.mark.fleet
def test_beat_ticks_only_while_leading_and_leaves_no_file(broker_url, tmp_path):
    with redis.Redis.from_url(broker_url) as client, beat(broker_url, tmp_path) as process:
        until(lambda: int(client.get("looks") or 0) >= 4, within=20)
        assert not client.exists("fired")
        client.set("leading", 1)
        until(lambda: client.zcard("fired") >= 3, within=10)
        process.terminate()
        assert process.wait(10) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["beat.log"]


@pytest.mark.fleet
def test_two_beats_and_a_killed_one_double_and_lose_no_slot(broker_url, tmp_path):
    with redis.Redis.from_url(broker_url) as client:
        client.set("leading", 1)
        with beat(broker_url, tmp_path) as first:
            until(lambda: client.zcard("fired") >= 1, within=20)
            with beat(broker_url, tmp_path):
                first.kill()
                first.wait(10)
                until(lambda: client.zcard("fired") >= 5, within=20)
        slots = sorted(int(score) for _, score in client.zrange("fired", 0, -1, withscores=True))
    assert list(range(slots[0], slots[-1] + 1)) == slots
