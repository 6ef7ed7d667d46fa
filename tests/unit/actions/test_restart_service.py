import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions import Effect, OutcomeStatus, Restartable
from grace_workers.actions.primitives.restart_service import DEFINITION, RestartParams
from grace_workers.foundation.errors import InputError, PermanentError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryService
from tests.aws_cloud import cloud, instance
from tests.conformance.primitive_cases import InMemory, Real, role_of
from tests.docker_engine import fake_engine
from tests.systemd import user_systemd

SLEEPER = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)"]
PARAMS = RestartParams(grace_period=timedelta(seconds=1))


def in_memory() -> InMemory:
    service = MemoryService()
    return InMemory(
        role=service,
        params={"grace_period": 1},
        look=lambda: (service.running, service.starts),
        kept=lambda: service.running,
    )


@contextmanager
def real(folder: Path) -> Iterator[Real]:
    said = {"command": SLEEPER, "pid_file": str(folder / "service.pid"), "log_file": str(folder / "service.log")}
    service = role_of(TargetKind("process"), said, Restartable, folder)
    service.start()
    yield Real(
        kind=TargetKind("process"),
        connection=said,
        params={"grace_period": 5},
        look=service.status,
        kept=lambda: service.status().running,
    )
    service.stop(timedelta(0))


@contextmanager
def real_aws_ec2(folder: Path) -> Iterator[Real]:
    with cloud() as found:
        name, client = instance(found), found.client("ec2")
        client.start_instances(InstanceIds=[name])

        def seen() -> Any:
            return client.describe_instances(InstanceIds=[name])["Reservations"][0]["Instances"][0]

        yield Real(
            kind=TargetKind("aws_ec2"),
            connection=found.said(folder, instance=name),
            params={},
            look=lambda: (seen()["State"]["Name"], seen()["LaunchTime"]),
            kept=lambda: seen()["State"]["Name"],
        )


@contextmanager
def real_docker(folder: Path) -> Iterator[Real]:
    with fake_engine() as engine:
        made = engine.add("shop")
        made.start()
        yield Real(
            kind=TargetKind("docker"),
            connection={"engine": engine.url, "container": "shop"},
            params={"grace_period": 5},
            look=lambda: (made.status, made.started),
            kept=lambda: made.status,
        )


@contextmanager
def real_systemd(folder: Path) -> Iterator[Real]:
    with user_systemd() as manager:
        manager.write("shop.service", "[Service]\nExecStart=/bin/sleep 600\n")
        manager.ctl("start", "shop.service")
        yield Real(
            kind=TargetKind("systemd"),
            connection={"unit": "shop.service", "manager": "user", "runtime_dir": str(manager.runtime_dir)},
            params={"grace_period": 5},
            look=lambda: manager.ctl("show", "-p", "InvocationID,ActiveState", "shop.service"),
            kept=lambda: manager.ctl("show", "-p", "ActiveState", "shop.service"),
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


def test_a_running_service_that_would_not_start_again_is_not_stopped() -> None:
    service = MemoryService(objects="`nginx -t` refuses its configuration: unknown directive")
    kept = DEFINITION.snapshot(service, RestartParams())
    with pytest.raises(
        PermanentError, match="nothing was restarted, because the service would not start again: `nginx -t`"
    ):
        DEFINITION.apply(service, RestartParams(), kept)
    assert (service.running, service.starts) == (True, 1)


def test_a_service_that_does_not_run_is_started_whatever_a_test_says() -> None:
    service = MemoryService(running=False, objects="a test refuses its configuration")
    DEFINITION.apply(service, RestartParams(), DEFINITION.snapshot(service, RestartParams()))
    assert service.running
