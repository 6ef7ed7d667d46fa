from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions import (
    EnvironmentProof,
    Reloadable,
    Restartable,
    RunningProcesses,
    ServiceLimits,
    ServiceParts,
)
from grace_workers.drivers.systemd import DEFINITION
from grace_workers.drivers.systemd.reload import known_test
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError, PermanentError, TransientError
from tests.conformance.roles.implementations import Place, machine_id
from tests.conformance.roles.stands import Bounded, Parts, Reloading
from tests.systemd import UserSystemd, user_systemd
from tests.waiting import until

NEEDS_SERVERS = True
SLEEPER = "[Service]\nExecStart=/bin/sleep 600\n"
# The service copies its configuration when it starts and when it is reloaded, as a daemon would read it.
RELOADING = """
[Service]
ExecStart=/bin/sh -c 'cp {folder}/written {folder}/read; exec sleep 600'
ExecReload=/bin/cp {folder}/written {folder}/read
"""
# Like nginx, of which it has the name, it tests a file and ends if it is started with `-t`.
SERVER = """#!/bin/sh
[ "$1" = -t ] || exec sleep 600
[ "$3" = -c ] || exit 2
grep -q broken "$4" || exit 0
echo "nginx: [emerg] unknown directive in $4:1" >&2
echo "nginx: configuration file $4 test failed" >&2
exit 1
"""


def said(manager: UserSystemd, **more: Any) -> dict[str, Any]:
    """Return a connection to the unit `shop.service` of the manager."""
    return {"unit": "shop.service", "manager": "user", "runtime_dir": str(manager.runtime_dir), **more}


@contextmanager
def shop(place: Place, unit: str = SLEEPER, **more: Any) -> Iterator[tuple[UserSystemd, Any]]:
    with user_systemd() as manager:
        manager.write("shop.service", unit)
        yield manager, place.open(DEFINITION, **said(manager, **more))


@contextmanager
def environment_proof(place: Place) -> Iterator[Callable[[], EnvironmentProof]]:
    machine_id()
    yield lambda: place.open(DEFINITION, unit="shop.service")[EnvironmentProof]


@contextmanager
def restartable(place: Place) -> Iterator[Restartable]:
    with shop(place) as (_, roles):
        yield roles[Restartable]


@contextmanager
def running_processes(place: Place) -> Iterator[RunningProcesses]:
    with shop(place) as (_, roles):
        roles[Restartable].start()
        yield roles[RunningProcesses]


@contextmanager
def reloadable(place: Place) -> Iterator[Reloading]:
    (place.folder / "written").write_text("first")
    with shop(place, RELOADING.format(folder=place.folder)) as (_, roles):
        roles[Restartable].start()
        yield Reloading(
            role=roles[Reloadable],
            write=(place.folder / "written").write_text,
            read=(place.folder / "read").read_text,
            stop=lambda: roles[Restartable].stop(timedelta(seconds=2)),
        )


@pytest.mark.servers
@pytest.mark.parametrize("declared", [True, False])
def test_a_configuration_is_tested_as_declared_or_as_its_program_does(tmp_path: Path, declared: bool) -> None:
    program, written = tmp_path / "nginx", tmp_path / "written"
    program.write_text(SERVER)
    program.chmod(0o755)
    written.write_text("first")
    unit = f"[Service]\nExecStart={program} -g 'daemon off;' -c {written}\nExecReload=/bin/true\n"
    more = {"config_test": [str(program), "-t", "-q", "-c", str(written)]} if declared else {}
    with shop(Place(tmp_path, str), unit, **more) as (_, roles):
        roles[Restartable].start()
        service = roles[Reloadable]
        assert service.tested_by() == f"`{program} -t -q -c {written}`"
        assert service.objection() is None
        written.write_text("broken")
        assert (service.objection() or "").startswith(f"nginx: [emerg] unknown directive in {written}:1; nginx: conf")
        assert "refuses its configuration: nginx: [emerg]" in (roles[Restartable].objection() or "")


@pytest.mark.parametrize(
    ("starts", "command"),
    [
        ("{ path=/usr/sbin/sshd ; argv[]=/usr/sbin/sshd -D $OPTS ; ignore_errors=no ; pid=1 }", "/usr/sbin/sshd -t"),
        (
            "{ path=/usr/sbin/php-fpm8.2 ; argv[]=php-fpm8.2 -F -y /a ; ignore_errors=no }",
            "/usr/sbin/php-fpm8.2 -t -y /a",
        ),
        (
            "{ path=/usr/sbin/haproxy ; argv[]=haproxy -f /a -f /b -p /p ; ignore_errors=no }",
            "/usr/sbin/haproxy -c -f /a -f /b",
        ),
        ("{ path=/usr/sbin/haproxy ; argv[]=haproxy -Ws -f $CONFIG -p $PIDFILE ; ignore_errors=no }", ""),
        ("{ path=/usr/sbin/nginx ; argv[]=nginx -p /srv ; ignore_errors=no }", "/usr/sbin/nginx -t -q -p /srv"),
        ("{ path=/usr/sbin/apachectl ; argv[]=apachectl start ; ignore_errors=no }", "/usr/sbin/apachectl configtest"),
        ("{ path=/opt/shop ; argv[]=/opt/shop -c /a ; ignore_errors=no }", ""),
        ("", ""),
    ],
)
def test_the_test_of_a_known_program_is_that_of_its_own_configuration(starts: str, command: str) -> None:
    assert " ".join(known_test(starts)) == command


@contextmanager
def service_limits(place: Place) -> Iterator[Bounded]:
    declared = {"TasksMax": {"lowest": 10, "highest": 100}, "MemoryMax": {"lowest": 1 << 25, "highest": 1 << 30}}
    with shop(place, f"{SLEEPER}TasksMax=20\n", limits=declared) as (_, roles):
        roles[Restartable].start()
        yield Bounded(role=roles[ServiceLimits], name="TasksMax", unlimited="MemoryMax")


@contextmanager
def service_parts(place: Place) -> Iterator[Parts]:
    with shop(place, instances_of="part@") as (manager, roles):
        manager.write("part@.service", SLEEPER)
        manager.ctl("start", "part@a", "part@b", "part@c")

        def fail(name: str) -> None:
            manager.ctl("kill", "--signal=SIGKILL", name)

        yield Parts(role=roles[ServiceParts], fail=fail)


@pytest.mark.parametrize(
    "unit",
    [
        "--help.service",
        "-a.service",
        "shop",
        "shop.socket",
        "a b.service",
        "a\n.service",
        "../x.service",
        "%i;.service",
    ],
)
def test_a_hostile_unit_is_refused(tmp_path: Path, unit: str) -> None:
    with pytest.raises(InputError, match="unit"):
        Place(tmp_path, str).open(DEFINITION, unit=unit)


@pytest.mark.parametrize("template", ["shop", "-x@", "shop@*", "a@b@", "x @"])
def test_a_hostile_template_is_refused(tmp_path: Path, template: str) -> None:
    with pytest.raises(InputError, match="instances_of"):
        Place(tmp_path, str).open(DEFINITION, unit="shop.service", instances_of=template)


def test_a_systemd_that_does_not_run_may_run_later(tmp_path: Path) -> None:
    opened = Place(tmp_path, str).open(DEFINITION, unit="shop.service", manager="user", runtime_dir=str(tmp_path))
    with pytest.raises((TransientError, PermanentError), match="systemctl"):
        opened[Restartable].status()


@pytest.mark.servers
def test_what_a_unit_cannot_do_is_said_with_what_to_change(tmp_path: Path) -> None:
    with shop(Place(tmp_path, str), "[Service]\nExecStart=/bin/false\n") as (manager, roles):
        with pytest.raises(PermanentError, match="ended while starting"):
            roles[Restartable].start()
        ghost = Place(tmp_path, str).open(DEFINITION, **{**said(manager), "unit": "ghost.service"})
        with pytest.raises(NotFoundError, match="not-found"):
            ghost[Restartable].status()
        with pytest.raises(ConflictError, match="does not run"):
            roles[Reloadable].reload()
        manager.write("shop.service", SLEEPER)
        roles[Restartable].start()
        with pytest.raises(PermanentError, match="ExecReload="):
            roles[Reloadable].reload()


@pytest.mark.servers
def test_a_unit_that_ignores_sigterm_is_killed_after_the_grace(tmp_path: Path) -> None:
    stubborn = "[Service]\nExecStart=/bin/sh -c 'trap \"\" TERM; while :; do sleep 1; done'\nTimeoutStopSec=600\n"
    with shop(Place(tmp_path, str), stubborn) as (_, roles):
        roles[Restartable].start()
        assert not roles[Restartable].stop(timedelta(seconds=0.5)).running


@pytest.mark.servers
def test_an_instance_that_failed_too_often_can_be_restarted(tmp_path: Path) -> None:
    limited = "[Unit]\nStartLimitIntervalSec=1h\nStartLimitBurst=2\n"
    with shop(Place(tmp_path, str), instances_of="part@") as (manager, roles):
        manager.write(
            "part@.service", f"{limited}[Service]\nExecStart=/bin/sh -c 'test -e {tmp_path}/good && sleep 600'\n"
        )
        manager.ctl("start", "--no-block", "part@a")
        until(lambda: manager.ctl("show", "--property=Result", "part@a") == "Result=exit-code\n", within=20)
        manager.ctl("start", "--no-block", "part@a")
        until(lambda: "failed" in manager.ctl("show", "--property=ActiveState", "part@a"), within=20)
        with pytest.raises((TransientError, PermanentError), match="restart"):
            roles[ServiceParts].restart_part("part@a.service", timedelta(seconds=1))
        (tmp_path / "good").touch()
        assert roles[ServiceParts].restart_part("part@a.service", timedelta(seconds=10)).healthy
