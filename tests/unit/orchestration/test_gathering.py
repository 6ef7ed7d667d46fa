"""A batch of signals leads to exactly what its signals lead to one by one."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grace_workers.foundation.errors import ConflictError
from grace_workers.orchestration.dossier import Closing
from grace_workers.orchestration.gathering import gathering
from grace_workers.orchestration.intake import accept
from grace_workers.orchestration.operations import close
from grace_workers.signals import IncidentState, Signal, SignalStatus, sign
from tests.builders import DATABASE, WEB, Ward, signal

_SHAPES = st.lists(
    st.tuples(st.sampled_from([WEB, DATABASE, None]), st.sampled_from("ab"), st.booleans(), st.integers(0, 9)),
    max_size=12,
)


def made(ward: Ward, shapes: Sequence[Any]) -> list[Signal]:
    return [
        replace(
            signal(target, at=ward.clock, key=f"{target}{name}{ends}{number}"),
            signature=sign(name),
            status=SignalStatus.RESOLVED if ends else SignalStatus.FIRING,
        )
        for target, name, ends, number in shapes
    ]


def left(ward: Ward) -> Any:
    with ward.ledger.transaction() as tx:
        found = [one.incident for one in tx.incidents.find()]
        jobs = [(one.name, one.incident in {each.id for each in found}) for one in tx.jobs.find()]
        lines = sum(len(tx.incidents.timeline(one.id)) for one in found)
    shown = sorted((str(one.target), one.signature, one.state, one.signals, str(one.closed_at)) for one in found)
    return shown, len(jobs), lines, sorted(entry.action for entry in ward.ledger.entries)


@given(_SHAPES)
@settings(max_examples=25, deadline=None)
def test_a_batch_leads_to_what_its_signals_lead_to_one_by_one(shapes: Sequence[Any]) -> None:
    together, apart = Ward(), Ward()
    at_once = accept(together.intake, made(together, shapes), by="b")
    one_by_one = [accept(apart.intake, [one], by="b")[0] for one in made(apart, shapes)]
    assert [(one.fate, one.reason) for one in at_once] == [(one.fate, one.reason) for one in one_by_one]
    assert left(together) == left(apart)


def test_what_was_gathered_is_there_for_whoever_asks(ward: Ward) -> None:
    one = signal(at=ward.clock)
    with ward.ledger.transaction() as tx, gathering(tx, [one], since=ward.clock.now()) as gathered:
        gathered.signals.add(one)
        gathered.memories.write("look", 1, ward.clock.now())
        assert gathered.memories.read("look") == 1
        assert gathered.jobs.find() == []


def test_an_incident_that_moved_meanwhile_is_seen_as_it_is_now(ward: Ward) -> None:
    incident = ward.fall_ill()
    one = signal(at=ward.clock)
    with ward.ledger.transaction() as tx, gathering(tx, [one], since=ward.clock.now()) as gathered:
        before = tx.incidents.load(incident)
        moved = replace(before, incident=replace(before.incident, version=2, state=IncidentState.DIAGNOSED))
        tx.incidents.save(moved, expected_version=1)
        assert gathered.incidents.load(incident).incident.version == 2
        assert gathered.incidents.recent(one.target, one.signature, since=ward.clock.now())[0].version == 2
        with pytest.raises(ConflictError):
            gathered.incidents.save(before, expected_version=1)


def test_a_closed_incident_stays_closed_for_the_rest_of_the_batch(ward: Ward) -> None:
    incident = ward.fall_ill()
    end = replace(signal(at=ward.clock), status=SignalStatus.RESOLVED)
    first, second = accept(ward.intake, [end, replace(end, id=signal(at=ward.clock).id, delivery_key="2")], by="b")
    assert (first.fate, second.fate) == ("resolved", "ignored")
    assert ward.dossier(incident).closing is Closing.RESOLVED
    with pytest.raises(ConflictError):
        close(ward.ledger, ward.clock, incident, by="b", reason="r")


@pytest.fixture
def ward() -> Ward:
    return Ward()
