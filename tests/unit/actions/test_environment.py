from dataclasses import replace

import pytest

from grace_workers.actions import EnvironmentProof, Ownership, Target, prove_environment
from grace_workers.foundation.errors import ConflictError, NotFoundError
from grace_workers.foundation.ids import TargetKind, TargetName
from grace_workers.testing import MemoryEnvironment, MemoryWorld

TARGET = Target(name=TargetName("shop-db"), kind=TargetKind("postgres"), owner=Ownership.INTERNAL)
STAGING = MemoryWorld(roles={(TARGET.name, EnvironmentProof): MemoryEnvironment("memory:staging")})


def test_a_target_that_pins_nothing_is_not_asked() -> None:
    prove_environment(TARGET, MemoryWorld(roles={}))


def test_the_pinned_environment_passes() -> None:
    prove_environment(replace(TARGET, environment="memory:staging"), STAGING)


def test_another_environment_stops_with_both_names() -> None:
    with pytest.raises(ConflictError, match=r"'shop-db' is in environment 'memory:staging'.* pins 'memory:live'"):
        prove_environment(replace(TARGET, environment="memory:live"), STAGING)


def test_a_target_that_cannot_tell_stops_too() -> None:
    with pytest.raises(NotFoundError):
        prove_environment(replace(TARGET, environment="memory:live"), MemoryWorld(roles={}))
