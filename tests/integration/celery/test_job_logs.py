"""The log lines of jobs in a real Valkey."""

import json

import pytest
import redis

from grace_workers.adapters.redis.job_logs import RedisJobLogs
from grace_workers.foundation.errors import InputError, TransientError
from grace_workers.foundation.ids import JobId, uuid7
from grace_workers.orchestration.fleet.job_log import KEPT, MOST_LINES

pytestmark = pytest.mark.servers


def lines(job, *events):
    return [(str(job), json.dumps({"event": event, "level": "info"})) for event in events]


def test_lines_are_read_from_where_one_left_off_and_only_the_newest_are_kept(broker_url):
    logs, one, other = RedisJobLogs(broker_url), JobId(uuid7()), JobId(uuid7())
    logs.keep([*lines(one, "a", "b"), *lines(other, "x")])
    first = logs.read(one)
    assert [line.event for line in first] == ["a", "b"]
    assert list(logs.read(one, after=first[-1].position)) == []
    logs.keep(lines(one, *(f"c{number}" for number in range(MOST_LINES))))
    assert [line.event for line in logs.read(one, after=first[-1].position, limit=2)] == ["c0", "c1"]
    assert [line.event for line in logs.read(one)] == [f"c{number}" for number in range(MOST_LINES)]
    assert [line.event for line in logs.read(one, limit=1)] == [f"c{MOST_LINES - 1}"]
    assert list(logs.read(JobId(uuid7()))) == []
    with pytest.raises(InputError, match="is not the position of a log line"):
        logs.read(one, after="+")
    with redis.Redis.from_url(broker_url) as client:
        assert 0 < client.ttl(f"grace.job.log:{one}") <= KEPT.total_seconds()
    logs.close()


def test_a_broker_that_does_not_answer_is_said():
    logs = RedisJobLogs("redis://127.0.0.1:9")
    with pytest.raises(TransientError, match="the log lines of jobs are unreachable: ConnectionError"):
        logs.keep(lines(uuid7(), "a"))
