from dataclasses import replace

import pytest

from grace_workers.diagnosis import CauseName, KnowledgeEntry, Origin
from grace_workers.learning import TrackRecord
from grace_workers.orchestration.dossier import Fate
from grace_workers.orchestration.line.experience import knowledge_of, tracks_of
from grace_workers.orchestration.stores.signatures import SignatureStore
from grace_workers.orchestration.work.recognising import recognised_in
from grace_workers.signals import Signal, sign
from tests.builders import WEB, Ward, signal

NAMES = ["acme", "umbra", "initech", "hooli", "stark", "wayne", "tyrell", "cyber", "globex", "vehement", "oscorp"]


def line(ward: Ward, name: str) -> Signal:
    text = f"connection of tenant {name} refused by the upstream proxy"
    return replace(signal(WEB, at=ward.clock), text=text, signature=sign("ERROR shop", text=text), name="ERROR shop")


def _learn_and_fail(ward: Ward, given: list[Signal]) -> None:
    with ward.ledger.transaction() as tx:
        recognised_in(tx, given)
        _ = 1 / 0


def test_lines_of_one_kind_join_one_incident_once_enough_were_seen() -> None:
    ward = Ward()
    for name in NAMES[:-1]:
        ward.receive(line(ward, name))
    opened = ward.receive(line(ward, NAMES[0]))
    again = ward.receive(line(ward, NAMES[-1]))
    assert (again.fate, again.incident) == (Fate.JOINED, opened.incident)
    assert opened.incident is not None


def test_another_process_knows_what_this_one_has_learnt_and_a_rollback_teaches_nothing() -> None:
    ward = Ward()
    given = [line(ward, name) for name in NAMES]
    with pytest.raises(ZeroDivisionError):
        _learn_and_fail(ward, given)
    with ward.ledger.transaction() as tx:
        assert tx[SignatureStore].count() == 0
        first = recognised_in(tx, given)
    with ward.ledger.transaction() as tx:
        second = recognised_in(tx, given)
    assert {one.signature for one in first} == {one.signature for one in second} == {given[0].signature}


def test_outcomes_under_a_former_name_still_count() -> None:
    ward = Ward()
    given = [line(ward, name) for name in NAMES]
    first, former = given[0].signature, given[4].signature
    entry = KnowledgeEntry(id="learned:1", origin=Origin.LEARNED, cause=CauseName("c"), summary="s", signature=former)
    with ward.ledger.transaction() as tx:
        tx.records.save_knowledge(entry)
        tx.records.save_track(TrackRecord(playbook="cure", signature=former, verified=3))
        assert list(knowledge_of(tx, first)) == []
        recognised_in(tx, given)
        assert list(knowledge_of(tx, first)) == [replace(entry, signature=first)]
        assert [one.verified for one in tracks_of(tx, first)] == [3]


def test_a_fault_without_outcomes_is_chosen_for_by_those_of_its_family() -> None:
    ward = Ward()
    raised = 'Traceback (most recent call last):\n  File "/srv/a.py", line 3, in {0}\n    x()\nKeyError: {0!r}'
    texts = [raised.format(name) for name in ("pay", "ship")]
    pay, ship = (replace(signal(WEB, at=ward.clock), text=text, signature=sign("e", text=text)) for text in texts)
    with ward.ledger.transaction() as tx:
        recognised_in(tx, [pay, ship])
        tx.records.save_track(TrackRecord(playbook="cure", signature=pay.signature, verified=1))
        assert [one.signature for one in tracks_of(tx, ship.signature)] == [pay.signature]
        tx.records.save_track(TrackRecord(playbook="cure", signature=ship.signature, failed=1))
        assert [one.signature for one in tracks_of(tx, ship.signature)] == [ship.signature]
        assert list(knowledge_of(tx, ship.signature)) == []


def test_signals_without_a_text_are_left_as_they_are() -> None:
    ward = Ward()
    plain = [signal(WEB, at=ward.clock)]
    with ward.ledger.transaction() as tx:
        assert recognised_in(tx, plain) is plain
