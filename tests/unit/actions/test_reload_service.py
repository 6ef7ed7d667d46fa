from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from grace_workers.actions.primitives.reload_service import DEFINITION, ReloadParams
from grace_workers.adapters.embedded import EmbeddedPostgres
from grace_workers.foundation.errors import ConflictError, PermanentError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryReloadable
from tests.conformance.primitive_cases import InMemory, Real
from tests.docker_engine import fake_engine
from tests.systemd import user_systemd
from tests.waiting import until

UNIT = """
[Service]
ExecStart=/bin/sh -c 'cp {folder}/written {folder}/read; exec sleep 600'
ExecReload=/bin/cp {folder}/written {folder}/read
"""


def in_memory() -> InMemory:
    service = MemoryReloadable(written="second")
    return InMemory(role=service, params={}, look=lambda: service.read, kept=lambda: service.running)


@contextmanager
def real(folder: Path) -> Iterator[Real]:
    (folder / "written").write_text("first")
    with user_systemd() as manager:
        manager.write("shop.service", UNIT.format(folder=folder))
        manager.ctl("start", "shop.service")
        until(lambda: (folder / "read").exists() and (folder / "read").read_text() == "first", within=10)
        (folder / "written").write_text("second")
        yield Real(
            kind=TargetKind("systemd"),
            connection={"unit": "shop.service", "manager": "user", "runtime_dir": str(manager.runtime_dir)},
            params={},
            look=(folder / "read").read_text,
            kept=lambda: manager.ctl("show", "-p", "InvocationID", "shop.service"),
        )


@contextmanager
def real_docker(folder: Path) -> Iterator[Real]:
    with fake_engine() as engine:
        made = engine.add("shop")
        made.start()
        yield Real(
            kind=TargetKind("docker"),
            connection={"engine": engine.url, "container": "shop", "reload_signal": "SIGHUP"},
            params={},
            look=lambda: set(made.signals),
            kept=lambda: made.started,
        )


def test_a_configuration_that_its_test_refuses_is_not_read() -> None:
    service = MemoryReloadable(written="broken")
    kept = DEFINITION.snapshot(service, ReloadParams())
    with pytest.raises(
        PermanentError, match="nothing was reloaded, because a look for broken words refuses the config"
    ):
        DEFINITION.apply(service, ReloadParams(), kept)
    assert service.read == "first"


def test_people_read_whether_the_configuration_is_tested_first() -> None:
    (words,) = DEFINITION.preview(MemoryReloadable(), ReloadParams()).changes
    assert (
        words
        == "reload the service, which runs as incarnation start-1, if its configuration passes a look for broken words"
    )


@contextmanager
def real_postgres(folder: Path) -> Iterator[Real]:
    server = EmbeddedPostgres(folder / "postgres", durable=False)
    server.start()
    try:
        url = server.url_of("postgres")
        with psycopg.connect(url, autocommit=True) as session:
            session.execute("ALTER SYSTEM SET work_mem = '7MB'")
        yield Real(
            kind=TargetKind("postgres"),
            connection={"url": url},
            params={},
            look=lambda: asked(url, "SHOW work_mem"),
            kept=lambda: asked(url, "SELECT pg_postmaster_start_time()"),
        )
    finally:
        server.stop()


def asked(url: str, question: str) -> object:
    with psycopg.connect(url) as session:
        return session.execute(question.encode()).fetchone()


def test_what_does_not_run_is_not_reloaded() -> None:
    with pytest.raises(ConflictError, match="restart it instead"):
        DEFINITION.preview(MemoryReloadable(running=False), ReloadParams())


def test_a_service_that_ended_is_not_as_before() -> None:
    service = MemoryReloadable()
    kept = DEFINITION.snapshot(service, ReloadParams())
    service.running = False
    assert not DEFINITION.restored(service, ReloadParams(), kept)
