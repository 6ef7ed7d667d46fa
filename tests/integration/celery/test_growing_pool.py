"""The growing pool under real workers."""

import psutil
import pytest

from grace_workers.orchestration.job import Pool
from tests.integration.celery.fleet import bells, ended, ids, ready, started, worker
from tests.waiting import until

pytestmark = pytest.mark.servers
RESTING = "tests.integration.celery.resting_app:app"


def children(process) -> list[int]:
    return [one.pid for one in psutil.Process(process.pid).children()]


def test_the_pool_grows_by_a_child_per_job_and_shrinks_when_idle(broker_url, journal, doorbells, tmp_path):
    with worker(broker_url, tmp_path, pool=Pool.CODING, concurrency=2, app=RESTING) as process:
        ready(journal)
        first, second = bells(1, name="test.hold", pool=Pool.CODING), bells(2, name="test.hold", pool=Pool.CODING)
        assert children(process) == []
        doorbells.ring(first)
        until(lambda: len(started(journal)) == 1, within=20)
        assert len(children(process)) == 1
        doorbells.ring(second)
        until(lambda: len(started(journal)) >= 2, within=20)
        assert len(children(process)) == 2, "more children than slots"
        journal.set("release", 1)
        until(lambda: journal.llen("ended") == 3, within=20)
        until(lambda: children(process) == [], within=10)
        third = bells(1, name="test.hold", pool=Pool.CODING)
        doorbells.ring(third)
        until(lambda: journal.llen("ended") == 4, within=20)
    assert dict.fromkeys(ids([*first, *second, *third]), 1) == dict(ended(journal))


def test_a_killed_child_of_several_is_seen_at_once(broker_url, journal, doorbells, tmp_path):
    with worker(broker_url, tmp_path, pool=Pool.CODING, concurrency=2, app=RESTING) as process:
        doorbells.ring(bells(2, name="test.hold", pool=Pool.CODING))
        until(lambda: len(started(journal)) == 2, within=20)
        # The elder one, because the younger also holds the other end of its pipe.
        elder = min(psutil.Process(process.pid).children(), key=lambda one: one.create_time())
        elder.kill()
        until(lambda: len(started(journal)) == 3, within=5)
        assert len(children(process)) == 2
        journal.set("release", 1)
        until(lambda: journal.llen("ended") == 2, within=10)
