"""What the line's stores promise, run against memory and PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, Protocol

import pytest
from sqlalchemy import Engine, text

from grace_workers.adapters.memory.clock import FakeClock
from grace_workers.adapters.memory.desk import MemoryClaimDesk
from grace_workers.adapters.memory.ledger import MemoryLedger
from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.instances import PostgresInstances
from grace_workers.adapters.postgres.jobs.desk import PostgresClaimDesk
from grace_workers.adapters.postgres.transaction import PostgresLedger
from grace_workers.diagnosis import Cause, KnowledgeEntry, Origin
from grace_workers.foundation.errors import ConflictError, NotFoundError
from grace_workers.foundation.ids import ApprovalId, IncidentId, TargetName, uuid7
from grace_workers.governance import Approval, ApprovalRequest, History, Role, Switch
from grace_workers.learning import Ending, TrackRecord
from grace_workers.orchestration.dossier import Closing, Dossier, Fate, Happening, JournalRow, Receipt, StepState
from grace_workers.orchestration.jobs import Failed, JobRequest, Pool, Succeeded
from grace_workers.orchestration.ports import ClaimDesk
from grace_workers.orchestration.stores import LineLedger, LineTransaction, Token
from grace_workers.playbooks import Mode, Plan, Step
from grace_workers.signals import Incident, IncidentState, Severity, sign
from tests.builders import DATABASE, HERE, WEB, episode, plan, signal

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


class World(Protocol):
    """A ledger, and a way to let its incidents grow old."""

    ledger: LineLedger
    desk: ClaimDesk

    def age(self, span: timedelta) -> None: ...


class MemoryWorld:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.ledger = MemoryLedger(self.clock)
        self.desk = MemoryClaimDesk(self.ledger)
        self.desk.register(HERE)

    def age(self, span: timedelta) -> None:
        self.clock.advance(span)


class PostgresWorld:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.ledger = PostgresLedger(engine)
        self.desk = PostgresClaimDesk(engine, patience=timedelta(0))
        PostgresInstances(engine).register(HERE, pools=["healing"])

    def age(self, span: timedelta) -> None:
        with self.engine.begin() as connection:
            connection.execute(text("UPDATE incidents SET updated_at = now() - :span"), {"span": span})


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.servers)])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "memory":
        yield MemoryWorld()
        return
    engine = make_engine(request.getfixturevalue("database_url"))
    yield PostgresWorld(engine)
    engine.dispose()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def dossier(clock: FakeClock, **changes: Any) -> Dossier:
    one = signal(at=clock)
    given: dict[str, Any] = {
        "target": one.target,
        "signature": one.signature,
        "severity": one.severity,
        "title": one.summary,
        "opened_at": clock.now(),
        "last_signal_at": clock.now(),
        "updated_at": clock.now(),
    }
    return Dossier(incident=Incident(**{**given, **changes}), signal=one)


def opened(world: World, clock: FakeClock, **changes: Any) -> Dossier:
    made = dossier(clock, **changes)
    with world.ledger.transaction() as tx:
        tx.incidents.add(made)
    return made


def begun(world: World, clock: FakeClock, **changes: Any) -> Plan:
    made = plan(incident=opened(world, clock).incident.id, **changes)
    with world.ledger.transaction() as tx:
        assert tx.journal.begin(made, made.incident, clock.now())
    return made


def row(of: Plan, clock: FakeClock, **changes: Any) -> JournalRow:
    given: dict[str, Any] = {
        "index": 0,
        "step": "first",
        "primitive": "dose_idempotent",
        "target": "web",
        "state": StepState.SNAPSHOTTED,
        "idempotency_key": f"{of.id}:0:first",
        "attempt": 1,
        "snapshot": {"text": "ü\x00", "deep": [1, 2.5, None, True]},
        "outcome": None,
        "updated_at": clock.now(),
    }
    return JournalRow(**{**given, **changes})


def question(of: Dossier, about: Plan, clock: FakeClock, **changes: Any) -> ApprovalRequest:
    given: dict[str, Any] = {
        "id": ApprovalId(uuid7()),
        "incident": of.incident.id,
        "plan": about.id,
        "plan_digest": about.digest,
        "proposer": "grace",
        "mode": Mode.PERMISSION,
        "role": Role.APPROVER,
        "quorum": 1,
        "requested_at": clock.now(),
        "expires_at": clock.now() + HOUR,
    }
    return ApprovalRequest(**{**given, **changes})


# A transaction


def test_what_fails_half_way_leaves_nothing_behind(world: World, clock: FakeClock) -> None:
    made, one = dossier(clock), signal(at=clock)

    def fail(tx: LineTransaction) -> None:
        tx.incidents.add(made)
        tx.signals.add(one)
        tx.switches.turn("kill", Switch(on=True, reason="r", by="b"), clock.now())
        tx.memories.write("look", {"a": 1}, clock.now())
        raise ConflictError("no")

    with pytest.raises(ConflictError), world.ledger.transaction() as tx:
        fail(tx)
    with world.ledger.transaction() as tx:
        assert not tx.switches.read("kill").on
        assert tx.memories.read("look") is None
        assert tx.signals.add(one)
        with pytest.raises(NotFoundError):
            tx.incidents.load(made.incident.id)


# Signals


def test_a_delivery_is_stored_once_and_its_receipt_kept(world: World, clock: FakeClock) -> None:
    first, again = signal(at=clock, key="k"), signal(at=clock, key="k")
    made = opened(world, clock)
    receipt = Receipt(signal=first.id, fate=Fate.OPENED, incident=made.incident.id, reason="a new incident")
    with world.ledger.transaction() as tx:
        assert tx.signals.receipt("k") is None
        assert tx.signals.add(first)
        assert tx.signals.receipt("k") is None
        tx.signals.settle(receipt)
        assert not tx.signals.add(again)
    with world.ledger.transaction() as tx:
        assert not tx.signals.add(again)
        assert tx.signals.receipt("k") == receipt
        assert tx.signals.find() == [(first, receipt)]


def test_signals_are_found_newest_first_and_by_incident(world: World, clock: FakeClock) -> None:
    mine, other = opened(world, clock), opened(world, clock)
    owners = [mine, other, mine, mine]
    made = [replace(signal(at=clock), id=uuid7_at(n)) for n in range(4)]
    with world.ledger.transaction() as tx:
        for one, owner in zip(made, owners, strict=True):
            tx.signals.add(one)
            tx.signals.settle(Receipt(signal=one.id, fate=Fate.JOINED, incident=owner.incident.id, reason="r"))
    with world.ledger.transaction() as tx:
        assert [one.id for one, _ in tx.signals.find()] == [one.id for one in reversed(made)]
        mine_only = [one.id for one, _ in tx.signals.find(incident=mine.incident.id, limit=2)]
        assert mine_only == [made[3].id, made[2].id]


def uuid7_at(number: int) -> Any:
    return type(uuid7())(int=(number << 80) | 1)


# Incidents


def test_an_incident_comes_back_as_it_was(world: World, clock: FakeClock) -> None:
    made = opened(world, clock)
    with world.ledger.transaction() as tx:
        assert tx.incidents.load(made.incident.id) == made


def test_an_unknown_incident_is_not_found(world: World) -> None:
    with pytest.raises(NotFoundError, match="no incident"), world.ledger.transaction() as tx:
        tx.incidents.load(IncidentId(uuid7()))


def test_a_save_needs_the_version_it_started_from(world: World, clock: FakeClock) -> None:
    made = opened(world, clock)
    after = replace(made, reasons=("r",), incident=replace(made.incident, version=2, state=IncidentState.DIAGNOSED))
    with world.ledger.transaction() as tx:
        tx.incidents.save(after, expected_version=1)
    with pytest.raises(ConflictError, match="no longer at version 1"), world.ledger.transaction() as tx:
        tx.incidents.save(after, expected_version=1)
    with world.ledger.transaction() as tx:
        assert tx.incidents.load(made.incident.id) == after


def test_an_unknown_incident_cannot_be_saved(world: World, clock: FakeClock) -> None:
    with pytest.raises(ConflictError), world.ledger.transaction() as tx:
        tx.incidents.save(dossier(clock), expected_version=1)


def test_signals_that_join_while_a_stage_runs_are_not_lost(world: World, clock: FakeClock) -> None:
    made = opened(world, clock)
    joined = replace(made.incident, signals=5, severity=Severity.CRITICAL, last_signal_at=clock.now() + MINUTE)
    with world.ledger.transaction() as tx:
        tx.incidents.touch(joined)
        tx.incidents.save(replace(made, incident=replace(made.incident, version=2)), expected_version=1)
    with world.ledger.transaction() as tx:
        kept = tx.incidents.load(made.incident.id).incident
    assert (kept.signals, kept.severity, kept.last_signal_at) == (5, Severity.CRITICAL, joined.last_signal_at)
    assert kept.version == 2


def test_recent_are_the_open_and_the_lately_closed_of_one_target_and_signature(world: World, clock: FakeClock) -> None:
    now = clock.now()
    closed = {"state": IncidentState.CLOSED}
    wanted = [
        opened(world, clock),
        opened(world, clock, state=IncidentState.ESCALATED),
        opened(world, clock, **closed, closed_at=now),
    ]
    opened(world, clock, **closed, closed_at=now - HOUR)
    opened(world, clock, target=DATABASE)
    opened(world, clock, signature=sign("another"))
    nowhere = opened(world, clock, target=None)
    with world.ledger.transaction() as tx:
        tx.incidents.lock(WEB, sign("illness"))
        found = tx.incidents.recent(WEB, sign("illness"), since=now - MINUTE)
        assert {one.id for one in found} == {one.incident.id for one in wanted}
        found = tx.incidents.recent(None, sign("illness"), since=now - MINUTE)
        assert [one.id for one in found] == [nowhere.incident.id]


def test_the_timeline_keeps_its_order_and_its_data(world: World, clock: FakeClock) -> None:
    made = opened(world, clock)
    happenings = [
        Happening(at=clock.now(), stage=f"s{n}", state="open", headline="h", took=0.25, data={"n": n, "l": ["a", None]})
        for n in range(5)
    ]
    with world.ledger.transaction() as tx:
        for one in happenings:
            tx.incidents.note(made.incident.id, one)
    with world.ledger.transaction() as tx:
        assert list(tx.incidents.timeline(made.incident.id)) == happenings


def test_incidents_are_found_newest_first_by_state_and_target(world: World, clock: FakeClock) -> None:
    made = [
        opened(world, clock, id=uuid7_at(n), target=target, state=state)
        for n, (target, state) in enumerate(
            [(WEB, IncidentState.OPEN), (DATABASE, IncidentState.OPEN), (WEB, IncidentState.CLOSED)]
        )
    ]
    with world.ledger.transaction() as tx:
        assert tx.incidents.find() == made[::-1]
        assert tx.incidents.find(limit=1) == [made[2]]
        assert tx.incidents.find(state=IncidentState.OPEN) == [made[1], made[0]]
        assert tx.incidents.find(target=WEB) == [made[2], made[0]]
        assert tx.incidents.counts() == {"open": 2, "closed": 1}


def test_an_incident_without_a_job_is_stalled_once_it_was_idle(world: World, clock: FakeClock) -> None:
    made = opened(world, clock)
    resting = {IncidentState.CLOSED, IncidentState.REFUSED, IncidentState.ESCALATED}
    for state in resting:
        opened(world, clock, state=state)
    world.age(MINUTE)
    with world.ledger.transaction() as tx:
        stalled = tx.incidents.stalled(idle=20 * SECOND)
        assert [(one.incident.id, one.given_up) for one in stalled] == [(made.incident.id, None)]
        assert not tx.incidents.stalled(idle=HOUR)


def test_an_incident_with_an_open_job_is_not_stalled(world: World, clock: FakeClock) -> None:
    made = opened(world, clock)
    with world.ledger.transaction() as tx:
        tx.jobs.submit([JobRequest(name="x", pool=Pool.ORCHESTRATION, incident=made.incident.id)])
    world.age(MINUTE)
    with world.ledger.transaction() as tx:
        assert not tx.incidents.stalled(idle=20 * SECOND)


@pytest.mark.parametrize("how", ["succeeded", "failed", "cancelled"])
def test_a_stalled_incident_tells_how_its_newest_job_was_given_up(world: World, clock: FakeClock, how: str) -> None:
    made = opened(world, clock)
    with world.ledger.transaction() as tx:
        request = JobRequest(name="x", pool=Pool.ORCHESTRATION, incident=made.incident.id)
        job = tx.jobs.submit([request])[0]
    if how == "cancelled":
        with world.ledger.transaction() as tx:
            tx.jobs.cancel(job.id)
    else:
        claim = world.desk.claim(job.id, HERE)
        assert claim is not None
        world.desk.finish(claim, Succeeded() if how == "succeeded" else Failed(error="it broke"))
    world.age(MINUTE)
    with world.ledger.transaction() as tx:
        given_up = tx.incidents.stalled(idle=20 * SECOND)[0].given_up
    assert given_up == {
        "succeeded": None, "failed": "failed: it broke", "cancelled": "cancelled: no reason given"
    }[how]  # fmt: skip


# Journal


def test_a_run_holds_its_targets_against_others_until_it_ends(world: World, clock: FakeClock) -> None:
    mine = begun(world, clock)
    theirs = plan(incident=opened(world, clock).incident.id)
    with world.ledger.transaction() as tx:
        assert not tx.journal.begin(theirs, theirs.incident, clock.now())
        assert tx.journal.busy(other_than=theirs.incident) == {WEB}
        assert tx.journal.busy(other_than=mine.incident) == frozenset()
    with world.ledger.transaction() as tx:
        tx.journal.end(mine.id, episode(mine, clock))
        assert tx.journal.begin(theirs, theirs.incident, clock.now())
        assert tx.journal.busy(other_than=mine.incident) == {WEB}


def test_beginning_the_same_run_twice_changes_nothing(world: World, clock: FakeClock) -> None:
    mine = begun(world, clock)
    with world.ledger.transaction() as tx:
        assert tx.journal.begin(mine, mine.incident, clock.now() + HOUR)
    with world.ledger.transaction() as tx:
        history = tx.journal.history(mine.playbook, mine.target, clock.now() + HOUR)
        assert (history.runs, history.last_run_at) == (1, clock.now())


def test_a_run_that_cannot_have_all_its_targets_takes_none(world: World, clock: FakeClock) -> None:
    begun(world, clock)
    step = Step(index=0, id="s", primitive="dose_idempotent", target=DATABASE, params={})
    other = Step(index=1, id="t", primitive="dose_idempotent", target=WEB, params={})
    wide = plan(incident=opened(world, clock).incident.id, target=DATABASE, steps=(step, other))
    with world.ledger.transaction() as tx:
        assert not tx.journal.begin(wide, wide.incident, clock.now())
    with world.ledger.transaction() as tx:
        assert tx.journal.busy(other_than=wide.incident) == {WEB}
        assert tx.journal.history("cure", DATABASE, clock.now()).runs == 0


def test_a_run_holds_its_subject_and_every_target_of_a_step(world: World, clock: FakeClock) -> None:
    step = Step(index=0, id="s", primitive="dose_idempotent", target=DATABASE, params={})
    begun(world, clock, steps=(step,))
    with world.ledger.transaction() as tx:
        assert tx.journal.busy(other_than=IncidentId(uuid7())) == {WEB, DATABASE}


def test_steps_come_back_in_order_and_are_replaced(world: World, clock: FakeClock) -> None:
    mine = begun(world, clock)
    rows = [row(mine, clock, index=n, idempotency_key=f"{mine.id}:{n}") for n in (2, 0, 1)]
    done = replace(
        rows[1], state=StepState.DONE, attempt=3, outcome={"status": "done", "detail": "d", "data": {"n": [1]}}
    )
    with world.ledger.transaction() as tx:
        for one in (*rows, done):
            tx.journal.write(mine.id, one)
    with world.ledger.transaction() as tx:
        assert list(tx.journal.rows(mine.id)) == [done, rows[2], rows[0]]
        assert list(tx.journal.rows(plan().id)) == []


def test_history_counts_the_runs_of_one_playbook_on_one_target(world: World, clock: FakeClock) -> None:
    endings = [Ending.VERIFIED, Ending.FAILED, Ending.INCONCLUSIVE, Ending.INEFFECTIVE]
    ages = [2 * HOUR, 30 * MINUTE, 20 * MINUTE, 10 * MINUTE]
    now = clock.now()
    for ending, age in zip(endings, ages, strict=True):
        one = plan(incident=opened(world, clock).incident.id)
        with world.ledger.transaction() as tx:
            tx.journal.begin(one, one.incident, now - age)
            tx.journal.end(one.id, episode(one, clock, ending))
    begun(world, clock, playbook="another")
    with world.ledger.transaction() as tx:
        assert tx.journal.history("cure", WEB, now) == History(
            runs=4, verified=1, runs_last_hour=3, last_run_at=now - 10 * MINUTE, ineffective_streak=2
        )
        assert tx.journal.history("cure", TargetName("elsewhere"), now) == History()


def test_a_run_that_goes_on_counts_as_a_run_and_as_no_ending(world: World, clock: FakeClock) -> None:
    begun(world, clock)
    with world.ledger.transaction() as tx:
        history = tx.journal.history("cure", WEB, clock.now())
    assert (history.runs, history.verified, history.ineffective_streak) == (1, 0, 0)


def test_episodes_are_those_of_ended_runs_newest_first(world: World, clock: FakeClock) -> None:
    made = []
    for n in range(3):
        one = plan(incident=opened(world, clock).incident.id)
        made.append(episode(one, clock, at=clock.now() + n * MINUTE, bindings={"flag": "x", "n": [1]}))
        with world.ledger.transaction() as tx:
            tx.journal.begin(one, one.incident, clock.now())
            tx.journal.end(one.id, made[-1])
    begun(world, clock)
    with world.ledger.transaction() as tx:
        assert tx.records.episodes() == made[::-1]
        assert tx.records.episodes(limit=1) == [made[2]]
        assert tx.records.episodes(since=clock.now() + MINUTE) == [made[2], made[1]]


# Approvals


def waiting(world: World, clock: FakeClock) -> tuple[Dossier, Plan]:
    made = opened(world, clock, state=IncidentState.AWAITING_APPROVAL)
    return made, plan(incident=made.incident.id)


def test_a_question_gathers_its_answers_in_their_order(world: World, clock: FakeClock) -> None:
    made, about = waiting(world, clock)
    asked = question(made, about, clock, quorum=2)
    answers = [
        Approval(by=by, role=Role.ADMIN, approved=by == "ann", reason="r", at=clock.now() + n * SECOND, plan_digest="d")
        for n, by in enumerate(["zoe", "ann"])
    ]
    with world.ledger.transaction() as tx:
        tx.approvals.ask(asked)
        for one in answers:
            tx.approvals.answer(asked.id, one)
    with world.ledger.transaction() as tx:
        assert tx.approvals.get(asked.id) == replace(asked, answers=tuple(answers))


def test_an_unknown_question_is_not_found(world: World) -> None:
    with pytest.raises(NotFoundError, match="no approval"), world.ledger.transaction() as tx:
        tx.approvals.get(ApprovalId(uuid7()))


def test_pending_are_the_unexpired_newest_questions_of_those_who_wait(world: World, clock: FakeClock) -> None:
    made, about = waiting(world, clock)
    first, second = question(made, about, clock), question(made, plan(), clock, requested_at=clock.now() + SECOND)
    other, theirs = waiting(world, clock)
    expired = question(other, theirs, clock, expires_at=clock.now())
    closed = opened(world, clock, state=IncidentState.CLOSED)
    third, its = waiting(world, clock)
    oldest = question(third, its, clock, requested_at=clock.now() - SECOND)
    with world.ledger.transaction() as tx:
        for one in (first, second, expired, question(closed, plan(), clock), oldest):
            tx.approvals.ask(one)
    with world.ledger.transaction() as tx:
        assert [one.id for one in tx.approvals.pending(clock.now())] == [oldest.id, second.id]
        assert [one.id for one in tx.approvals.of_incident(made.incident.id)] == [second.id, first.id]


# Records, switches, memories, tokens


def test_a_track_record_is_empty_until_saved_and_then_replaced(world: World) -> None:
    empty = TrackRecord(playbook="cure", signature="s")
    with world.ledger.transaction() as tx:
        tx.records.lock()
        assert tx.records.track("cure", "s") == empty
        tx.records.save_track(replace(empty, verified=1))
        tx.records.save_track(replace(empty, verified=2, streak=1))
    with world.ledger.transaction() as tx:
        assert tx.records.track("cure", "s") == replace(empty, verified=2, streak=1)
        assert tx.records.tracks() == [replace(empty, verified=2, streak=1)]


def test_knowledge_is_kept_by_its_id(world: World) -> None:
    entry = KnowledgeEntry(
        id="learned:1", origin=Origin.LEARNED, cause=Cause("illness"), summary="s", target=WEB, bindings={"n": 1}
    )
    with world.ledger.transaction() as tx:
        assert tx.records.knowledge() == []
        tx.records.save_knowledge(entry)
        tx.records.save_knowledge(replace(entry, verified=3))
    with world.ledger.transaction() as tx:
        assert tx.records.knowledge() == [replace(entry, verified=3)]


def test_a_switch_is_off_until_turned(world: World, clock: FakeClock) -> None:
    on = Switch(on=True, reason="fire", by="ann")
    with world.ledger.transaction() as tx:
        assert tx.switches.read("kill") == Switch()
        tx.switches.turn("kill", on, clock.now())
    with world.ledger.transaction() as tx:
        assert tx.switches.read("kill") == on
        assert tx.switches.read("freeze") == Switch()
        tx.switches.turn("kill", Switch(on=False, reason="out", by="bob"), clock.now())
        assert not tx.switches.read("kill").on


def test_what_a_cycle_remembers_is_replaced_by_name(world: World, clock: FakeClock) -> None:
    with world.ledger.transaction() as tx:
        assert tx.memories.read("look") is None
        tx.memories.write("look", {"a": [1, None]}, clock.now())
        tx.memories.write("look", {"b": 2.5}, clock.now())
    with world.ledger.transaction() as tx:
        assert tx.memories.read("look") == {"b": 2.5}
        assert tx.memories.read("other") is None


def token(clock: FakeClock, **changes: Any) -> Token:
    given: dict[str, Any] = {
        "name": "robot",
        "role": Role.OPERATOR,
        "hash": "h",
        "created_at": clock.now(),
        "expires_at": clock.now() + HOUR,
        "revoked_at": None,
        "rate_per_minute": 60,
    }
    return Token(**{**given, **changes})


def test_a_token_is_found_by_its_hash_and_its_name_is_never_reused(world: World, clock: FakeClock) -> None:
    one, other = token(clock), token(clock, name="another", hash="g", expires_at=None)
    with world.ledger.transaction() as tx:
        tx.tokens.add(one)
        tx.tokens.add(other)
    with pytest.raises(ConflictError, match="never reused"), world.ledger.transaction() as tx:
        tx.tokens.add(token(clock, hash="x"))
    with world.ledger.transaction() as tx:
        assert tx.tokens.by_hash("h") == one
        assert tx.tokens.by_hash("x") is None
        assert tx.tokens.all() == [other, one]


def test_a_revoked_token_keeps_the_first_time(world: World, clock: FakeClock) -> None:
    with world.ledger.transaction() as tx:
        tx.tokens.add(token(clock))
        tx.tokens.revoke("robot", clock.now())
        assert tx.tokens.revoke("robot", clock.now() + HOUR).revoked_at == clock.now()
        with pytest.raises(NotFoundError, match="no token"):
            tx.tokens.revoke("nobody", clock.now())
    with world.ledger.transaction() as tx:
        found = tx.tokens.by_hash("h")
        assert found is not None
        assert found.revoked_at == clock.now()


def test_a_closed_dossier_keeps_everything_it_gathered(world: World, clock: FakeClock) -> None:
    made = opened(world, clock)
    full = replace(
        made,
        plan=plan(incident=made.incident.id),
        baseline={"well": 0.5},
        verdict="passed",
        reasons=("a", "b"),
        closing=Closing.HEALED,
        verifying_since=clock.now(),
        incident=replace(made.incident, version=2, state=IncidentState.CLOSED, closed_at=clock.now()),
    )
    with world.ledger.transaction() as tx:
        tx.incidents.save(full, expected_version=1)
    with world.ledger.transaction() as tx:
        kept = tx.incidents.load(made.incident.id)
    assert kept == full
    assert kept.plan is not None
    assert full.plan is not None
    assert kept.plan.digest == full.plan.digest
