from dataclasses import replace

from grace_workers.bootstrap.catalogs import catalogs
from grace_workers.cycles import PoolScale
from grace_workers.cycles.tuning.scaling import ShortPool, scale_out
from grace_workers.foundation.ids import IncidentId, TargetName, uuid7
from grace_workers.playbooks import bind_ready
from tests.builders import WEB, Ward

NODES = TargetName("fleet-nodes")


def test_the_plan_fits_a_target_that_only_tells_how_many_instances_are_ready() -> None:
    nodes = replace(Ward().line.targets[WEB], name=NODES, roles=frozenset({"Scalable"}))
    short = ShortPool(pool="healing", why="64 slots are the most", slots=64, per_minute=9.0, wait=5.0)
    ready = scale_out(short, PoolScale(target=NODES, wanted=3, highest=4))
    known, incident = catalogs(), IncidentId(uuid7())
    plan = bind_ready(ready, known.primitives, known.checks, {NODES: nodes}, incident=incident, proposer="optimiser")
    assert [one.params for one in plan.steps] == [{"count": 4}]
