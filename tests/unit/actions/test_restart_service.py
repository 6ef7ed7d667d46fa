from datetime import timedelta

import pytest

from grace_workers.actions import Effect, OutcomeStatus
from grace_workers.actions.primitives.restart_service import DEFINITION, RestartParams
from grace_workers.foundation.errors import InputError
from grace_workers.testing import MemoryService
from tests.conformance.primitive_cases import InMemory

PARAMS = RestartParams(grace_period=timedelta(seconds=1))


def in_memory() -> InMemory:
    service = MemoryService()
    return InMemory(
        role=service,
        params={"grace_period": 1},
        look=lambda: (service.running, service.starts),
        kept=lambda: service.running,
    )


def test_a_running_service_is_stopped_and_started_once() -> None:
    service = MemoryService()
    kept = DEFINITION.snapshot(service, PARAMS)
    assert DEFINITION.apply(service, PARAMS, kept).status is OutcomeStatus.DONE
    assert (service.running, service.starts) == (True, 2)


def test_a_service_restarted_since_the_snapshot_is_left_alone() -> None:
    service = MemoryService()
    kept = DEFINITION.snapshot(service, PARAMS)
    service.stop(timedelta(0))
    service.start()
    assert DEFINITION.apply(service, PARAMS, kept).status is OutcomeStatus.UNCHANGED
    assert service.starts == 2


def test_a_service_found_stopped_by_an_interrupted_restart_is_started() -> None:
    service = MemoryService()
    kept = DEFINITION.snapshot(service, PARAMS)
    service.stop(timedelta(0))
    assert DEFINITION.effect is not None
    assert DEFINITION.effect(service, PARAMS, kept) is Effect.ABSENT
    DEFINITION.apply(service, PARAMS, kept)
    assert (service.running, service.starts) == (True, 2)


def test_a_dead_service_is_dead_again_after_restore() -> None:
    service = MemoryService(running=False)
    kept = DEFINITION.snapshot(service, PARAMS)
    DEFINITION.apply(service, PARAMS, kept)
    assert not DEFINITION.restored(service, PARAMS, kept)
    DEFINITION.restore(service, PARAMS, kept)
    assert not service.running
    assert DEFINITION.restored(service, PARAMS, kept)


def test_the_preview_of_a_dead_service_only_starts_it() -> None:
    preview = DEFINITION.preview(MemoryService(running=False), PARAMS)
    assert preview.changes == ("start the service, which is not running",)


@pytest.mark.parametrize("grace", [-1, "soon", 10**12, None])
def test_a_senseless_grace_period_is_refused(grace: object) -> None:
    with pytest.raises(InputError, match="grace_period"):
        RestartParams.read({"grace_period": grace}, "params")
