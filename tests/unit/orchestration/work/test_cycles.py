"""A cycle as a job: it reads through the line; its findings are stored and accepted in one transaction."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from grace_workers import checks
from grace_workers.checks import Check
from grace_workers.cycles import Cycle, Found, Readers, declared_cycles
from grace_workers.foundation.catalog import Catalog, discover
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import TargetKind
from grace_workers.orchestration.job import Claim, Succeeded
from grace_workers.orchestration.stores.heartbeats import HeartbeatStore
from grace_workers.orchestration.work.catalog import job_at
from grace_workers.orchestration.work.cycle_readers import LineReaders
from grace_workers.orchestration.work.cycles import cycle_job
from grace_workers.signals import Factor, Heartbeat, Reading, Severity, Signal, sign
from tests.builders import DATABASE, PARTNER, WEB, CrashError, Ward, claimed, interrupted, signal
from tests.memory.transaction import MemoryTransaction


def judge(readings: Sequence[Reading], before: JsonValue, now: datetime) -> Found:
    """Raise every reading, and count the looks."""
    looks = before + 1 if isinstance(before, int) else 1
    signals = [
        Signal(
            source="cycle",
            name="Ill",
            target=one.target,
            severity=Severity.WARNING,
            summary=f"{one.target} reads {one.value}",
            signature=sign("Ill"),
            delivery_key=f"ill:{one.target}:{looks}",
            observed_at=now,
        )
        for one in readings
        if one.value
    ]
    return Found(memory=looks, signals=signals, result={"looks": looks})


def read(readers: Readers) -> Sequence[Reading]:
    """Read how ill every target is."""
    return readers.readings(["illness"])


JOB = cycle_job(Cycle(name="rounds", summary="Looks.", cadence=timedelta(minutes=1), read=read, judge=judge))


@pytest.fixture
def ward() -> Ward:
    return Ward()


def look(ward: Ward) -> Claim:
    return claimed(ward, JOB, {})


def incidents(ward: Ward) -> set[str]:
    with ward.ledger.transaction() as tx:
        return {str(one.incident.target) for one in tx.incidents.find()}


def test_raised_signals_open_incidents_and_its_memory_is_restored(ward: Ward) -> None:
    assert JOB.run(ward, look(ward)) == Succeeded(result={"looks": 1})
    assert incidents(ward) == {WEB, DATABASE, PARTNER}
    assert JOB.run(ward, look(ward)) == Succeeded(result={"looks": 2})


@pytest.mark.parametrize("number", [1, 2])
def test_a_look_whose_worker_dies_counts_once_or_never(ward: Ward, number: int) -> None:
    claim = look(ward)
    for _ in range(1, number):
        JOB.run(ward, claim)
    with interrupted(ward, 1, "end"), pytest.raises(CrashError):
        JOB.run(ward, claim)
    with ward.ledger.transaction() as tx:
        remembered = tx.cycle_states.read(JOB.address)
    assert (remembered, len(incidents(ward))) == ((None, 0) if number == 1 else (1, 3))


def test_a_target_labelled_as_watched_elsewhere_is_skipped(ward: Ward) -> None:
    subjects = {**ward.line.subjects, WEB: replace(ward.line.subjects[WEB], labels={"watch": "off"})}
    line = replace(ward.line, subjects=subjects)
    readers = LineReaders(line=line, triggers=ward.catalogs.triggers)
    assert {one.target for one in readers.readings(["illness"])} == {DATABASE, PARTNER}


def test_a_target_without_a_role_for_the_check_says_nothing_of_it(ward: Ward) -> None:
    line = replace(ward.line, checks=discover(checks, Check, label="check"))
    assert LineReaders(line=line, triggers=ward.catalogs.triggers).readings(["alive"]) == []


@pytest.mark.parametrize("name", declared_cycles().names)
def test_the_shipped_cycles_run_in_a_quiet_fleet(ward: Ward, name: str) -> None:
    definition = job_at(f"cycle.{name}")
    assert definition is not None
    ward.line = replace(ward.line, checks=discover(checks, Check, label="check"))
    ending = definition.run(ward, claimed(ward, definition, {}))
    assert isinstance(ending, Succeeded)
    assert incidents(ward) == set()


def test_series_are_the_resources_of_all_targets_and_every_number_of_those_that_allow_for_false_alarms(
    ward: Ward,
) -> None:
    labels = {WEB: {"illness_false_alarms_a_week": "1"}, DATABASE: {}, PARTNER: {"watch": "off"}}
    subjects = {name: replace(one, labels=labels[name]) for name, one in ward.line.subjects.items()}
    found = LineReaders(line=replace(ward.line, subjects=subjects), triggers=ward.catalogs.triggers).series()
    assert [(one.reading.check, one.reading.target, one.full) for one in found] == [("illness", WEB, None)]
    resource = Catalog("check", {"illness": replace(ward.line.checks["illness"], exhausted_at=7.0)})
    line = replace(ward.line, checks=resource, subjects=subjects)
    found = LineReaders(line=line, triggers=ward.catalogs.triggers).series()
    assert {(one.reading.target, one.full) for one in found} == {(WEB, 7.0), (DATABASE, 7.0)}


def test_vitals_are_the_worst_readings_of_a_target_and_of_the_machine_that_it_depends_on(ward: Ward) -> None:
    machine = TargetKind("host")
    subjects = {
        **ward.line.subjects,
        WEB: replace(ward.line.subjects[WEB], depends_on=(DATABASE, PARTNER)),
        DATABASE: replace(ward.line.subjects[DATABASE], kind=machine),
    }
    ward.patients[DATABASE].ill = 7.0
    ward.patients[PARTNER].ill = 9.0
    ward.fall_ill()
    ward.receive(signal(PARTNER, at=ward.clock, severity=Severity.WARNING))
    telling = Catalog("check", {"illness": replace(ward.line.checks["illness"], factor=Factor.MEMORY)})
    beat = Heartbeat(name="backup", target=DATABASE, every=timedelta(minutes=1), grace=timedelta(minutes=1))
    with ward.ledger.transaction() as tx:
        tx[HeartbeatStore].hear("backup", "cron")
    ward.clock.advance(timedelta(minutes=3))
    line = replace(ward.line, subjects=subjects, checks=telling)
    readers = LineReaders(line=line, triggers=ward.catalogs.triggers, declared=[beat])
    found = {one.target: one for one in readers.vitals()}
    assert found[WEB].readings == {Factor.MEMORY: 7.0}
    assert found[DATABASE].readings == {Factor.MEMORY: 7.0, Factor.HEARTBEAT: 3.0}
    assert found[PARTNER].readings == {Factor.MEMORY: 9.0}
    assert [name for name, one in found.items() if one.failing] == [WEB]
    assert [name for name, one in found.items() if one.failed_at] == [WEB]


def test_a_resource_that_fills_on_a_target_opens_an_incident_before_it_is_full(ward: Ward) -> None:
    job = job_at("cycle.foresight")
    assert job is not None
    resource = Catalog("check", {"illness": replace(ward.line.checks["illness"], exhausted_at=1.0)})
    ward.line = replace(ward.line, checks=resource)
    for look_at in range(14):
        ward.patients[DATABASE].ill = 0.8 + look_at * 0.005
        ward.patients[WEB].ill = ward.patients[PARTNER].ill = 0.8
        job.run(ward, claimed(ward, job, {}))
        ward.clock.advance(timedelta(minutes=5))
    assert incidents(ward) == {DATABASE}


def test_a_cycle_judges_while_no_transaction_is_open_and_again_if_its_memory_has_changed(ward: Ward) -> None:
    whole, open_now, seen = ward.ledger.transaction, [False], list[tuple[bool, JsonValue]]()

    @contextmanager
    def transaction() -> Iterator[MemoryTransaction]:
        with whole() as tx:
            open_now[0] = True
            yield tx
            open_now[0] = False

    def slow(_: None, before: JsonValue, now: datetime) -> Found:
        seen.append((open_now[0], before))
        if len(seen) == 2:
            with ward.ledger.transaction() as tx:
                tx.cycle_states.write("cycle.slow", "of another run", now)
        return Found(memory=len(seen))

    job = cycle_job(
        Cycle(name="slow", summary="Thinks.", cadence=timedelta(minutes=1), read=lambda _: None, judge=slow)
    )
    claims = [claimed(ward, job, {}) for _ in range(2)]
    ward.ledger.transaction = transaction  # type: ignore[method-assign]
    for claim in claims:
        assert job.run(ward, claim) == Succeeded(result={})
    assert seen == [(False, None), (False, 1), (True, "of another run")]
    with ward.ledger.transaction() as tx:
        assert tx.cycle_states.peek(claims[0].job.name) == 3
