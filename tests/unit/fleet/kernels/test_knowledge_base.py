from dataclasses import replace

from grace_workers.diagnosis import CauseName, KnowledgeEntry, Origin
from grace_workers.fleet import Limited, Ready, Unready
from grace_workers.fleet.kernels.knowledge_base import DEFINITION
from grace_workers.foundation.ids import TargetName
from grace_workers.foundation.yaml_file import FileFault
from grace_workers.signals import Signature
from tests.conformance.kernel_worlds import World
from tests.shipped_causes import CAUSES

BROKEN = World(away=frozenset({"database"}))


def said(world: World):
    return DEFINITION.readiness(world)


def entry(**changes):
    known = KnowledgeEntry(
        id="learned:1",
        origin=Origin.LEARNED,
        cause=CauseName("process_down"),
        summary="it was down",
        signature=Signature("down~00000000"),
        target=TargetName("shop"),
        verified=20,
    )
    return replace(known, **changes)


def test_causes_and_learnt_entries_are_counted():
    found = said(World(learnt=[entry()], causes_known=CAUSES))
    assert found == Ready(f"{len(CAUSES)} causes are known; 1 entries learnt, 1 proven")


def test_a_broken_edit_of_a_cause_is_reported():
    found = said(World(faulty_causes=[FileFault("mine/x.yaml", 3, "is empty")]))
    assert isinstance(found, Limited)
    assert "mine/x.yaml:3: is empty" in found.lacks


def test_an_entry_that_is_there_twice_is_a_fault():
    assert said(World(learnt=[entry(), entry()])) == Unready("entry 'learned:1' exists 2 times")
