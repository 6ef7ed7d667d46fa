"""The drivers `docker` and `compose` on the engine that runs the stack."""

import tempfile
from datetime import timedelta
from pathlib import Path

from grace_workers.actions import (
    EnvironmentProof,
    ErrorLog,
    Reloadable,
    Restartable,
    RunningProcesses,
    Scalable,
    ServiceLimits,
    ServiceParts,
)
from grace_workers.drivers.compose import DEFINITION as COMPOSE
from grace_workers.drivers.docker import DEFINITION as DOCKER
from tests.compose.engine import BASE_IMAGE
from tests.compose.stack import Stack
from tests.conformance.roles.implementations import Place
from tests.waiting import until

PROGRAM = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
while True:
    print(time.strftime("%Y-%m-%dT%H:%M:%SZ ERROR it broke"), flush=True)
    time.sleep(1)
"""
PROJECT, SERVICE = "shop", "worker"
_COMPOSE = "com.docker.compose"
_GRACE = timedelta(seconds=20)
_WELL = timedelta(seconds=120)
_LIMITS = {
    "memory": {"lowest": 1 << 25, "highest": 1 << 33},
    "pids": {"lowest": 10, "highest": 5000},
    "millicpus": {"lowest": 100, "highest": 1000},
}


def the_drivers_act_on_real_containers(stack: Stack) -> str:
    """Containers of our own, two of them labelled as compose does it, are restarted, limited, read and scaled."""
    run = ("run", "--detach", "--network", "none", "--memory", "200m")
    program = (BASE_IMAGE, "python3", "-c", PROGRAM)
    stack.docker(*run, "--name", "shop-web", *program)
    for number in (1, 2):
        labels = {"project": PROJECT, "service": SERVICE, "oneoff": "False", "container-number": str(number)}
        given = [f"--label={_COMPOSE}.{key}={value}" for key, value in labels.items()]
        stack.docker(*run, "--name", f"{PROJECT}-{SERVICE}-{number}", *given, *program)
    try:
        one = act_on_a_container(stack.address, "shop-web")
        return f"{one}; {act_on_a_service(stack.address, PROJECT, SERVICE)}"
    finally:
        found = stack.docker("ps", "--all", "--quiet", "--filter", "name=^shop-").split()
        stack.docker("rm", "--force", "--volumes", *found)


def act_on_a_container(address: str, name: str) -> str:
    """Look into a running container, change each of its limits and put it back, and restart it."""
    said = {"engine": address, "container": name, "limits": _LIMITS, "reload_signal": "SIGWINCH", "patience": 120}
    with tempfile.TemporaryDirectory() as folder:
        roles = Place(Path(folder), str).open(DOCKER, **said)
    proof = roles[EnvironmentProof].environment()
    assert proof == roles[EnvironmentProof].environment()
    largest = roles[RunningProcesses].largest(3)
    assert largest, "no process is seen"
    assert largest[0].memory > 0, largest
    limits = roles[ServiceLimits]
    for kind, value in (("memory", 1 << 29), ("pids", 300), ("millicpus", 900)):
        before = limits.limit(kind).value
        if before is not None or kind == "pids":
            assert limits.set_limit(kind, value).value == value
        assert limits.put_back_limit(kind, before).value == before, kind
    first = roles[Restartable].status().incarnation
    roles[Reloadable].reload()
    assert roles[Reloadable].incarnation() == first
    errors = roles[ErrorLog].errors(timedelta(hours=1))
    assert not roles[Restartable].stop(_GRACE).running
    assert roles[RunningProcesses].count() == 0
    now = roles[Restartable].start()
    assert now.running
    assert now.incarnation != first
    return f"{largest[0].name} with {largest[0].memory >> 20} MiB, {errors} errors in its log, restarted"


def act_on_a_service(address: str, project: str, service: str) -> str:
    """Restart one container of a service, add one that compose takes for its own, and remove it again."""
    said = {"engine": address, "project": project, "service": service, "scale": {"lowest": 1, "highest": 9}}
    with tempfile.TemporaryDirectory() as folder:
        roles = Place(Path(folder), str).open(COMPOSE, **said)
    before = roles[ServiceParts].parts()
    now = roles[ServiceParts].restart_part(before[0].name, _WELL)
    assert now.incarnation != before[0].incarnation
    roles[Scalable].scale_to(len(before) + 1)
    until(lambda: roles[Scalable].scale().ready == len(before) + 1, within=_WELL.total_seconds(), every=0.5)
    names = [one.name for one in roles[ServiceParts].parts()]
    roles[Scalable].scale_to(len(before))
    assert [one.name for one in roles[ServiceParts].parts()] == [one.name for one in before]
    return f"{', '.join(names)} and back"
