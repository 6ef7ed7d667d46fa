import os
import pwd
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from grace_workers.actions import EnvironmentProof, HostFigures, ProcessTable, RunningProcesses
from grace_workers.drivers.host import DEFINITION
from grace_workers.drivers.host.processes import incarnation_of
from grace_workers.foundation.errors import InputError, PermanentError
from tests.conformance.roles.implementations import Place, machine_id
from tests.waiting import until

ME = pwd.getpwuid(os.geteuid()).pw_name
DEAF = "trap '' TERM\n"


@contextmanager
def leaky(folder: Path, before: str = "") -> Iterator[tuple[str, Callable[[], list[int]]]]:
    """Start a program with a unique name and two children; yield the name, and a function for the live pids."""
    name = f"leak{uuid4().hex[:8]}"
    program = folder / name
    program.write_text(f"#!/bin/sh\n{before}sleep 600 &\nsleep 600 &\nwait\nwait\n")
    program.chmod(0o755)
    started = subprocess.Popen([str(program)])
    try:
        root = psutil.Process(started.pid)
        # Until it runs its own program, a child has the name of its parent.
        until(lambda: [one.name() for one in root.children()] == ["sleep", "sleep"], within=10)
        family = [root, *root.children()]
        yield name, lambda: [one.pid for one in family if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    finally:
        for one in (root, *family):
            if one.is_running():
                one.kill()
        started.wait(timeout=10)


@contextmanager
def environment_proof(place: Place) -> Iterator[Callable[[], EnvironmentProof]]:
    machine_id()
    yield lambda: place.open(DEFINITION)[EnvironmentProof]


@contextmanager
def host_figures(place: Place) -> Iterator[HostFigures]:
    yield place.open(DEFINITION)[HostFigures]


@contextmanager
def running_processes(place: Place) -> Iterator[RunningProcesses]:
    yield place.open(DEFINITION)[RunningProcesses]


@contextmanager
def process_table(place: Place) -> Iterator[tuple[ProcessTable, str, Callable[[], int]]]:
    with leaky(place.folder) as (name, live):
        yield table(place, name), name, lambda: len(live())


def table(place: Place, name: str, user: str = ME) -> ProcessTable:
    role: ProcessTable = place.open(DEFINITION, may_end={"names": [name], "users": [user]})[ProcessTable]
    return role


def test_a_name_that_was_not_declared_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="'bash' may not be ended; add the name"):
        table(Place(tmp_path, str), "leaky").find("bash")


def test_the_processes_of_others_are_not_seen_and_never_ended(tmp_path: Path) -> None:
    with leaky(tmp_path) as (name, live):
        place = Place(tmp_path, str)
        (root,) = table(place, name).find(name)
        others = table(place, name, user="nobody-here")
        assert list(others.find(name)) == []
        with pytest.raises(PermanentError, match="add the user"):
            others.end([(root.pid, root.incarnation)], timedelta(0))
        assert len(live()) == 3


# A network of one's own has no address but the wildcard's.
LISTENS = """
import socket, time
with socket.create_server(("", 0)) as line:
    print(line.getsockname()[1], flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("around", [(), ("unshare", "--net", "--map-root-user")])
def test_a_port_counts_only_in_the_network_of_this_machine(tmp_path: Path, around: tuple[str, ...]) -> None:
    if around and subprocess.run([*around, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine allows no network of one's own")
    program = tmp_path / f"port{uuid4().hex[:8]}"
    program.symlink_to(Path(sys.executable).resolve())
    command = [*around, str(program), "-S", "-E", "-c", LISTENS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as started:
        try:
            assert started.stdout is not None
            port = int(started.stdout.readline())
            (found,) = table(Place(tmp_path, str), program.name).find(program.name)
            assert found.ports == (() if around else (port,))
        finally:
            started.kill()


def test_this_process_and_those_it_descends_from_are_spared(tmp_path: Path) -> None:
    mine = psutil.Process()
    role = table(Place(tmp_path, str), mine.name())
    assert mine.pid not in [one.pid for one in role.find(mine.name())]
    for one in (mine, *mine.parents()):
        with pytest.raises(PermanentError):
            role.end([(one.pid, incarnation_of(one))], timedelta(0))


def test_what_ignores_a_request_is_forced(tmp_path: Path) -> None:
    with leaky(tmp_path, DEAF) as (name, live):
        role = table(Place(tmp_path, str), name)
        (root,) = role.find(name)
        assert role.end([(root.pid, root.incarnation)], timedelta(milliseconds=200)) == 3
        assert live() == []


def test_children_that_were_not_collected_are_counted(tmp_path: Path) -> None:
    name = f"zomb{uuid4().hex[:8]}"
    program = tmp_path / name
    code = "import os, time\nfor _ in range(3):\n    if not os.fork(): os._exit(0)\ntime.sleep(600)\n"
    program.write_text(f"#!{sys.executable}\n{code}")
    program.chmod(0o755)
    started = subprocess.Popen([str(program)])
    try:
        role = table(Place(tmp_path, str), name)
        (root,) = until(lambda: [one for one in role.find(name) if one.zombies == 3], within=20)
        assert root.user == ME
        assert role.end([(root.pid, root.incarnation)], timedelta(seconds=5)) == 1
    finally:
        started.kill()
        started.wait(timeout=10)


@pytest.mark.parametrize(
    "may_end",
    [{}, {"names": [], "users": ["a"]}, {"names": ["a"], "users": []}, {"names": ["a\nb"], "users": ["a"]}],
)
def test_an_empty_or_hostile_list_is_refused(tmp_path: Path, may_end: dict[str, object]) -> None:
    with pytest.raises(InputError, match="may_end"):
        Place(tmp_path, str).open(DEFINITION, may_end=may_end)


LISTENING = "import socket as s; kept = s.create_server(('127.0.0.1', 0)); print(kept.getsockname()[1], flush=True)"


@pytest.mark.servers
def test_the_ports_that_a_process_listens_on_are_seen(tmp_path: Path) -> None:
    name = f"hold{uuid4().hex[:8]}"
    (tmp_path / name).symlink_to(Path(sys.executable).resolve())
    waits = [str(tmp_path / name), "-S", "-E", "-c", f"{LISTENING}; import sys; sys.stdin.read()"]
    with subprocess.Popen(waits, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as started:
        assert started.stdout is not None
        port = int(started.stdout.readline())
        said = {"may_end": {"names": [name], "users": [ME]}}
        table: ProcessTable = Place(tmp_path, str).open(DEFINITION, **said)[ProcessTable]  # type: ignore[assignment]
        (found,) = table.find(name)
        assert (found.pid, found.ports) == (started.pid, (port,))
