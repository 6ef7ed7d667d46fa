"""The line from signal to close, in memory: every stage's good and bad outcomes."""

from datetime import timedelta

from grace_workers.orchestration.dossier import Closing, Fate
from grace_workers.signals import IncidentState
from tests.builders import WEB, Ward, signal


def test_an_illness_is_cured_and_closed() -> None:
    ward = Ward()
    incident = ward.fall_ill()
    ward.work()
    assert ward.states(incident) == [
        "open", "diagnosed", "planned", "granted", "contracted", "snapshotted", "executed", "verified", "closed",
    ]  # fmt: skip
    assert ward.dossier(incident).closing is Closing.HEALED
    assert ward.patients[WEB].effects == {"first": 1, "second": 1}
    assert ward.held() == frozenset()
