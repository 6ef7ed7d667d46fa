"""What every `Reloadable` promises. A stand is a running service that has read the configuration `first`."""

from collections.abc import Iterator

import pytest

from grace_workers.actions import Reloadable
from grace_workers.foundation.errors import ConflictError
from grace_workers.testing import MemoryReloadable
from tests.conformance.roles.implementations import implementations, stand
from tests.conformance.roles.stands import Reloading
from tests.waiting import until


@pytest.fixture(params=implementations(Reloadable))
def service(request: pytest.FixtureRequest) -> Iterator[Reloading]:
    if request.param == "memory":
        memory = MemoryReloadable()
        yield Reloading(
            role=memory,
            write=lambda text: setattr(memory, "written", text),
            read=lambda: memory.read,
            stop=lambda: setattr(memory, "running", False),
        )
        return
    with stand(request.param, Reloadable, request) as made:
        until(lambda: made.read() == "first", within=10)
        yield made


def test_a_reload_reads_the_configuration_and_ends_no_service(service: Reloading) -> None:
    first = service.role.incarnation()
    service.write("second")
    assert service.read() == "first"
    service.role.reload()
    until(lambda: service.read() == "second", within=10)
    assert first == service.role.incarnation() is not None


def test_what_does_not_run_is_not_reloaded(service: Reloading) -> None:
    service.stop()
    assert service.role.incarnation() is None
    with pytest.raises(ConflictError):
        service.role.reload()
