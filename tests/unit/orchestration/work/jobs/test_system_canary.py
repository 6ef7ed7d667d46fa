from grace_workers.orchestration.job import Pool, Succeeded
from grace_workers.orchestration.work.canary import canary_request
from grace_workers.orchestration.work.jobs.system_canary import DEFINITION
from tests.builders import HERE, Ward, claimed


def test_the_nonce_is_returned_with_the_instance() -> None:
    ward = Ward()
    assert DEFINITION.run(ward, claimed(ward, DEFINITION, {"nonce": "n"})) == Succeeded(
        result={"nonce": "n", "instance": HERE}
    )


def test_a_canary_is_asked_for_as_its_definition_says() -> None:
    asked = canary_request(Pool.HEALING, HERE, "n")
    assert (asked.name, asked.max_attempts, asked.audited) == (
        DEFINITION.address,
        DEFINITION.attempts,
        DEFINITION.audited,
    )
