import pytest

from grace_workers.foundation.errors import InputError
from grace_workers.orchestration.job import Succeeded
from grace_workers.orchestration.line.transition import ADVANCE
from grace_workers.orchestration.work.jobs.incident_advance import DEFINITION
from tests.builders import Ward, claimed


def test_it_carries_the_incident_on_until_it_belongs_to_another_pool() -> None:
    ward = Ward()
    incident = ward.fall_ill()
    ending = DEFINITION.run(ward, claimed(ward, DEFINITION, {"incident": str(incident)}))
    assert ending == Succeeded(result={"incident": str(incident), "state": "contracted"})


def test_the_line_asks_for_it_by_its_address() -> None:
    assert DEFINITION.address == ADVANCE


def test_a_payload_without_an_incident_is_refused() -> None:
    ward = Ward()
    with pytest.raises(InputError, match=r"payload of incident\.advance: incident"):
        DEFINITION.run(ward, claimed(ward, DEFINITION, {}))
