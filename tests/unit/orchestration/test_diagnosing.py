"""What the stage of diagnosis makes of the ranked causes, once outcomes of the past were counted."""

from dataclasses import replace

from grace_workers.diagnosis import CauseName, Engine, EngineKind, Findings, Hypothesis
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.ids import IncidentId
from grace_workers.learning import Ending
from grace_workers.orchestration.stores.precedents import PrecedentStore
from tests.builders import WEB, Ward
from tests.shipped_causes import CAUSES
from tests.unit.learning.recall.precedents_of import outcome

CAUSE, EFFECT = "crash_loop", "rollout_stuck"
RUNS = 40


def proposing(kind: EngineKind, cause: str) -> Engine:
    one = Hypothesis(
        cause=CauseName(cause),
        subject=WEB,
        confidence=0.5,
        engine=kind,
        reasoning="a test",
        evidence=(f"cause:{cause}",),
    )

    def propose(_findings: Findings) -> list[Hypothesis]:
        return [one]

    return Engine(name=kind.value, kind=kind, summary="What a test says.", propose=propose)


def sure(ward: Ward, incident: IncidentId) -> list[tuple[str, float]]:
    diagnosis = ward.dossier(incident).diagnosis
    assert diagnosis is not None
    return [(one.cause, one.confidence) for one in diagnosis.hypotheses]


def test_a_cause_stays_as_sure_as_what_it_explains_though_its_engine_was_wrong_more_often() -> None:
    assert EFFECT in CAUSES[CAUSE].leads_to
    ward, engines = Ward(), (proposing(EngineKind.RULES, CAUSE), proposing(EngineKind.PRECEDENT, EFFECT))
    known = Catalog("diagnosis engine", {one.name: one for one in engines})
    ward.line = replace(ward.line, causes=lambda: CAUSES, engines=known)
    with ward.ledger.transaction() as tx:
        for number in range(RUNS):
            right = number % 2 == 0
            tx[PrecedentStore].put(
                outcome(
                    number + 1,
                    engine=EngineKind.PRECEDENT if right else EngineKind.RULES,
                    ending=Ending.VERIFIED if right else Ending.INEFFECTIVE,
                    measured=False,
                    cause=EFFECT if right else CAUSE,
                    features={},
                )
            )
    incident = ward.fall_ill()
    ward.work()
    (first, confidence), (second, other) = sure(ward, incident)
    assert (first, second) == (CAUSE, EFFECT)
    assert confidence == other > 0.5
