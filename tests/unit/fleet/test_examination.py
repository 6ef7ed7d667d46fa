from grace_workers.fleet import Kernel, Ready, Tier, Unready, examine
from grace_workers.foundation.errors import TransientError
from tests.conformance.kernel_worlds import World


def test_the_answer_of_a_self_test_is_its_own():
    fine = Kernel(name="fine", tier=Tier.FOUNDATION, readiness=lambda probe: Ready("it stands"))
    assert examine(fine, World()) == Ready("it stands")


def test_a_probe_without_an_answer_makes_a_kernel_unready():
    def away(probe):
        raise TransientError("the server is away")

    assert examine(Kernel(name="away", tier=Tier.FOUNDATION, readiness=away), World()) == Unready(
        "the server is away", late=True
    )
