"""Settings, names and messages, without a server."""

import base64
import json

import pytest

from grace_workers.adapters.celery import (
    BrokerConfig,
    beat_command,
    build_app,
    build_monitor_app,
    lanes,
    worker_command,
)
from grace_workers.adapters.celery.doorbell import message_text
from grace_workers.foundation.ids import JobId, uuid7
from grace_workers.foundation.redaction import LONGEST, redacted
from grace_workers.orchestration.job import Pool, Priority
from grace_workers.orchestration.work.doorbells import Doorbell, Lane

URL = "redis://127.0.0.1:1/0"


def test_ten_priorities_are_ten_levels_and_ten_is_the_most_urgent():
    assert [lanes.level_of(Priority(priority)) for priority in range(10, 0, -1)] == list(lanes.LEVELS)


@pytest.mark.parametrize(("priority", "queue"), [(10, "coding.express"), (9, "coding.express"), (8, "coding")])
def test_the_two_highest_priorities_are_rung_on_the_express_queue(priority, queue):
    lane = Lane.of(Pool.CODING, Priority(priority))
    assert queue == lanes.queue_name(lane.pool, express=lane.express)


def test_the_transport_is_ours_unless_the_setting_says_stock():
    assert build_app(BrokerConfig(url=URL)).conf.broker_transport.startswith("grace_workers.")
    stock = build_app(BrokerConfig(url=URL, stock_transport=True)).conf
    assert stock.broker_transport is None
    assert "visibility_timeout" not in stock.broker_transport_options, "a short lease needs its renewal"


def test_two_processes_never_share_a_lease_owner():
    first, second = (build_app(BrokerConfig(url=URL)).conf.broker_transport_options["lease_owner"] for _ in range(2))
    assert first != second


def test_flower_counts_the_same_ten_levels():
    options = build_monitor_app(BrokerConfig(url=URL)).conf.broker_transport_options
    assert options == {"priority_steps": list(range(10)), "sep": lanes.SEPARATOR}


def test_an_encrypted_broker_is_verified_unless_the_url_says_otherwise():
    secure = build_app(BrokerConfig(url="rediss://broker:6380/0"))
    assert secure.conf.broker_use_ssl == {"ssl_cert_reqs": "required"}
    assert not build_app(BrokerConfig(url="rediss://broker:6380/0?ssl_cert_reqs=none")).conf.broker_use_ssl


def test_no_password_is_on_a_command_line():
    commands = [*worker_command(Pool.HEALING, 4, instance="a"), *beat_command()]
    assert not [word for word in commands if "redis://" in word]


@pytest.mark.parametrize(("pool", "kind"), [(Pool.HEALING, "threads"), (Pool.CODING, "prefork")])
def test_a_worker_has_its_express_slots_beside_the_ordinary_ones(pool, kind):
    command = worker_command(pool, 4, instance="a", express_slots=2)
    assert command[command.index("--concurrency") + 1] == "6"
    assert command[command.index("--pool") + 1] == kind
    assert command[command.index("--queues") + 1] == f"{pool}.express,{pool}"


def test_a_doorbell_carries_an_id_a_level_and_a_version_and_no_work():
    job = JobId(uuid7())
    bell = Doorbell(job_id=job, name="grace.incident.advance", pool=Pool.HEALING, priority=Priority(10))
    message = json.loads(message_text(bell, origin="test"))
    assert message["headers"]["task"] == "grace.incident.advance"
    assert message["headers"]["argsrepr"] == f"('{job}',)"
    assert json.loads(base64.b64decode(message["body"])) == [[str(job)], {"level": 0, "version": 1}, {}]
    assert message["properties"]["delivery_info"]["redelivered"] is False


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("redis://:pw@h:1/0 refused", "redis://***@h:1/0 refused"),
        ("password = 'a b' wrong", "password = '***' wrong"),
        ("Authorization: Bearer abc.def.ghi", "Authorization: ***"),
        ('{"api_key": "k1", "x": 1}', '{"api_key": "***", "x": 1}'),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_credentials_become_stars(text, expected):
    assert expected == redacted(text)


def test_a_long_text_is_cut_and_nul_is_dropped():
    assert len(redacted("x" * 10_000)) == LONGEST
    assert redacted("a\x00b") == "ab"


@pytest.mark.timeout(20)
@pytest.mark.parametrize("part", ["a", "a:", "a://", "-", "password", "password =", 'password="', "a.b-"])
def test_no_text_takes_more_than_time_in_proportion_to_redact(part: str) -> None:
    # A pattern that tried every pair of positions would take minutes, and the timeout would end it.
    assert len(redacted(part * (100_000 // len(part)))) <= LONGEST
