import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions import (
    EnvironmentProof,
    ErrorLog,
    Reloadable,
    Restartable,
    Roles,
    RunningProcesses,
    ServiceLimits,
)
from grace_workers.drivers._shared.container import moment
from grace_workers.drivers.docker import DEFINITION
from grace_workers.foundation.errors import (
    ConflictError,
    GraceError,
    InputError,
    NotFoundError,
    PermanentError,
    TransientError,
)
from tests.conformance.roles.implementations import Place
from tests.conformance.roles.stands import Bounded, Log, Reloading
from tests.docker_engine import FakeContainer, FakeEngine, ago, fake_engine

NEEDS_SERVERS = True
GRACE = timedelta(seconds=1)
LIMITS = {
    "pids": {"lowest": 10, "highest": 100},
    "memory": {"lowest": 1 << 25, "highest": 1 << 30},
    "millicpus": {"lowest": 100, "highest": 4000},
}


@contextmanager
def shop(folder: Path, **more: Any) -> Iterator[tuple[FakeContainer, Roles, FakeEngine]]:
    with fake_engine() as engine:
        made = engine.add("shop")
        said = {"engine": engine.url, "container": "shop", "reload_signal": "SIGHUP", "limits": LIMITS, **more}
        yield made, Place(folder, str).open(DEFINITION, **said), engine


@contextmanager
def restartable(place: Place) -> Iterator[Restartable]:
    with shop(place.folder) as (_, roles, _):
        yield roles[Restartable]


@contextmanager
def running_processes(place: Place) -> Iterator[RunningProcesses]:
    with shop(place.folder) as (made, roles, _):
        made.start()
        yield roles[RunningProcesses]


@contextmanager
def error_log(place: Place) -> Iterator[Log]:
    with shop(place.folder) as (made, roles, _):
        yield Log(roles[ErrorLog], lambda age, words: made.log.append((ago(age), f"ERROR: {words}")))


@contextmanager
def environment_proof(place: Place) -> Iterator[Callable[[], EnvironmentProof]]:
    with shop(place.folder) as (_, roles, _):
        yield lambda: roles[EnvironmentProof]


@contextmanager
def reloadable(place: Place) -> Iterator[Reloading]:
    with shop(place.folder) as (made, roles, _):
        made.start()
        written = ["first"]
        yield Reloading(
            role=roles[Reloadable],
            write=written.append,
            read=lambda: written[-1] if made.signals == ["SIGHUP"] else written[0],
            stop=lambda: roles[Restartable].stop(GRACE),
        )


@contextmanager
def service_limits(place: Place) -> Iterator[Bounded]:
    with shop(place.folder) as (made, roles, _):
        made.host["PidsLimit"] = 20
        yield Bounded(role=roles[ServiceLimits], name="pids")


@pytest.mark.parametrize("name", ["", "--help", "-a", "a/b", "../x", "a b", "a\n", "{{x}}", "a?x=1", "a%2fb"])
def test_a_hostile_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="container"):
        Place(tmp_path, str).open(DEFINITION, container=name)


@pytest.mark.parametrize("engine", ["", "ssh://host", "npipe:////x", "unix://docker.sock", "tcp://a b", "file:///x"])
def test_an_engine_that_is_no_address_is_refused(tmp_path: Path, engine: str) -> None:
    with pytest.raises(InputError, match="engine"):
        Place(tmp_path, str).open(DEFINITION, container="shop", engine=engine)


# The client closes no socket that it could not connect, and leaves that to the collector.
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_an_engine_that_is_not_there_may_be_there_later(tmp_path: Path) -> None:
    pytest.importorskip("docker", reason="the extra `docker` is not installed")
    role = Place(tmp_path, str).open(DEFINITION, container="shop", engine=f"unix://{tmp_path}/none.sock")[Restartable]
    with pytest.raises(TransientError, match=r"none\.sock cannot be reached"):
        role.status()
    gc.collect()


def test_certificates_that_are_not_there_are_named(tmp_path: Path) -> None:
    pytest.importorskip("docker", reason="the extra `docker` is not installed")
    said = {"container": "shop", "engine": "tcp://127.0.0.1:1", "certificates": str(tmp_path)}
    with pytest.raises(PermanentError, match=r"needs `ca\.pem`"):
        Place(tmp_path, str).open(DEFINITION, **said)[Restartable].status()


@pytest.mark.servers
@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (401, PermanentError, "correct the login"),
        (403, PermanentError, "allow it to Grace's user"),
        (404, NotFoundError, "answers 404"),
        (409, ConflictError, "answers 409"),
        (400, PermanentError, "answers 400"),
        (429, TransientError, "answers 429"),
        (500, TransientError, "answers 500"),
        (501, PermanentError, "as configured"),
        (503, TransientError, "answers 503"),
    ],
)
def test_what_an_engine_refuses_is_said_with_what_to_do(
    tmp_path: Path, status: int, kind: type[GraceError], words: str
) -> None:
    with shop(tmp_path) as (_, roles, engine):
        engine.refuse = status
        with pytest.raises(kind, match=words) as caught:
            roles[Restartable].status()
        assert "no, because" in str(caught.value)


@pytest.mark.servers
def test_a_container_that_ends_while_starting_is_said_with_its_exit_code(tmp_path: Path) -> None:
    with shop(tmp_path) as (made, roles, _):
        made.fails = True
        with pytest.raises(PermanentError, match="ended while starting: exited, exit code 3"):
            roles[Restartable].start()


@pytest.mark.servers
def test_a_container_serves_when_its_own_health_check_is_passed(tmp_path: Path) -> None:
    with shop(tmp_path, patience=1) as (made, roles, _):
        made.health_after_start = "starting"
        with pytest.raises(TransientError, match=r"does not serve 1 s after its start.*check says starting"):
            roles[Restartable].start()
        made.health = "healthy"
        assert roles[Restartable].start().running


@pytest.mark.servers
def test_a_paused_container_does_not_run_and_a_start_lets_it_go_on(tmp_path: Path) -> None:
    with shop(tmp_path) as (made, roles, _):
        made.start()
        made.status = "paused"
        assert not roles[Restartable].status().running
        assert roles[Restartable].start().running


@pytest.mark.servers
def test_a_container_of_the_same_name_that_replaced_it_is_another_incarnation(tmp_path: Path) -> None:
    with shop(tmp_path) as (made, roles, engine):
        made.start()
        before = roles[Restartable].status().incarnation
        del engine.containers[made.id]
        engine.add("shop", status="running", started=made.started)
        assert roles[Restartable].status().incarnation != before


@pytest.mark.servers
def test_a_container_that_ends_on_the_signal_did_not_reload(tmp_path: Path) -> None:
    with shop(tmp_path) as (made, roles, _):
        made.start()
        made.ends_on.add("SIGHUP")
        with pytest.raises(PermanentError, match="ended when it got SIGHUP; correct `reload_signal`"):
            roles[Reloadable].reload()


@pytest.mark.servers
def test_a_memory_limit_goes_above_an_earlier_one_with_its_swap(tmp_path: Path) -> None:
    with shop(tmp_path) as (made, roles, _):
        made.host.update(Memory=1 << 26, MemorySwap=3 << 26, NanoCpus=500_000_000)
        assert roles[ServiceLimits].set_limit("memory", 1 << 29).value == 1 << 29
        assert made.host["MemorySwap"] == (1 << 29) + (2 << 26)
        assert roles[ServiceLimits].set_limit("millicpus", 1500).value == 1500
        assert made.host["NanoCpus"] == 1_500_000_000


@pytest.mark.servers
def test_a_limit_that_could_not_be_taken_away_again_is_not_set(tmp_path: Path) -> None:
    with shop(tmp_path) as (made, roles, _):
        for name, value in (("memory", 1 << 29), ("millicpus", 500)):
            with pytest.raises(ConflictError, match="an engine cannot take such a limit away"):
                roles[ServiceLimits].set_limit(name, value)
            assert roles[ServiceLimits].put_back_limit(name, None).value is None
        assert roles[ServiceLimits].set_limit("pids", 64).value == 64
        assert roles[ServiceLimits].put_back_limit("pids", None).value is None
        assert made.host["PidsLimit"] == -1


@pytest.mark.servers
def test_what_a_stopped_container_ran_is_nothing(tmp_path: Path) -> None:
    with shop(tmp_path) as (_, roles, _):
        assert roles[RunningProcesses].count() == 0


@pytest.mark.servers
def test_a_printed_log_of_no_known_form_is_not_called_clean(tmp_path: Path) -> None:
    with shop(tmp_path) as (made, roles, _):
        made.log.append((ago(GRACE), "something happened"))
        with pytest.raises(PermanentError, match="the log of container 'shop' cannot be read for errors"):
            roles[ErrorLog].errors(timedelta(minutes=5))


@pytest.mark.parametrize(
    ("text", "hour", "micro"),
    [
        ("2026-11-29T10:00:00.123456789Z", 10, 123456),
        ("2026-11-29T10:00:00Z", 10, 0),
        ("2026-11-29T10:00:00.123456789+02:00", 8, 123456),
        ("2026-11-29T10:00:00-01:30", 11, 0),
    ],
)
def test_a_time_is_read_with_the_offset_of_its_engine(text: str, hour: int, micro: int) -> None:
    found = moment(text)
    assert (found.hour, found.microsecond, found.utcoffset()) == (hour, micro, timedelta())
