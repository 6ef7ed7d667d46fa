"""A ward with its usual patients, and common queries about it."""

from datetime import timedelta

import pytest

from grace_workers.foundation.ids import IncidentId
from grace_workers.learning import Episode
from grace_workers.orchestration.dossier import Closing
from grace_workers.signals import IncidentState
from tests.builders import Ward

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def ward() -> Ward:
    return Ward()


def episodes(ward: Ward) -> list[Episode]:
    with ward.ledger.transaction() as tx:
        return list(tx.records.episodes())


def check_healed(ward: Ward, incident: IncidentId) -> None:
    assert (ward.dossier(incident).incident.state, ward.dossier(incident).closing) == (
        IncidentState.CLOSED,
        Closing.HEALED,
    )


def run_first(ward: Ward) -> tuple:
    claim = ward.claim(ward.due()[0])
    assert claim is not None
    return claim, ward.run(claim)


def run_first_of(ward: Ward, incident: IncidentId) -> tuple:
    claim = ward.claim(next(job for job in ward.due() if job.incident == incident))
    assert claim is not None
    return claim, ward.run(claim)
