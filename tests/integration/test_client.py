"""`Grace` by its three ways: the same durable job, and in your own transaction exactly when you commit."""

import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import create_engine

from grace_workers import ConflictError, Grace, InputError, NotFoundError, TransientError
from grace_workers.foundation.ids import JobId, parse_uuid
from grace_workers.governance import Role
from tests.acceptance.api_world import api_world

pytestmark = pytest.mark.servers

WISH = {"playbook": "restart_dead_service", "reason": "it does not answer"}
GONE = "postgresql://nobody@127.0.0.1:9/none"


@pytest.fixture
def world(database_url, broker_url, tmp_path):
    with api_world(database_url, broker_url, tmp_path) as found:
        yield found


@pytest.fixture(params=["http", "database"])
def grace(request, world):
    """A client by each way that needs no transaction of the caller's."""
    http = {"url": world.url, "token": world.secrets[Role.OPERATOR]}
    with Grace(**http if request.param == "http" else {"database_url": world.database}) as made:
        yield made


def jobs(world, name="grace.heal"):
    with world.runtime.ledger.transaction() as tx:
        return tx.jobs.find(names=[name])


def test_healing_gives_one_durable_job_whichever_way(grace, world):
    handle = grace.heal("shop-web", **WISH, priority=8)
    (job,) = jobs(world)
    assert (str(job.id), job.priority, job.payload["target"]) == (handle.id, 8, "shop-web")
    assert handle.state() == "queued"
    assert handle.result() is None
    assert list(handle.timeline()) == []


def test_an_open_task_of_the_same_dedupe_key_is_returned_again(grace, world):
    first = grace.heal("shop-web", **WISH, dedupe_key="night")
    assert grace.heal("shop-web", **WISH, dedupe_key="night").id == first.id
    assert len(jobs(world)) == 1


def test_a_cancelled_task_says_so_and_is_not_cancelled_twice(grace):
    handle = grace.heal("shop-web", **WISH)
    handle.cancel()
    assert handle.wait(timeout=5) == "cancelled"
    with pytest.raises(ConflictError):
        handle.cancel()


def test_waiting_ends_with_the_time_and_names_the_state(grace):
    handle = grace.heal("shop-web", **WISH)
    with pytest.raises(TimeoutError, match=r"within 0\.2 s; it is queued"):
        handle.wait(timeout=0.2)


def test_a_signal_is_handed_in_as_a_task(grace, world):
    handle = grace.signal("HealthProbeFailed", target="shop-web", severity="critical")
    (job,) = jobs(world, "grace.signal")
    assert str(job.id) == handle.id
    assert job.payload["severity"] == "critical"


def test_what_cannot_be_taken_is_refused_and_stores_nothing(grace, world):
    before = world.rows()
    for attempt in (
        lambda: grace.heal("shop-web", reason=""),
        lambda: grace.heal("shop-web", **WISH, priority=11),
        lambda: grace.heal("shop-web", reason="a\x00b"),
        lambda: grace.orchestrate("rm -rf"),
        lambda: grace.signal("x", colour="red"),
        lambda: grace.signal(""),
    ):
        with pytest.raises(InputError):
            attempt()
    assert world.rows() == before


def test_a_coding_task_gives_one_durable_job_whichever_way(grace, world):
    handle = grace.code("fix_bug", target="shop-code", reason="a test fails", priority=7, seconds=30)
    (job,) = jobs(world, "code.task")
    assert (str(job.id), job.pool.value, job.priority, job.payload["seconds"]) == (handle.id, "coding", 7, 30.0)
    with pytest.raises(InputError, match="task: Input should be 'build_feature'"):
        grace.code("beautify", reason="it is ugly")


def test_a_refactoring_is_emitted_as_its_contract_says(grace, world):
    targets = ["shop.cart", "shop/web.py"]
    handle = grace.emit_refactor_task("improve_logging", targets, "logs are text", ["they are not"], 8, True)
    (job,) = jobs(world, "code.task")
    assert (str(job.id), job.priority) == (handle.id, 8)
    assert job.payload["arguments"] == {"intent": "improve_logging", "targets": targets, "options": {}}
    assert (job.payload["mode"], job.payload["auto_merge"]) == ("live", True)
    assert job.payload["acceptance"] == ["they are not"]


def test_a_window_is_made_and_ended_over_http_with_a_token(world):
    hour = timedelta(hours=1)
    with Grace(database_url=world.database) as grace, pytest.raises(InputError, match="give url and token"):
        grace.windows.mute(hour, reason="a copy")
    with Grace(url=world.url, token=world.secrets[Role.OPERATOR]) as grace:
        covers = grace.windows.preview("mute", hour, reason="a copy", targets=["shop-web"])["covers"]
        assert (covers, grace.windows.open()) == (["shop-web"], [])
        made = grace.windows.mute(hour, reason="a copy", targets=["shop-web"])
        grace.windows.freeze(hour, reason="a release", name="release 4.2")
        assert [one["name"] for one in grace.windows.open()] == ["mute", "release 4.2"]
        grace.windows.end(made["id"], reason="done")
        assert [one["effect"] for one in grace.windows.open()] == ["freeze"]
        with pytest.raises(InputError):
            grace.windows.mute(hour, reason="a copy", targets=["no-such-target"])


def test_a_safe_point_is_ordered_over_http_with_a_token(world):
    with Grace(database_url=world.database) as grace, pytest.raises(InputError, match="give url and token"):
        grace.safe_points.keep("release-42", reason="a release")
    with Grace(url=world.url, token=world.secrets[Role.OPERATOR]) as grace:
        assert grace.safe_points.all() == []
        with pytest.raises(InputError, match="gives no part of a safe point; targets that can: shop-code"):
            grace.safe_points.keep("release-42", reason="a release", targets=["shop-web"])
        assert grace.safe_points.keep("release-42", reason="a release").state() == "queued"
        with pytest.raises(NotFoundError, match="no safe point 'release 42' is kept"):
            grace.safe_points.restore("release 42", reason="it is bad")
        with pytest.raises(NotFoundError, match="no safe point"):
            grace.safe_points.get("release-42")
        with pytest.raises(NotFoundError, match="no safe point 'release-42' is kept"):
            grace.safe_points.drop("release-42", reason="it is good")


def test_an_unknown_task_is_not_found_and_an_id_that_is_none_is_refused(grace):
    with pytest.raises(NotFoundError):
        grace.task("018f0000-0000-7000-8000-000000000000").state()
    with pytest.raises(InputError):
        grace.task("seven")


@pytest.mark.parametrize("kind", ["sqlalchemy", "psycopg"])
def test_a_job_in_the_callers_transaction_exists_exactly_when_the_caller_commits(world, kind):
    with opened(kind, world.database) as connection, Grace(connection=connection) as grace:
        grace.heal("shop-web", **WISH)
        assert len(jobs(world)) == 0
        connection.rollback()
        assert len(jobs(world)) == 0
        kept = grace.heal("shop-web", **WISH)
        assert kept.state() == "queued"
        connection.commit()
        (job,) = jobs(world)
        assert job.id == JobId(parse_uuid(kept.id, "job"))
        kept.cancel()
        grace.signal("HealthProbeFailed", target="shop-web")
        connection.commit()
        assert kept.wait(timeout=5) == "cancelled"
        assert len(jobs(world, "grace.signal")) == 1


def test_a_connection_without_a_transaction_is_refused_and_nothing_is_stored(world):
    before = world.rows()
    with (
        psycopg.connect(world.database, autocommit=True) as alone,
        Grace(connection=alone) as grace,
        pytest.raises(InputError, match="transaction"),
    ):
        grace.heal("shop-web", **WISH)
    with opened("sqlalchemy", world.database) as connection:
        alone = connection.execution_options(isolation_level="AUTOCOMMIT")
        with Grace(connection=alone) as grace, pytest.raises(InputError, match="transaction"):
            grace.heal("shop-web", **WISH)
    assert world.rows() == before


@contextmanager
def opened(kind, database):
    if kind == "psycopg":
        with psycopg.connect(database) as connection:
            yield connection
        return
    engine = create_engine(database.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_exactly_one_way_is_to_be_given():
    with pytest.raises(InputError):
        Grace()
    with pytest.raises(InputError):
        Grace(url="http://127.0.0.1:1", database_url=GONE)


def test_an_unreachable_api_or_database_is_a_transient_error():
    with Grace(url="http://127.0.0.1:9", token="x") as grace, pytest.raises(TransientError):
        grace.heal("shop-web", **WISH)
    with Grace(database_url=GONE) as grace, pytest.raises(TransientError):
        grace.heal("shop-web", **WISH)


def test_importing_the_package_imports_no_driver():
    heavy = "{'fastapi', 'sqlalchemy', 'celery', 'httpx', 'psycopg', 'redis', 'scipy', 'pydantic'}"
    code = f"import sys, grace_workers; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
