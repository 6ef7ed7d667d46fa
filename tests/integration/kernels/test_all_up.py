"""Every kernel asked on a real node's servers and processes, nothing broken."""

import pytest

from grace_workers.bootstrap import catalogs
from grace_workers.fleet import Absent, Limited, Ready

pytestmark = pytest.mark.servers
SERVES = {"sandbox": Absent, "event_mesh": Absent}
SERVES |= dict.fromkeys(["coding_pool", "hunter", "snapshot_keeper"], Limited)


@pytest.mark.parametrize("name", catalogs().kernels.names)
def test_a_kernel_of_a_whole_node_passes_its_full_contract(scene, name):
    assert scene.until(name, SERVES.get(name, Ready), thorough=True)
