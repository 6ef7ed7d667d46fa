"""Entries of the journal as `journalctl -o json` writes them, and what the follower makes of them."""

import json
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from grace_workers.entrypoints.follow import FollowedJournal, JournalFollower, JournalPosition
from grace_workers.entrypoints.follow.journal import CHUNK, LONGEST_ENTRY, entry_of
from grace_workers.foundation.errors import InputError, NotFoundError, TransientError

TRACE = (
    'ERROR checkout\nTraceback (most recent call last):\n  File "/a.py", line 1, in f\n    g()\nValueError: no stock'
)


def line(number: int, message: Any, **more: Any) -> str:
    said = {"__CURSOR": f"s=1;i={number}", "PRIORITY": "6", "_SYSTEMD_UNIT": "shop.service", "_PID": "7"}
    return json.dumps(said | {"MESSAGE": message} | more)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("plain", b"plain"),
        ([255, 0, 65], b"\xff\x00A"),
        (["first", "second"], b"first"),
        ([[72, 105], "second"], b"Hi"),
        (None, b""),
        ([], b""),
        ({"a": 1}, b""),
        ([300], b""),
    ],
)
def test_a_message_is_text_or_bytes_or_several(message: Any, text: bytes) -> None:
    assert entry_of(line(1, message).encode()).text == text


@pytest.mark.parametrize("raw", [b"", b"-- No entries --", b"{", b"[]", b'{"MESSAGE": "x"}', b'{"__CURSOR": 4}'])
def test_what_is_no_entry_is_none(raw: bytes) -> None:
    assert entry_of(raw) is None


def test_the_writer_is_the_unit_or_else_the_program() -> None:
    entry = entry_of(line(1, "x", PRIORITY="3").encode())
    assert (entry.writer, entry.stream, entry.error) == ("shop.service", "shop.service:7", True)
    said = json.dumps({"__CURSOR": "s=1", "SYSLOG_IDENTIFIER": "cron", "MESSAGE": "x"})
    assert (entry_of(said.encode()).writer, entry_of(said.encode()).error) == ("cron", False)


class Machine:
    """A machine whose `journalctl` prints what it is given from the cursor on, and an inbox."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.stored: dict[str, Mapping[str, Any]] = {}
        self.reachable = True
        self.told: list[str] = []
        program = folder / "journalctl"
        program.write_text(
            "#!/bin/sh\n"
            f'echo "$@" >> {folder}/asked\n'
            f"[ -e {folder}/broken ] && echo 'Failed to seek to cursor' >&2 && exit 1\n"
            'after=""; lines=""\n'
            'for one in "$@"; do case "$one" in --after-cursor=*) after="${one#--after-cursor=}";;\n'
            "  --lines=1) lines=1;; esac; done\n"
            f'[ -n "$lines" ] && exec tail -n 1 {folder}/entries\n'
            f'[ -z "$after" ] && exec cat {folder}/entries\n'
            f'exec sed "0,/$after\\"/d" {folder}/entries\n'
        )
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        (folder / "entries").touch()
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    def write(self, *entries: str) -> None:
        with (self.folder / "entries").open("a") as file:
            file.writelines(f"{one}\n" for one in entries)

    def send(self, signals: Sequence[Mapping[str, Any]]) -> None:
        if not self.reachable:
            raise TransientError("the API cannot be reached")
        self.stored |= {str(one["key"]): one for one in signals}

    def follow(self, *, whole: bool = True, target: str | None = None) -> JournalFollower:
        cursor = JournalPosition(self.folder / "state" / "journal.json")
        follower = JournalFollower(
            FollowedJournal(once=True), cursor, self.send, target=target, whole=whole, tell=self.told.append
        )
        try:
            while follower.step(last=True):
                pass
        finally:
            follower.close()
        return follower

    @property
    def texts(self) -> list[str]:
        return [str(one["text"]) for one in self.stored.values()]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def test_errors_become_signals_once_however_often_it_starts(machine: Machine) -> None:
    machine.write(line(1, "INFO fine"), line(2, "all is lost", PRIORITY="2"), line(3, "ERROR no stock"))
    assert machine.follow().sent == {"shop.service": 2}
    assert machine.follow().sent == {}
    assert machine.texts == ["all is lost", "ERROR no stock"]
    [one, _] = machine.stored.values()
    assert (one["name"], one["target"], one["severity"]) == ("ERROR shop.service", "shop", "error")
    assert one["attributes"] == {"unit": "shop.service", "cursor": "s=1;i=2", "alike": 1}


def test_a_journal_that_is_new_is_read_from_its_end_unless_it_is_wanted_whole(machine: Machine) -> None:
    machine.write(line(1, "ERROR old"))
    machine.follow(whole=False)
    machine.write(line(2, "ERROR new"))
    machine.follow(whole=False, target="front")
    assert (machine.texts, next(iter(machine.stored.values()))["target"]) == (["ERROR new"], "front")


def test_a_traceback_is_one_signal_whether_it_came_in_one_entry_or_in_many(machine: Machine) -> None:
    machine.write(line(1, TRACE))
    machine.write(*(line(number, text, _PID="8") for number, text in enumerate(TRACE.split("\n"), 2)))
    machine.follow()
    assert machine.texts == [TRACE]
    assert next(iter(machine.stored.values()))["attributes"]["alike"] == 2


def test_lines_of_other_processes_between_them_do_not_tear_a_traceback(machine: Machine) -> None:
    for number, text in enumerate(TRACE.split("\n"), 1):
        machine.write(line(2 * number, text), line(2 * number + 1, f"INFO request {number}", _PID="9"))
    machine.follow()
    assert machine.texts == [TRACE]


def test_what_could_not_be_sent_is_sent_by_the_next(machine: Machine) -> None:
    machine.write(line(1, "ERROR one"), line(2, "ERROR two words"))
    machine.reachable = False
    with pytest.raises(TransientError):
        machine.follow()
    machine.reachable = True
    machine.follow()
    assert machine.texts == ["ERROR one", "ERROR two words"]


def test_an_entry_without_end_does_not_fill_the_memory_and_the_next_is_read(machine: Machine) -> None:
    machine.write(line(1, "ERROR " + "x" * (LONGEST_ENTRY + CHUNK)), line(2, "ERROR short"))
    machine.follow()
    assert machine.texts == ["ERROR short"]


def test_the_reason_for_an_unreadable_journal_is_reported(machine: Machine) -> None:
    (machine.folder / "broken").touch()
    with pytest.raises(TransientError, match="journalctl ended with status 1: Failed to seek to cursor"):
        machine.follow()


def test_a_machine_without_a_journal_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotFoundError, match="there is no journalctl on this machine"):
        FollowedJournal()


def test_a_file_that_is_no_position_is_refused(tmp_path: Path) -> None:
    (tmp_path / "journal.json").write_text('{"cursor": "--vacuum-size=1"}')
    with pytest.raises(InputError):
        JournalPosition(tmp_path / "journal.json").read()
