"""What a cycle reads of targets."""

from dataclasses import replace

from grace_workers.actions import Scalable, Scale
from grace_workers.foundation.ids import TargetName
from grace_workers.orchestration.work.cycle_readings import pool_scales
from grace_workers.testing import MemoryWorld
from tests.builders import Ward


class Service(Scalable):
    """A service with two instances."""

    def scale(self) -> Scale:
        return Scale(wanted=2, ready=2, lowest=1, highest=4)


def read(ward: Ward, **pools: str) -> dict[str, TargetName]:
    """Return the target of each pool, where targets are labelled so."""
    labels = {TargetName(name): {"grace_pool": pool} for name, pool in pools.items()}
    line = replace(
        ward.line,
        subjects={name: replace(one, labels=labels.get(name, {})) for name, one in ward.line.subjects.items()},
        world=MemoryWorld(roles={(name, Scalable): Service() for name in labels}),
    )
    return {pool: scale.target for pool, scale in pool_scales(line).items()}


def test_the_target_of_a_pool_is_the_one_that_says_so_and_none_if_two_do() -> None:
    assert read(Ward(), web="healing", database="coding") == {"healing": "web", "coding": "database"}
    assert read(Ward(), web="healing", database="healing") == {}
