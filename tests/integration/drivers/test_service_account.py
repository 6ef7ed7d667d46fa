"""The user that a service runs as: its own, with nothing of ours but what it needs."""

import json
import os
import pwd
import shutil
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from grace_workers.drivers.process.account import account_of
from grace_workers.drivers.process.service import ProcessService, Program
from grace_workers.foundation.errors import PermanentError
from tests.ownership import as_another_user
from tests.waiting import until

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a program as somebody else")
TELLS = """
    import json, os, time
    fds = {int(fd): os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")
           if os.path.islink(f"/proc/self/fd/{fd}")}
    print(json.dumps({"uids": os.getresuid(), "gids": os.getresgid(), "groups": os.getgroups(), "umask": os.umask(0),
                      "fds": sorted(fds), "env": dict(os.environ), "caps": open("/proc/self/status").read()}))
    time.sleep(600)
"""


SLEEPER = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)"]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(command=SLEEPER, pid_file=tmp_path / "service.pid", log_file=tmp_path / "service.log")


def script_of(program: Program, text: str) -> Program:
    return replace(program, command=[sys.executable, "-I", "-S", "-u", "-c", textwrap.dedent(text)])


def told_by(program: Program) -> dict[str, Any]:
    until(
        lambda: program.log_file is not None and program.log_file.exists() and program.log_file.read_text(), within=10
    )
    assert program.log_file is not None
    found: dict[str, Any] = json.loads(program.log_file.read_text())
    return found


@pytest.fixture
def open_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder below open ones that the user `nobody` owns."""
    made = Path(tempfile.mkdtemp(prefix="grace-user-", dir="/tmp"))
    os.chown(made, 65534, 65534)
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@as_root
def test_a_service_runs_as_its_user_with_none_of_our_groups_and_capabilities(open_folder: Path, tmp_path: Path) -> None:
    program = Program(
        command=["/usr/bin/env", "python3", "-I", "-S", "-u", "-c", textwrap.dedent(TELLS)],
        pid_file=tmp_path / "service.pid",
        log_file=open_folder / "log",
        user="nobody",
        group="65534",
        env={"PATH": "/usr/bin:/bin"},
    )
    service = ProcessService(program)
    try:
        service.start()
        told = told_by(program)
    finally:
        service.stop(timedelta(0))
    nobody = pwd.getpwnam("nobody")
    assert (told["uids"], told["gids"]) == ([nobody.pw_uid] * 3, [65534] * 3)
    assert 0 not in told["groups"]
    assert "CapEff:\t0000000000000000" in told["caps"]
    assert (told["env"]["USER"], told["env"]["HOME"]) == ("nobody", nobody.pw_dir)
    # Only this user may have made the log, because it was opened as that user.
    assert (open_folder / "log").stat().st_uid == nobody.pw_uid


@as_root
def test_a_link_in_the_services_own_folder_makes_root_write_nowhere(open_folder: Path, tmp_path: Path) -> None:
    treasure = tmp_path / "treasure"
    treasure.write_text("untouched")
    (open_folder / "log").symlink_to(treasure)
    program = Program(
        command=["/bin/echo", "poison"], pid_file=tmp_path / "pid", log_file=open_folder / "log", user="nobody"
    )
    with pytest.raises(PermanentError, match="Permission denied"):
        ProcessService(program).start()
    assert treasure.read_text() == "untouched"


def refusal(user: str) -> str:
    """The message to a plain user who wants a service to run as someone else."""
    with pytest.raises(PermanentError) as raised:
        account_of(user, None)
    return str(raised.value)


def test_a_user_that_only_root_could_lend_is_refused_with_the_remedy() -> None:
    def hear() -> None:
        assert "remove `user` and `group` from the target" in refusal("0")

    if os.geteuid() == 0:
        as_another_user(hear)
    else:
        hear()


@pytest.mark.parametrize(("user", "group"), [("no-such-user", None), (None, "no-such-group")])
def test_a_user_or_group_that_is_not_there_is_named(program: Program, user: str | None, group: str | None) -> None:
    with pytest.raises(PermanentError, match=r"no (user|group) 'no-such-\1'"):
        ProcessService(replace(program, user=user, group=group)).start()


def test_a_service_inherits_neither_our_umask_nor_our_descriptors(program: Program) -> None:
    program = script_of(program, TELLS)
    service = ProcessService(program)
    before = os.umask(0o077)
    with Path("/dev/null").open() as kept:
        os.set_inheritable(kept.fileno(), True)
        try:
            service.start()
            told = told_by(program)
        finally:
            os.umask(before)
            service.stop(timedelta(0))
    assert told["umask"] == 0o022
    assert [fd for fd in told["fds"] if fd > 2] == []
    assert program.pid_file.stat().st_mode & 0o777 == 0o600


def test_a_relative_folder_of_our_path_chooses_no_program(program: Program, tmp_path: Path, monkeypatch) -> None:
    planted = tmp_path / "served"
    planted.write_text("#!/bin/sh\nsleep 600\n")
    planted.chmod(0o755)
    monkeypatch.setenv("PATH", f".{os.pathsep}{os.pathsep}/usr/bin:/bin")
    with pytest.raises(PermanentError, match="cannot run 'served'"):
        ProcessService(replace(program, command=["served"], cwd=tmp_path)).start()
