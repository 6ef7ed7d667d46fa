"""What is deleted after its time, and what never is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.adapters.postgres.retention import BATCH, Keep, Retention
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.line.recollection import REMEMBERED

pytestmark = pytest.mark.servers

KEEP = Keep(
    jobs=timedelta(days=30),
    unaudited=timedelta(days=1),
    dead=timedelta(days=90),
    signals=timedelta(days=90),
    instances=timedelta(days=30),
    facts=timedelta(days=60),
    findings=timedelta(days=45),
    outcomes=timedelta(days=400),
)
INCIDENT = "0199a5f0-0000-7000-8000-000000000001"
Sql = Callable[..., list[Any]]


@pytest.mark.parametrize(
    "case",
    [
        ("succeeded", True, 29, True),
        ("succeeded", True, 31, False),
        ("failed", True, 31, False),
        ("cancelled", True, 31, False),
        ("succeeded", False, 2, False),
        ("dead", False, 89, True),
        ("dead", True, 91, False),
    ],
)
def test_an_ended_job_stays_for_its_time(
    engine: Engine, submit: Any, sql: Sql, case: tuple[str, bool, int, bool]
) -> None:
    state, audited, days, stays = case
    job = submit()
    sql(
        "UPDATE jobs SET state = :state, audited = :audited, ended_at = clock_timestamp() - :age WHERE id = :id",
        state=state,
        audited=audited,
        age=timedelta(days=days),
        id=job.id,
    )
    assert Retention(engine, KEEP).forget_once() == (0 if stays else 1)
    assert len(sql("SELECT id FROM jobs WHERE id = :id", id=job.id)) == int(stays)


def test_a_maintenance_window_is_forgotten_long_after_its_end(engine: Engine, sql: Sql) -> None:
    for days in (-1, 89, 91):
        sql(
            "INSERT INTO windows (id, ends_at, document) VALUES (gen_random_uuid(), clock_timestamp() - :age, '{}')",
            age=timedelta(days=days),
        )
    assert Retention(engine, KEEP).forget_once() == 1
    assert sql("SELECT count(*) FROM windows") == [(2,)]


def test_what_people_were_told_and_who_took_it_is_forgotten_long_after(engine: Engine, sql: Sql) -> None:
    for days in (89, 91):
        age = timedelta(days=days)
        sql(
            "INSERT INTO notices (subject, way, key, kind, made_at)"
            " VALUES (:subject, 'mail', '1', 'needed', clock_timestamp() - :age)",
            subject=f"incident:{days}",
            age=age,
        )
        sql("INSERT INTO takers VALUES (:subject, 'ann', clock_timestamp() - :age)", subject=f"i:{days}", age=age)
    assert Retention(engine, KEEP).forget_once() == 2
    assert sql("SELECT subject FROM notices") == [("incident:89",)]
    assert sql("SELECT subject FROM takers") == [("i:89",)]
    # However short the signals are kept, for 31 days a notice says whether people are needed.
    assert Retention(engine, replace(KEEP, signals=timedelta(days=1))).forget_once() == 2
    sql(
        "INSERT INTO notices (subject, way, key, kind, made_at)"
        " VALUES ('incident:31', 'mail', '1', 'needed', clock_timestamp() - interval '31 days')"
    )
    assert Retention(engine, replace(KEEP, signals=timedelta(days=1))).forget_once() == 0


def test_old_outcomes_are_forgotten_except_the_newest_that_are_learned_from(engine: Engine, sql: Sql) -> None:
    for days, count in ((401, 3), (399, 1), (401, REMEMBERED - 1)):
        sql(
            "INSERT INTO precedents (plan, document) SELECT gen_random_uuid(),"
            " json_build_object('at', clock_timestamp() - :age) FROM generate_series(1, :count)",
            age=timedelta(days=days),
            count=count,
        )
    newest = sql("SELECT max(revision) FROM precedents")
    assert Retention(engine, KEEP).forget_once() == 3
    assert sql("SELECT count(*), max(revision) FROM precedents") == [(REMEMBERED, *newest[0])]
    assert Retention(engine, KEEP).forget_once() == 0


def test_a_version_of_a_learned_cause_is_forgotten_long_after_it_was_in_force(engine: Engine, sql: Sql) -> None:
    for name, proposed, accepted, withdrawn in (
        ("in force", 900, 800, None),
        ("lately in force", 900, None, 399),
        ("new", 399, None, None),
        ("never in force", 401, None, None),
        ("long withdrawn", 900, None, 401),
    ):
        sql(
            "INSERT INTO learned_causes SELECT :name, '', '', 'ann', now() - make_interval(days => :proposed),"
            " now() - make_interval(days => :accepted), now() - make_interval(days => :withdrawn)",
            name=name,
            proposed=proposed,
            accepted=accepted,
            withdrawn=withdrawn,
        )
    assert Retention(engine, KEEP).forget_once() == 2
    assert sql("SELECT name FROM learned_causes ORDER BY 1") == [("in force",), ("lately in force",), ("new",)]


def test_the_days_of_the_language_model_go_with_the_outcomes(engine: Engine, sql: Sql) -> None:
    for age in (0, 399, 401):
        sql("INSERT INTO model_use SELECT (now() - make_interval(days => :age))::date, 1, 1, 0, 0, 0", age=age)
    assert Retention(engine, KEEP).forget_once() == 1


def test_open_jobs_are_never_forgotten(engine: Engine, submit: Any, sql: Sql) -> None:
    job = submit()
    sql("UPDATE jobs SET submitted_at = '2001-01-01', due_at = '2001-01-01' WHERE id = :id", id=job.id)
    assert Retention(engine, KEEP).forget_once() == 0


def test_a_turn_takes_one_batch_and_the_next_the_rest(engine: Engine, submit: Any, sql: Sql) -> None:
    job = submit()
    sql("UPDATE jobs SET state = 'succeeded', ended_at = '2001-01-01' WHERE id = :id", id=job.id)
    sql(
        "INSERT INTO jobs SELECT (jsonb_populate_record(j, jsonb_build_object('id', gen_random_uuid()))).* "
        "FROM jobs j, generate_series(1, :count)",
        count=BATCH + 4,
    )
    retention = Retention(engine, KEEP)
    assert [retention.forget_once() for _ in range(3)] == [BATCH, 5, 0]


def old_incident(sql: Sql, state: str) -> None:
    sql(
        "INSERT INTO incidents (id, version, state, signature, severity, title, signals, opened_at, "
        "last_signal_at, updated_at, dossier) VALUES (:id, 1, :state, 's', 'error', 't', 1, '2001-01-01', "
        "'2001-01-01', '2001-01-01', '{}')",
        id=INCIDENT,
        state=state,
    )


@pytest.mark.parametrize(("state", "stays"), [(None, False), ("closed", False), ("escalated", True), ("open", True)])
def test_a_signal_stays_while_its_incident_may_move(engine: Engine, sql: Sql, state: str | None, stays: bool) -> None:
    if state is not None:
        old_incident(sql, state)
    sql(
        "INSERT INTO signals (id, delivery_key, signature, received_at, document, incident) "
        "VALUES ('00e00000-0000-7000-8000-000000000001', 'k', 's', '2001-01-01', '{}', :incident)",
        incident=INCIDENT if state else None,
    )
    Retention(engine, KEEP).forget_once()
    assert len(sql("SELECT id FROM signals")) == int(stays)


def test_a_gone_node_is_deleted_with_its_kernels_unless_it_was_quarantined(engine: Engine, sql: Sql) -> None:
    nodes = {"alive": None, "gone lately": 29, "gone long": 31, "set apart": 31}
    for name, days in nodes.items():
        PostgresInstances(engine).register(InstanceName(name), pools=())
        left_at = None if days is None else datetime.now(UTC) - timedelta(days=days)
        sql("UPDATE instances SET left_at = :left_at WHERE name = :name", left_at=left_at, name=name)
        sql(
            "INSERT INTO kernels (instance, kernel, state, detail, restarts, failing, since, checked_at)"
            " VALUES (:name, 'database', 'ready', '', 0, false, :at, :at)",
            name=name,
            at=left_at or datetime.now(UTC),
        )
    sql("UPDATE instances SET quarantined_at = left_at WHERE name = 'set apart'")
    assert Retention(engine, KEEP).forget_once() == 2
    for query in ("SELECT name FROM instances", "SELECT instance FROM kernels"):
        assert nodes.keys() - {name for (name,) in sql(query)} == {"gone long"}


def test_a_parked_event_stays_as_long_as_a_dead_job(engine: Engine, sql: Sql) -> None:
    for days in (89, 91):
        sql(
            "INSERT INTO event_parked (subscription, id, position, topic, attempts, error, parked_at)"
            " VALUES ('mine', gen_random_uuid(), :days, 'node.boot', 8, 'why', clock_timestamp() - :age)",
            days=days,
            age=timedelta(days=days),
        )
    assert Retention(engine, KEEP).forget_once() == 1
    assert sql("SELECT position FROM event_parked") == [(89,)]


@pytest.mark.parametrize(("days", "stays"), [(89, True), (91, False)])
def test_a_deployment_stays_as_long_as_the_signals(engine: Engine, sql: Sql, days: int, stays: bool) -> None:
    sql(
        "INSERT INTO deployments (key, target, at, document) VALUES ('k', 'web', clock_timestamp() - :age, '{}')",
        age=timedelta(days=days),
    )
    assert Retention(engine, KEEP).forget_once() == (0 if stays else 1)
    assert len(sql("SELECT key FROM deployments")) == int(stays)


@pytest.mark.parametrize(
    ("state", "days", "stays"), [("closed", 59, True), ("closed", 61, False), ("escalated", 999, True)]
)
def test_facts_stay_while_their_incident_may_move_and_for_their_time(
    engine: Engine, sql: Sql, state: str, days: int, stays: bool
) -> None:
    old_incident(sql, state)
    sql(
        "INSERT INTO incident_facts (incident, target, at, document) "
        "VALUES (:incident, 'web', clock_timestamp() - :age, '{}')",
        incident=INCIDENT,
        age=timedelta(days=days),
    )
    assert Retention(engine, KEEP).forget_once() == (0 if stays else 1)
    assert len(sql("SELECT target FROM incident_facts")) == int(stays)


@pytest.mark.parametrize(("gone", "days", "stays"), [(True, 44, True), (True, 46, False), (False, 999, True)])
def test_a_finding_stays_as_long_as_it_holds_and_then_for_its_time(
    engine: Engine, sql: Sql, gone: bool, days: int, stays: bool
) -> None:
    sql(
        "INSERT INTO findings (cycle, key, gone_at, changed_at, document) VALUES ('c', 'k', "
        "CASE WHEN :gone THEN clock_timestamp() - CAST(:age AS interval) END, "
        "clock_timestamp() - CAST(:age AS interval), '{}')",
        gone=gone,
        age=timedelta(days=days),
    )
    assert Retention(engine, KEEP).forget_once() == (0 if stays else 1)
    assert len(sql("SELECT key FROM findings")) == int(stays)
