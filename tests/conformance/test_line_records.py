"""What the stores of runs, approvals, records and switches promise, in memory and PostgreSQL."""

from dataclasses import replace

from grace_workers.diagnosis import CauseName, KnowledgeEntry, Origin
from grace_workers.foundation.ids import IncidentId, TargetName, uuid7
from grace_workers.governance import History, Switch
from grace_workers.learning import Ending, Tally, TrackRecord
from grace_workers.learning.choice import Past
from grace_workers.orchestration.dossier import Closing, StepState
from grace_workers.orchestration.stores.groups import GroupStore
from grace_workers.orchestration.stores.records import EXACT, FAMILY
from grace_workers.playbooks import Step
from grace_workers.signals import IncidentState, Signature
from grace_workers.testing import FakeClock
from grace_workers.verification import Observation
from tests.builders import DATABASE, WEB, episode, plan
from tests.conformance.line_worlds import (
    HOUR,
    MINUTE,
    World,
    begun,
    clock,
    opened,
    row,
    world,
)

__all__ = ["clock", "world"]

# Journal


def test_a_run_holds_its_targets_against_others_until_it_ends(world: World, clock: FakeClock) -> None:
    mine = begun(world, clock)
    theirs = plan(incident=opened(world, clock).incident.id)
    with world.ledger.transaction() as tx:
        assert not tx.journal.begin(theirs, theirs.incident, clock.now())
        assert tx[GroupStore].in_the_way(theirs.incident, hold=MINUTE).busy == {WEB}
        assert tx[GroupStore].in_the_way(mine.incident, hold=MINUTE).busy == frozenset()
    with world.ledger.transaction() as tx:
        tx.journal.end(mine.id, episode(mine, clock))
        assert tx.journal.begin(theirs, theirs.incident, clock.now())
        assert tx[GroupStore].in_the_way(mine.incident, hold=MINUTE).busy == {WEB}


def test_a_run_that_has_ended_can_count_as_ended_in_another_way(world: World, clock: FakeClock) -> None:
    mine = begun(world, clock)
    with world.ledger.transaction() as tx:
        tx.journal.amend(mine.id, Ending.FAILED)
        assert tx.records.episodes() == []
        tx.journal.end(mine.id, episode(mine, clock))
    with world.ledger.transaction() as tx:
        tx.journal.amend(mine.id, Ending.INEFFECTIVE)
    with world.ledger.transaction() as tx:
        history = tx.journal.history(mine.playbook, [mine.target], clock.now())
        assert (history.runs, history.verified, history.ineffective_streak) == (1, 0, 1)
        assert list(tx.records.episodes()) == [episode(mine, clock, Ending.INEFFECTIVE)]


def test_beginning_the_same_run_twice_changes_nothing(world: World, clock: FakeClock) -> None:
    mine = begun(world, clock)
    with world.ledger.transaction() as tx:
        assert tx.journal.begin(mine, mine.incident, clock.now() + HOUR)
    with world.ledger.transaction() as tx:
        history = tx.journal.history(mine.playbook, [mine.target], clock.now() + HOUR)
        assert (history.runs, history.last_run_at) == (1, clock.now())


def test_a_run_that_cannot_have_all_its_targets_takes_none(world: World, clock: FakeClock) -> None:
    begun(world, clock)
    step = Step(index=0, id="s", primitive="dose_idempotent", target=DATABASE, params={})
    other = Step(index=1, id="t", primitive="dose_idempotent", target=WEB, params={})
    wide = plan(incident=opened(world, clock).incident.id, target=DATABASE, steps=(step, other))
    with world.ledger.transaction() as tx:
        assert not tx.journal.begin(wide, wide.incident, clock.now())
    with world.ledger.transaction() as tx:
        assert tx[GroupStore].in_the_way(wide.incident, hold=MINUTE).busy == {WEB}
        assert tx.journal.history("cure", [DATABASE], clock.now()).runs == 0


def test_a_run_holds_its_subject_and_every_target_of_a_step(world: World, clock: FakeClock) -> None:
    step = Step(index=0, id="s", primitive="dose_idempotent", target=DATABASE, params={})
    begun(world, clock, steps=(step,))
    with world.ledger.transaction() as tx:
        assert tx[GroupStore].in_the_way(IncidentId(uuid7()), hold=MINUTE).busy == {WEB, DATABASE}


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
        assert tx.journal.history("cure", [WEB], now) == History(
            runs=4, verified=1, runs_last_hour=3, last_run_at=now - 10 * MINUTE, ineffective_streak=2
        )
        assert tx.journal.history("cure", [TargetName("elsewhere")], now) == History()
        assert tx.journal.history("cure", [TargetName("elsewhere"), WEB], now).runs == 4


def test_a_run_that_goes_on_counts_as_a_run_and_as_no_ending(world: World, clock: FakeClock) -> None:
    begun(world, clock)
    with world.ledger.transaction() as tx:
        history = tx.journal.history("cure", [WEB], clock.now())
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
        assert tx.records.episodes(playbook=made[0].playbook) == made[::-1]
        assert tx.records.episodes(playbook="another") == []
        assert tx.records.episodes(since=clock.now() + MINUTE) == [made[2], made[1]]
        assert tx.records.episodes(targets=[WEB], limit=2) == [made[2], made[1]]
        assert tx.records.episodes(targets=[]) == tx.records.episodes(targets=[DATABASE]) == []
        assert list(tx.records.iter_episodes()) == made
        assert list(tx.records.iter_episodes(since=clock.now() + MINUTE)) == made[1:]


def test_a_run_is_on_every_target_that_a_step_of_it_may_have_changed(world: World, clock: FakeClock) -> None:
    steps = [Step(index=n, id=f"s{n}", primitive="dose", target=DATABASE, params={}) for n in range(2)]
    mine = begun(world, clock, steps=tuple(steps))
    touched = row(mine, clock, index=0, target=DATABASE, state=StepState.RESTORED, idempotency_key="a")
    untouched = row(mine, clock, index=1, target=TargetName("left-out"), state=StepState.SKIPPED, idempotency_key="b")
    told = episode(mine, clock)
    with world.ledger.transaction() as tx:
        tx.journal.write(mine.id, touched)
        tx.journal.write(mine.id, untouched)
        tx.journal.end(mine.id, told)
    with world.ledger.transaction() as tx:
        assert tx.records.episodes(targets=[DATABASE]) == [told]
        assert tx.records.episodes(targets=[TargetName("left-out")]) == []
        assert tx.journal.history("cure", [DATABASE, WEB], clock.now()).runs == 1
        assert tx.journal.history("cure", [DATABASE], clock.now()).runs == 1
        assert tx.journal.history("cure", [TargetName("left-out")], clock.now()).runs == 0


# Approvals


# Records, switches, states of cycles, tokens


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


def test_the_outcomes_of_some_playbooks_are_told_once_a_signature(world: World) -> None:
    counts = [
        ("a", "s", 1, 2),
        ("a", "t", 0, 4),
        ("a", "u", 5, 0),
        ("b", "s", 3, 0),
        ("c", "s", 1, 1),
        ("d", "s", 0, 0),
    ]
    with world.ledger.transaction() as tx:
        for playbook, signature, verified, failed in counts:
            track = TrackRecord(playbook=playbook, signature=signature, verified=verified, failed=failed)
            tx.records.save_track(replace(track, past=Past(verified, failed), inconclusive=7))
    with world.ledger.transaction() as tx:
        assert tx.records.tallies(["b", "a", "d"]) == [
            Tally("a", 1, 2),
            Tally("a", 0, 4),
            Tally("a", 5, 0),
            Tally("b", 3, 0),
        ]
        assert tx.records.tallies(["a", "b"], most=1) == [Tally("a", 1, 2), Tally("b", 3, 0)]
        tx.records.save_track(TrackRecord(playbook="a", signature=f"{EXACT}1", verified=5))
        tx.records.save_track(TrackRecord(playbook="a", signature=f"{FAMILY}1", verified=5))
        assert tx.records.tallies(["a", "b"], most=1) == [Tally("a", 1, 2), Tally("b", 3, 0)]
        assert tx.records.tallies([]) == tx.records.tallies(["unknown"]) == []


def test_what_was_learnt_is_asked_for_by_signature(world: World) -> None:
    tracks = [TrackRecord(playbook=name, signature=of) for name, of in (("a", "s"), ("b", "other"), ("c", "s"))]
    entries = [
        KnowledgeEntry(id=f"learned:{at}", origin=Origin.LEARNED, cause=CauseName("c"), summary="s", signature=of)
        for at, of in enumerate((Signature("s"), Signature("other"), None))
    ]
    with world.ledger.transaction() as tx:
        for track in tracks:
            tx.records.save_track(track)
        for entry in entries:
            tx.records.save_knowledge(entry)
    with world.ledger.transaction() as tx:
        assert tx.records.tracks("s") == [tracks[0], tracks[2]]
        assert tx.records.tracks_of(["s", "unknown"]) == {"s": [tracks[0], tracks[2]]}
        assert tx.records.tracks_of([]) == {}
        assert tx.records.knowledge("s") == [entries[0]]
        assert tx.records.tracks() == tracks
        assert tx.records.knowledge() == entries
        assert tx.records.tracks("unknown") == tx.records.knowledge("unknown") == []


def test_knowledge_is_kept_by_its_id(world: World) -> None:
    entry = KnowledgeEntry(
        id="learned:1", origin=Origin.LEARNED, cause=CauseName("illness"), summary="s", target=WEB, bindings={"n": 1}
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
        assert tx.cycle_states.read("look") is None
        tx.cycle_states.write("look", {"a": [1, None]}, clock.now())
        tx.cycle_states.write("look", {"b": 2.5}, clock.now())
    with world.ledger.transaction() as tx:
        assert tx.cycle_states.read("look") == tx.cycle_states.peek("look") == {"b": 2.5}
        assert tx.cycle_states.read("other") is tx.cycle_states.peek("other") is None


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
        observations=(
            Observation(expectation="well", value=0.1 + 0.2, at=clock.now(), elapsed=0.3),
            Observation(expectation="well", value=None, at=clock.now(), elapsed=1.7, error="no answer"),
        ),
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
