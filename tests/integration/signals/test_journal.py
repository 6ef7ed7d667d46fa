"""A real journald of our own, and `journalctl` reading what it wrote."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from grace_workers.entrypoints.follow import FollowedJournal, JournalFollower, JournalPosition
from tests.waiting import until

DAEMON = Path("/lib/systemd/systemd-journald")
START = f"mount --bind $1 /run && mount --make-private /run && exec {DAEMON}"
TRACE = (
    'checkout broke\nTraceback (most recent call last):\n  File "/a.py", line 1, in f\n    g()\nValueError: no stock'
)

OURS = ("the disk is gone", "checkout broke", "binary")


class Journald:
    """A daemon whose `/run` is a folder of ours."""

    def __init__(self, folder: Path) -> None:
        self.run = folder
        self.logs = folder / "log" / "journal"

    def write(self, message: bytes, priority: int = 6) -> None:
        """Write one entry by the native protocol, as a program does."""
        head = b"PRIORITY=%d\nSYSLOG_IDENTIFIER=shop\nMESSAGE\n" % priority
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.connect(str(self.run / "systemd" / "journal" / "socket"))
            out.send(head + len(message).to_bytes(8, "little") + message + b"\n")


@pytest.fixture
def journald(tmp_path: Path) -> Iterator[Journald]:
    if not DAEMON.exists() or shutil.which("journalctl") is None or shutil.which("unshare") is None:
        pytest.skip("there is no systemd-journald on this machine")
    if os.geteuid() != 0:
        pytest.skip("only root may give a daemon a /run of its own")
    # Not below pytest's folder, because a socket's path has at most 108 characters.
    run = Path("/var/tmp") / f"gj{os.getpid()}"
    (run / "systemd" / "journal").mkdir(parents=True)
    (run / "log" / "journal").mkdir(parents=True)
    machine = tmp_path / "said"
    with machine.open("wb") as said:
        daemon = subprocess.Popen(["unshare", "--mount", "sh", "-c", START, "sh", str(run)], stdout=said, stderr=said)
    try:
        if not until_there(daemon, run / "systemd" / "journal" / "socket"):
            pytest.skip(f"journald does not run here: {machine.read_text()[-300:]}")
        yield Journald(run)
    finally:
        daemon.terminate()
        daemon.wait(10)
        shutil.rmtree(run, ignore_errors=True)


def until_there(daemon: "subprocess.Popen[bytes]", path: Path) -> bool:
    return bool(until(lambda: path.exists() or daemon.poll() is not None, within=20)) and daemon.poll() is None


class Inbox:
    """What was sent of ours, by key; the machine's own programs write, too."""

    def __init__(self) -> None:
        self.stored: dict[str, Mapping[str, Any]] = {}

    def send(self, signals: Sequence[Mapping[str, Any]]) -> None:
        self.stored |= {str(one["key"]): one for one in signals if any(word in str(one["text"]) for word in OURS)}

    @property
    def texts(self) -> list[str]:
        return [str(one["text"]) for one in self.stored.values()]


def follower(journald: Journald, inbox: Inbox, state: Path, *, once: bool) -> JournalFollower:
    journal = FollowedJournal(folder=journald.logs, once=once)
    return JournalFollower(journal, JournalPosition(state / "journal.json"), inbox.send, target=None, whole=True)


def test_what_is_written_while_it_follows_is_sent_and_a_killed_one_misses_nothing(
    journald: Journald, tmp_path: Path
) -> None:
    inbox = Inbox()
    journald.write(b"all is well")
    journald.write(b"the disk is gone", priority=2)
    first = follower(journald, inbox, tmp_path, once=False)
    try:
        until(lambda: first.step() or inbox.texts == ["the disk is gone"], within=20)
        journald.write(TRACE.encode(), priority=3)
        until(lambda: (first.step(), TRACE in inbox.texts)[1], within=20)
    finally:
        first.close()
    journald.write(b"ERROR \xff\xfe binary")
    again = follower(journald, inbox, tmp_path, once=True)
    while again.step(last=True):
        pass
    again.close()
    assert inbox.texts == ["the disk is gone", TRACE, "ERROR \ufffd\ufffd binary"]
    assert sum(again.sent.values()) == 1
