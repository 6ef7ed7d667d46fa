"""Flower, as it ships, against the fleet: three pools, readable job names, lengths over all ten levels."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
from pydantic import SecretStr

from grace_workers.adapters.celery import DoorbellPublisher, flower_command
from grace_workers.adapters.embedded.place import free_port
from grace_workers.bootstrap.broker import flower_of
from grace_workers.orchestration.job import Pool
from grace_workers.settings import BrokerSettings, DatabaseSettings, FlowerSettings, Settings
from tests.integration.celery.fleet import ROOT, bells, started, worker
from tests.waiting import until

pytestmark = pytest.mark.servers


@contextmanager
def flower(broker: str, folder: Path, *, basic_auth: str = "") -> Iterator[str]:
    port = free_port()
    command = flower_command(
        port=port,
        database=folder / "flower",
        basic_auth=bool(basic_auth),
        app="tests.integration.celery.recording_app:monitor",
    )
    environment = {**os.environ, "RECORDING_BROKER": broker, "PYTHONPATH": str(ROOT)}
    if basic_auth:
        environment["FLOWER_BASIC_AUTH"] = basic_auth
    with (folder / "flower.log").open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: answers(f"{url}/healthcheck"), within=20)
        yield url
    finally:
        process.terminate()
        process.wait(15)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.TransportError:
        return False


def test_flower_shows_three_pools_readable_jobs_and_all_ten_levels(broker_url, tmp_path):
    doorbells = DoorbellPublisher(broker_url)
    with ExitStack() as stack:
        for pool in Pool:
            stack.enter_context(worker(broker_url, tmp_path, name=pool.value, instance="node-a", pool=pool))
        url = stack.enter_context(flower(broker_url, tmp_path, basic_auth="operator:secret"))
        site = stack.enter_context(httpx.Client(base_url=url, auth=("operator", "secret"), timeout=10))
        until(lambda: queues_known(site) == set(Pool), within=20)
        doorbells.ring(bells(3))
        until(lambda: "test.note" in site.get("/api/tasks").text, within=10)
        client = stack.enter_context(redis.Redis.from_url(broker_url))
        # Every slot is held, the express slot last, so what is rung next waits in its lanes.
        doorbells.ring(bells(2, name="test.hold"))
        until(lambda: len(started(client)) == 5, within=10)
        doorbells.ring(bells(1, name="test.hold", priority=10))
        until(lambda: len(started(client)) == 6, within=10)
        for priority in range(1, 11):
            doorbells.ring(bells(priority, priority=priority))

        def lengths() -> dict[str, int]:
            queues = read(site, "/api/queues/length")["active_queues"]
            return {queue["name"]: queue["messages"] for queue in queues}

        waiting = {"healing": sum(range(1, 9)), "healing.express": 9 + 10}
        until(lambda: waiting.items() <= lengths().items(), within=10)
        assert {name for pool in Pool for name in (pool.value, f"{pool.value}.express")} == set(lengths())
        assert "healing.express" in site.get("/broker").text
        assert site.get("/tasks").is_success
        client.set("release", 1)
    doorbells.close()


def queues_known(site: httpx.Client) -> set[str]:
    """The pools whose queues Flower has been told: a worker is listed from its first event, before it answers."""
    workers = read(site, "/api/workers?refresh=1")
    return {name.partition("@")[0] for name, facts in workers.items() if facts.get("active_queues")}


def read(site: httpx.Client, path: str) -> Any:
    answer = site.get(path)
    answer.raise_for_status()
    return answer.json()


def test_flower_without_a_password_shows_the_pools_and_accepts_no_orders(broker_url, tmp_path):
    with worker(broker_url, tmp_path) as process, flower(broker_url, tmp_path) as url:
        until(lambda: "healing@one" in httpx.get(f"{url}/workers").text, within=20)
        answer = httpx.post(f"{url}/api/worker/shutdown/healing@one")
        assert answer.status_code in {401, 403}
        assert process.poll() is None


def test_the_password_is_not_on_the_command_line(tmp_path):
    command = flower_command(port=1, database=tmp_path / "db", basic_auth=True)
    assert sys.executable == command[0]
    assert not [word for word in command if "basic_auth" in word]


def test_flower_keeps_few_jobs_and_saves_rarely(tmp_path):
    command = flower_command(port=1, database=tmp_path / "db")
    bounds = dict(word.removeprefix("--").split("=") for word in command if "=" in word)
    assert int(bounds["max_tasks"]) <= 5_000
    assert int(bounds["max_workers"]) <= 1_000
    assert int(bounds["purge_offline_workers"]) > 0
    assert int(bounds["state_save_interval"]) >= 30_000


def test_flower_is_given_the_broker_and_no_other_secret(tmp_path):
    settings = Settings(
        data_dir=tmp_path,
        database=DatabaseSettings(url=SecretStr("postgresql://grace:database-secret@db/grace")),
        broker=BrokerSettings(url=SecretStr("redis://:broker-secret@redis/0")),
        flower=FlowerSettings(auth=SecretStr("operator:flower-secret")),
    )
    given = {
        "GRACE_DATABASE__URL": "postgresql://grace:database-secret@db/grace",
        "GRACE_DATABASE__PASSWORD_FILE": "/run/secrets/database_password",
        "GRACE_API__ADMIN_TOKEN": "grace_admin-secret",
        "GRACE_BROKER__PASSWORD": "broker-secret",
        "GRACE_CONFIG": "grace.yaml",
        "PATH": "/bin",
    }
    found = flower_of(settings).process(given)
    assert set(found.environment) == {"GRACE_BROKER__URL", "GRACE_CONFIG", "PATH", "FLOWER_BASIC_AUTH"}
    told = " ".join([*found.argv, *found.environment.values()])
    assert "database-secret" not in told
    assert "admin-secret" not in told
    assert not [word for word in found.argv if "secret" in word]


def test_flower_is_configured_without_a_database(tmp_path):
    settings = Settings(data_dir=tmp_path, broker=BrokerSettings(url=SecretStr("redis://:secret@redis/0")))
    assert flower_of(settings).process({}).environment["GRACE_BROKER__URL"] == "redis://:secret@redis/0"
