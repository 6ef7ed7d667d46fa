from dataclasses import replace

from grace_workers.diagnosis import Cause, KnowledgeEntry, Origin
from grace_workers.fleet import Ready, Unready
from grace_workers.fleet.kernels.knowledge_base import DEFINITION
from grace_workers.foundation.ids import TargetName
from grace_workers.signals import Signature
from tests.conformance.kernel_worlds import World


def said(world: World):
    return DEFINITION.readiness(world)


def entry(**changes):
    known = KnowledgeEntry(
        id="learned:1",
        origin=Origin.LEARNED,
        cause=Cause("process_down"),
        summary="it was down",
        signature=Signature("down~00000000"),
        target=TargetName("shop"),
        verified=20,
    )
    return replace(known, **changes)


def test_symptoms_lead_to_causes_and_learnt_entries_are_counted():
    assert said(World(learnt=[entry()])) == Ready("7 symptoms lead to their causes; 1 entries learnt, 1 proven")


def test_an_entry_that_is_there_twice_is_a_fault():
    assert said(World(learnt=[entry(), entry()])) == Unready("entry 'learned:1' is there 2 times")
