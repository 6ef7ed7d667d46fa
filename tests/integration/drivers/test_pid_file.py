"""A pid file names the process that Grace started, and no other."""

import os
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from grace_workers.drivers.process.service import ProcessService, Program
from grace_workers.foundation.errors import PermanentError
from tests.integration.drivers.programs import GRACE, SLEEPER, program, service

__all__ = ["program", "service"]


def test_a_stranger_with_the_same_pid_is_never_killed(service: ProcessService, program: Program) -> None:
    service.start()
    lines = program.pid_file.read_text().split("\n")
    service.stop(timedelta(0))
    stranger = subprocess.Popen(SLEEPER)
    try:
        program.pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]))
        assert not service.status().running
        service.stop(timedelta(0))
        assert stranger.poll() is None
        assert service.start().running
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_pid_file_from_before_a_reboot_names_no_process(service: ProcessService, program: Program) -> None:
    service.start()
    text = program.pid_file.read_text()
    boot = text.split("\n")[2]
    program.pid_file.write_text(text.replace(boot, "0" * 36))
    assert not service.status().running
    program.pid_file.write_text(text)


@pytest.mark.parametrize("content", ["", "1\n", "1\n2\n3\n4\n", "not a pid\n" * 4, "\x00\x00"])
def test_a_pid_file_that_is_not_ours_is_refused(service: ProcessService, program: Program, content: str) -> None:
    program.pid_file.write_text(content)
    for act in (service.status, service.start, lambda: service.stop(GRACE)):
        with pytest.raises(PermanentError, match="not written by Grace"):
            act()
    program.pid_file.unlink()


def test_a_pid_file_that_is_a_link_is_replaced_and_not_followed(
    service: ProcessService, program: Program, tmp_path: Path
) -> None:
    (tmp_path / "precious").write_text("keep me")
    service.start()
    service.stop(timedelta(0))
    mine = program.pid_file.read_text()
    program.pid_file.unlink()
    (tmp_path / "target").write_text(mine)
    program.pid_file.symlink_to(tmp_path / "target")
    service.start()
    assert not program.pid_file.is_symlink()
    assert (tmp_path / "target").read_text() == mine


def test_a_pid_file_that_others_may_write_to_names_no_process(service: ProcessService, program: Program) -> None:
    service.start()
    program.pid_file.chmod(0o666)
    with pytest.raises(PermanentError, match="was not written by Grace as this user"):
        service.stop(GRACE)
    program.pid_file.chmod(0o644)
    assert service.status().running


@pytest.mark.parametrize("odd", ["folder", "pipe", "link", "huge"])
def test_an_odd_thing_in_the_pid_files_place_is_refused_at_once(program: Program, odd: str) -> None:
    match odd:
        case "folder":
            program.pid_file.mkdir()
        case "pipe":
            os.mkfifo(program.pid_file)
        case "link":
            program.pid_file.symlink_to("/etc/hostname")
        case "huge":
            program.pid_file.write_text("9" * 20 + "\n1\n" + "0" * 36 + "\n" + "a" * 32 + "\n")
    with pytest.raises(PermanentError, match="pid file"):
        ProcessService(program).status()
