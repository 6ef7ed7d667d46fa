import pytest

from grace_workers.foundation.errors import InputError
from grace_workers.orchestration.job import Succeeded
from grace_workers.orchestration.work.jobs.grace_signal import DEFINITION
from grace_workers.orchestration.work.tasks import SIGNAL
from tests.builders import Ward, claimed

DOWN = {"name": "HealthProbeFailed", "target": "web", "severity": "error", "summary": "web does not answer"}


def test_the_signal_is_accepted_once_however_often_the_job_runs() -> None:
    ward = Ward()
    claim = claimed(ward, DEFINITION, DOWN)
    first, again = DEFINITION.run(ward, claim), DEFINITION.run(ward, claim)
    assert isinstance(first, Succeeded)
    assert isinstance(again, Succeeded)
    told = [(one.result["signal"], one.result["incident"], one.result["fate"]) for one in (first, again)]
    assert told == [(*told[0][:2], "opened"), (*told[0][:2], "repeated")]
    with ward.ledger.transaction() as tx:
        assert len(tx.incidents.find()) == 1


def test_what_is_no_signal_is_refused() -> None:
    ward = Ward()
    with pytest.raises(InputError):
        DEFINITION.run(ward, claimed(ward, DEFINITION, {"colour": "red"}))


def test_tasks_and_clients_ask_for_it_by_its_address() -> None:
    assert DEFINITION.address == SIGNAL
