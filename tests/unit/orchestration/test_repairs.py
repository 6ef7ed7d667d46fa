"""The causes by which parts of the fleet heal each other are those that ship."""

from grace_workers.orchestration.repairs import OF_CODING, OF_HEALING, OF_KERNELS
from tests.shipped_causes import CAUSES


def test_every_cause_of_an_agent_or_a_kernel_is_one_of_them_and_each_ships():
    shipped = {cause.name for cause in CAUSES}
    told = {*OF_CODING, *OF_HEALING, *OF_KERNELS}
    assert told <= shipped
    assert {name for name in shipped if name.startswith(("agent_", "agents_", "kernel_"))} <= told
