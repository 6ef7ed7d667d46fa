"""Every kernel's self-test on a real node's servers and processes: first healthy, then with its subject really broken.

The last two do not repair what they broke, because restarting it would only take time.
"""

import time
from contextlib import contextmanager

import psutil
import psycopg
import pytest

from grace_workers.adapters.celery.commands import queues_of
from grace_workers.bootstrap.catalogs import catalogs
from grace_workers.fleet import Limited, Ready, Unready
from grace_workers.node.exit_codes import FENCED
from grace_workers.orchestration.job import Pool
from tests.integration.kernels.scene import HERE
from tests.waiting import until

pytestmark = pytest.mark.servers
SERVES = dict.fromkeys(["coding_pool", "trigger_monitor"], Limited)
# Two seconds are the promise on a machine that has time; a question without a limit would take half a minute.
IN_TIME = 8.0


@pytest.mark.parametrize("name", catalogs().kernels.names)
def test_a_kernel_of_a_whole_node_passes_its_full_contract(scene, name):
    assert scene.until(name, SERVES.get(name, Ready), thorough=True)


def timed(scene, name):
    began = time.monotonic()
    found = scene.ask(name)
    return found, time.monotonic() - began


@pytest.mark.parametrize("name", catalogs().kernels.names)
def test_a_self_test_answers_in_time(scene, name):
    _, took = timed(scene, name)
    assert took < IN_TIME


@contextmanager
def frozen(pid):
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    for one in family:
        one.suspend()
    try:
        yield
    finally:
        for one in family:
            one.resume()


def test_a_frozen_database_is_seen_in_time_and_its_return_too(scene):
    with frozen(scene.postgres.pid):
        for name in ("database", "audit_log", "scheduler", "fleet_keeper"):
            found, took = timed(scene, name)
            assert isinstance(found, Unready), name
            assert "the database did not answer within" in found.why
            assert took < IN_TIME
    scene.until("database", Ready)


def test_a_stopped_broker_is_seen_by_all_who_need_it_and_its_return_too(scene):
    scene.valkey.stop()
    try:
        for name in ("message_bus", "healing_pool", "coding_pool", "orchestration_pool"):
            found, took = timed(scene, name)
            assert isinstance(found, Unready), name
            assert took < IN_TIME
    finally:
        scene.valkey.start()
    scene.until("message_bus", Ready)
    scene.until("healing_pool", Ready, thorough=True)


def test_a_schema_that_is_behind_is_named(scene):
    with psycopg.connect(scene.postgres.url, autocommit=True) as session:
        session.execute("UPDATE alembic_version SET version_num = '0001_pre_audit'")
        found = scene.ask("database")
        session.execute("UPDATE alembic_version SET version_num = %s", (scene.revision,))
    assert isinstance(found, Unready)
    assert "0001_pre_audit" in found.why
    assert isinstance(scene.ask("database"), Ready)


def test_a_lost_signing_key_is_named(scene):
    key = scene.settings.data_dir / "audit-keys" / "key"
    aside = key.with_name("aside")
    key.rename(aside)
    found = scene.ask("audit_log")
    aside.rename(key)
    assert isinstance(found, Unready)
    assert "no audit signing key" in found.why


def test_a_key_that_others_can_read_is_named_by_log_and_secrets(scene):
    key = scene.settings.data_dir / "audit-keys" / "key"
    key.chmod(0o644)
    found = [scene.ask("secrets"), scene.ask("audit_log")]
    key.chmod(0o600)
    assert [isinstance(one, Unready) for one in found] == [True, True]
    assert "open to others (mode 0644)" in found[0].why
    assert isinstance(scene.ask("secrets"), Ready)


def test_a_changed_entry_at_the_end_of_the_log_is_seen(scene):
    with scene.attacked() as session:
        newest = "(SELECT max(seq) FROM audit_log)"
        kept = session.execute(f"SELECT seq, entry::text FROM audit_log WHERE seq = {newest}").fetchone()
        session.execute(
            "UPDATE audit_log SET entry = replace(entry::text, 'action', 'auction')::json WHERE seq = %s", (kept[0],)
        )
        found = scene.ask("audit_log")
        session.execute("UPDATE audit_log SET entry = %s::json WHERE seq = %s", (kept[1], kept[0]))
    assert isinstance(found, Unready)
    assert f"entry {kept[0]} was changed" in found.why
    assert isinstance(scene.ask("audit_log"), Ready)


def test_an_anchor_that_knows_more_than_the_log_tells_of_a_rollback(scene):
    with scene.attacked() as session:
        size, frontier, chain = session.execute("SELECT size, frontier, chain FROM audit_head").fetchone()
        session.execute("UPDATE audit_head SET size = size - 1")
        found = scene.ask("audit_log")
        session.execute("UPDATE audit_head SET size = %s, frontier = %s, chain = %s", (size, frontier, chain))
    assert isinstance(found, Unready)
    assert "rolled back" in found.why


def test_a_frozen_worker_falls_silent_and_a_thawed_one_speaks_again(scene):
    with frozen(scene.running["healing"].pid):
        assert "does not answer" in scene.until("healing_pool", Unready).why
        _, took = timed(scene, "healing_pool")
    assert took < IN_TIME
    scene.until("healing_pool", Ready, thorough=True)


@pytest.mark.fleet
def test_reports_of_a_workers_earlier_life_do_not_count(scene):
    before = scene.probe.broker.worker("healing", HERE)
    scene.kill("healing")
    assert scene.probe.broker.worker("healing", HERE) == before, "it is still said, as a supervisor must know"
    assert "does not answer" in scene.until("healing_pool", Unready).why
    scene.environment["GRACE_WORKER_LIFE"] = "second"
    scene.start("healing")
    scene.until("healing_pool", Ready)
    assert (before.life, scene.probe.broker.worker("healing", HERE).life) == ("", "second")


def test_a_frozen_beat_loses_its_lease(scene):
    with frozen(scene.running["beat"].pid):
        assert "its lease is free" in scene.until("scheduler", Unready).why
    scene.until("scheduler", Ready)


def test_a_frozen_control_process_is_silent(scene):
    with frozen(scene.running["control"].pid):
        until(lambda: "silent" in getattr(scene.ask("fleet_keeper"), "why", ""), within=30)
    control = scene.running["control"]
    until(lambda: control.poll() is not None or isinstance(scene.ask("fleet_keeper"), Ready), within=30)
    if control.poll() is not None:
        # On a busy machine it was suspended for so long that it was declared dead, and ends so that its node restarts
        # it.
        assert control.returncode == FENCED
        scene.start("control")
    scene.until("fleet_keeper", Ready)


def test_the_api_refuses_an_unknown_token(scene):
    path = scene.settings.cli_token_file
    kept = path.read_text()
    path.write_text("grace_unknown")
    found = scene.ask("api")
    path.write_text(kept)
    assert isinstance(found, Unready)
    assert "401" in found.why


def test_a_stash_that_cannot_be_written_is_named(scene):
    blocked = scene.settings.data_dir / "self-test"
    assert list(blocked.iterdir()) == []
    blocked.rmdir()
    blocked.write_text("in the way")
    found = scene.ask("snapshot_keeper")
    blocked.unlink()
    assert isinstance(found, Unready)
    assert "cannot stash anything" in found.why


def test_a_killed_api_is_seen_by_those_who_show_through_it(scene):
    scene.kill("api")
    found = [scene.ask("api"), scene.ask("telemetry")]
    assert [isinstance(one, Unready) for one in found] == [True, True]


@pytest.mark.fleet
def test_a_worker_that_reads_another_queue_takes_no_jobs(scene):
    scene.kill("healing")
    scene.start("healing", queues=queues_of(Pool.HEALING, HERE, apart=True))
    wanted = "takes no jobs from the queue 'healing'"
    until(lambda: wanted in getattr(scene.ask("healing_pool"), "why", ""), within=60)
