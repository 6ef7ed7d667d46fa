"""How the engine writes what stages find: quick looks together, a slow one at once, and what succeeded always."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from grace_workers.diagnosis import Causes
from grace_workers.foundation.errors import TransientError
from grace_workers.foundation.ids import IncidentId
from grace_workers.orchestration.job import TryAgain
from grace_workers.orchestration.line.advance import WORTH_KEEPING
from grace_workers.playbooks import Library
from grace_workers.signals import IncidentState, SignalStatus
from tests.builders import WEB, Ward, crash, signal
from tests.memory.transaction import MemoryTransaction
from tests.unit.orchestration.wards import check_healed, run_first, ward

__all__ = ["ward"]
LOOKED = ["open", "diagnosed", "planned", "granted", "contracted"]


@contextmanager
def watched(ward: Ward, incident: IncidentId) -> Iterator[list[IncidentState]]:
    """Yield the states in which each transaction leaves the incident."""
    whole, left = ward.ledger.transaction, [IncidentState.OPEN]

    @contextmanager
    def transaction() -> Iterator[MemoryTransaction]:
        with whole() as tx:
            yield tx
            left.append(tx.incidents.load(incident).incident.state)

    ward.ledger.transaction = transaction
    try:
        yield left
    finally:
        ward.ledger.transaction = whole


def test_what_quick_stages_find_without_acting_is_written_in_one_transaction(ward: Ward) -> None:
    incident = ward.fall_ill()
    with watched(ward, incident) as left:
        run_first(ward)
    assert set(left) == {IncidentState.OPEN, IncidentState.CONTRACTED}
    assert ward.states(incident) == LOOKED
    assert ward.dossier(incident).incident.version == len(LOOKED)


def test_what_took_long_to_find_out_is_written_at_once(ward: Ward) -> None:
    incident = ward.fall_ill()

    def slow() -> Causes:
        ward.clock.advance(2 * WORTH_KEEPING)
        return Causes()

    ward.line = replace(ward.line, causes=slow)
    with watched(ward, incident) as left:
        run_first(ward)
    assert IncidentState.DIAGNOSED in left


def unreadable() -> Library:
    raise TransientError("the folder of playbooks is not mounted")


def test_what_succeeded_before_a_stage_failed_stays(ward: Ward) -> None:
    incident = ward.fall_ill()
    line = ward.line
    ward.line = replace(line, library=unreadable)
    claim, ending = run_first(ward)
    assert isinstance(ending, TryAgain)
    assert ward.states(incident) == ["open", "diagnosed"]
    ward.line = line
    ward.claimer.finish(claim, ending)
    ward.live(timedelta(minutes=1))
    check_healed(ward, incident)
    assert ward.states(incident).count("diagnosed") == 1


def test_a_worker_that_dies_before_it_writes_leaves_the_incident_as_it_was(ward: Ward) -> None:
    incident = ward.fall_ill()
    line = ward.line

    def gone() -> Library:
        crash()
        return line.library()

    ward.line = replace(line, library=gone)
    ward.work_until_crash()
    assert ward.states(incident) == ["open"]
    ward.line = line
    ward.work()
    check_healed(ward, incident)
    assert ward.patients[WEB].effects == {"first": 1, "second": 1}


def test_a_signal_that_the_condition_ended_wins_over_moves_that_are_not_written_yet(ward: Ward) -> None:
    incident = ward.fall_ill()
    line = ward.line

    def ended() -> Library:
        if ward.dossier(incident).incident.state is not IncidentState.CLOSED:
            ward.receive(signal(WEB, at=ward.clock, status=SignalStatus.RESOLVED))
        return line.library()

    ward.line = replace(line, library=ended)
    run_first(ward)
    assert ward.states(incident) == ["open", "closed"]
    assert ward.patients[WEB].effects == {}
