from grace_workers.orchestration.job import Succeeded
from grace_workers.orchestration.work.jobs.system_noop import DEFINITION
from tests.builders import Ward, claimed


def test_it_succeeds_with_nothing() -> None:
    ward = Ward()
    assert DEFINITION.run(ward, claimed(ward, DEFINITION, {"whatever": 1})) == Succeeded()
