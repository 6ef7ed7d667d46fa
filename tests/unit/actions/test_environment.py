from dataclasses import dataclass, replace

import pytest

from grace_workers.actions import EnvironmentProof, Ownership, Target, prove_environment
from grace_workers.foundation.errors import ConflictError, NotFoundError
from grace_workers.foundation.ids import TargetKind, TargetName
from grace_workers.testing import MemoryEnvironment, MemoryWorld

TARGET = Target(name=TargetName("shop-db"), kind=TargetKind("postgres"), owner=Ownership.INTERNAL)
STAGING = MemoryWorld(roles={(TARGET.name, EnvironmentProof): MemoryEnvironment("memory:staging")})


@dataclass(slots=True)
class Asked(MemoryEnvironment):
    times: int = 0

    def environment(self) -> str:
        self.times += 1
        return self.name


@pytest.mark.parametrize(("pinned", "times"), [(None, 0), ("memory:staging", 1)])
def test_a_target_is_asked_if_it_pins_its_environment_and_passes_in_it(pinned: str | None, times: int) -> None:
    proof = Asked()
    world = MemoryWorld(roles={(TARGET.name, EnvironmentProof): proof})
    prove_environment(replace(TARGET, environment=pinned), world)
    assert proof.times == times


def test_another_environment_stops_with_both_names() -> None:
    with pytest.raises(ConflictError, match=r"'shop-db' is in environment 'memory:staging'.* pins 'memory:live'"):
        prove_environment(replace(TARGET, environment="memory:live"), STAGING)


def test_a_target_that_cannot_tell_stops_too() -> None:
    with pytest.raises(NotFoundError):
        prove_environment(replace(TARGET, environment="memory:live"), MemoryWorld(roles={}))
