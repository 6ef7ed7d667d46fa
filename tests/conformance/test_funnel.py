"""What the funnel's store promises, in memory and PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

from grace_workers.diagnosis import Diagnosis, EngineKind, Hypothesis
from grace_workers.diagnosis.diagnosis import CauseName
from grace_workers.foundation.ids import IncidentId, uuid7
from grace_workers.orchestration.dossier import Closing, Fate, Happening, Receipt
from grace_workers.orchestration.stores.funnel import FunnelStore
from grace_workers.signals import Signature
from grace_workers.testing import FakeClock
from tests.builders import WEB, plan, signal
from tests.conformance.line_worlds import World, clock, opened, world

__all__ = ["clock", "world"]

LONG_AGO, AHEAD = timedelta(days=1), timedelta(days=36_500)


def test_signals_are_grouped_by_what_they_led_to_and_why(world: World, clock: FakeClock) -> None:
    about = opened(world, clock).incident.id
    fates = [
        (Fate.OPENED, about, "a new incident"),
        (Fate.JOINED, about, "signal 2 of the incident"),
        (Fate.JOINED, about, "signal 3 of the incident"),
        (Fate.IGNORED, None, "muted"),
        (Fate.IGNORED, None, "muted"),
        (Fate.IGNORED, None, "ended"),
    ]
    for fate, incident, reason in fates:
        one = signal(at=clock, signature=Signature("a~1"))
        with world.ledger.transaction() as tx:
            tx.signals.keep([(one, Receipt(signal=one.id, fate=fate, incident=incident, reason=reason))])
    with world.ledger.transaction() as tx:
        store, since = tx[FunnelStore], clock.now() - LONG_AGO
        found = store.arrived(since=since, limit=10)
        assert sorted((one.fate, one.incident, one.reason, one.count) for one in found if one.incident is None) == [
            ("ignored", None, "ended", 1),
            ("ignored", None, "muted", 2),
        ]
        assert sorted((one.fate, one.reason, one.count) for one in found if one.incident == about) == [
            ("joined", "", 2),
            ("opened", "", 1),
        ]
        assert {(one.target, one.signature) for one in found} == {(WEB, "a~1")}
        assert [one.newest for one in found] == sorted((one.newest for one in found), reverse=True)
        assert len(store.arrived(since=since, limit=2)) == 2
        assert len(store.arrived(since=since, target=WEB, signature="a~1", limit=9)) == 4
        assert list(store.arrived(since=since, signature="b~1", limit=9)) == []
        assert list(store.arrived(since=clock.now() + AHEAD, limit=9)) == []


def test_the_path_of_an_incident_has_its_states_causes_and_the_gate_that_refused(
    world: World, clock: FakeClock
) -> None:
    bare, before = opened(world, clock), opened(world, clock)
    hypothesis = Hypothesis(
        cause=CauseName("illness"), subject=WEB, confidence=0.5, engine=EngineKind.RULES, reasoning="it looks ill"
    )
    after = replace(
        before,
        diagnosis=Diagnosis(hypotheses=(hypothesis,), evidence=()),
        plan=plan(incident=before.incident.id),
        closing=Closing.REFUSED,
        reasons=("no", "really"),
    )
    told = [
        ("open", {}),
        ("diagnosed", {}),
        ("escalated", {"considered": ["cure for illness: it is not enabled"]}),
        ("refused", {"gate": "freeze"}),
        ("refused", {"gate": "kill_switch", "reason": "off"}),
    ]
    with world.ledger.transaction() as tx:
        tx.incidents.save(after, expected_version=before.incident.version)
        for state, data in told:
            happening = Happening(at=clock.now(), stage="s", state=state, headline="h", took=0.0, data=data)
            tx.incidents.note(after.incident.id, happening)
    with world.ledger.transaction() as tx:
        both = tx[FunnelStore].paths([bare.incident.id, after.incident.id, IncidentId(uuid7())])
        found, empty = sorted(both, key=lambda one: one.id == bare.incident.id)
        assert found.states == {"open", "diagnosed", "escalated", "refused"}
        assert (found.closing, found.gate, found.playbook) == ("refused", "kill_switch", "cure")
        assert (found.causes, found.reasons) == (("illness",), ("no", "really"))
        assert (found.considered, found.requested) == (("cure for illness: it is not enabled",), False)
        assert (empty.closing, empty.gate, empty.playbook, empty.causes, empty.states) == (None, None, None, (), set())
        assert list(tx[FunnelStore].paths_since(clock.now() - LONG_AGO, limit=1)) == [max(both, key=lambda one: one.id)]
        assert len(tx[FunnelStore].paths_since(clock.now() - LONG_AGO, limit=9)) == 2
        assert list(tx[FunnelStore].paths_since(clock.now() + AHEAD, limit=9)) == []
