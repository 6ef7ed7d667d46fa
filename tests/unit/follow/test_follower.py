import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from grace_workers.entrypoints.follow import Follower, Positions
from grace_workers.foundation.errors import InputError, TransientError


class Inbox:
    """An API in memory: what it stored, by key, and whether it is reachable."""

    def __init__(self) -> None:
        self.stored: dict[str, Mapping[str, object]] = {}
        self.reachable = True

    def send(self, signals: Sequence[Mapping[str, object]]) -> None:
        if not self.reachable:
            raise TransientError("the API cannot be reached")
        self.stored |= {str(one["key"]): one for one in signals}

    def follower(self, folder: Path, *, whole: bool = True) -> Follower:
        return Follower([folder / "a.log"], Positions(folder / "p.json"), self.send, target="shop", whole=whole)


def append(folder: Path, *lines: str) -> None:
    with (folder / "a.log").open("a") as file:
        file.writelines(f"{line}\n" for line in lines)


def run(follower: Follower) -> None:
    while follower.step(last=True):
        pass
    follower.close()


def test_errors_become_signals_once_however_often_it_starts(tmp_path: Path) -> None:
    inbox = Inbox()
    append(tmp_path, "INFO a", "ERROR no stock of 7", "INFO b")
    run(inbox.follower(tmp_path))
    run(inbox.follower(tmp_path))
    [signal] = inbox.stored.values()
    assert (signal["target"], signal["text"], signal["severity"]) == ("shop", "ERROR no stock of 7", "error")
    append(tmp_path, "ERROR other")
    run(inbox.follower(tmp_path))
    assert len(inbox.stored) == 2


def test_what_could_not_be_sent_is_sent_by_the_next_and_nothing_is_passed_over(tmp_path: Path) -> None:
    inbox = Inbox()
    append(tmp_path, "ERROR one", "ERROR two words")
    inbox.reachable = False
    broken = inbox.follower(tmp_path)
    with pytest.raises(TransientError):
        run(broken)
    broken.close()
    inbox.reachable = True
    run(inbox.follower(tmp_path))
    assert {one["text"] for one in inbox.stored.values()} == {"ERROR one", "ERROR two words"}


def test_a_crash_after_sending_sends_the_same_key_again(tmp_path: Path) -> None:
    inbox = Inbox()
    append(tmp_path, "ERROR one")
    run(inbox.follower(tmp_path))
    (tmp_path / "p.json").unlink()
    run(inbox.follower(tmp_path))
    assert len(inbox.stored) == 1


def test_equal_errors_of_one_chunk_are_one_signal_that_counts_them(tmp_path: Path) -> None:
    inbox = Inbox()
    append(tmp_path, *(f"ERROR no stock of {at}" for at in range(500)), "ERROR else went wrong")
    run(inbox.follower(tmp_path))
    counts = [one["attributes"]["alike"] for one in inbox.stored.values()]  # type: ignore[index]
    assert sorted(counts) == [1, 500]


def test_an_event_that_is_not_complete_waits_and_its_place_is_not_passed(tmp_path: Path) -> None:
    inbox = Inbox()
    append(tmp_path, "INFO a", "ERROR failed", "Traceback (most recent call last):")
    first = inbox.follower(tmp_path)
    first.step()
    first.close()
    assert inbox.stored == {}
    append(tmp_path, '  File "/a.py", line 1, in f', "KeyError: 'x'")
    run(inbox.follower(tmp_path))
    [signal] = inbox.stored.values()
    assert str(signal["text"]).endswith("KeyError: 'x'")


def test_secrets_do_not_leave_and_a_broken_file_of_positions_is_reported(tmp_path: Path) -> None:
    inbox = Inbox()
    append(tmp_path, "ERROR login with password=hunter2-and-more failed")
    run(inbox.follower(tmp_path))
    assert "hunter2" not in str(inbox.stored)
    (tmp_path / "p.json").write_text("[1]")
    with pytest.raises(InputError, match="no file of positions"):
        inbox.follower(tmp_path)


def traced(module: str) -> str:
    lines = ("Traceback (most recent call last):", f'  File "/app/shop/{module}.py", line 9, in pay', "KeyError: 'a'")
    return json.dumps({"level": "error", "message": "a request failed", "exc_info": "\n".join(lines)})


def test_different_faults_in_lines_of_json_are_different_errors(tmp_path: Path) -> None:
    inbox = Inbox()
    append(tmp_path, traced("cart"), traced("stock"), traced("cart"), "INFO end")
    run(inbox.follower(tmp_path))
    assert [cast("Any", one["attributes"])["alike"] for one in inbox.stored.values()] == [2, 1]


def test_lines_of_json_that_differ_behind_a_long_field_are_different_errors(tmp_path: Path) -> None:
    inbox = Inbox()
    context = "words " * 500
    append(tmp_path, *(json.dumps({"level": "error", "context": context, "msg": msg}) for msg in ("no disk", "no net")))
    append(tmp_path, "INFO end")
    run(inbox.follower(tmp_path))
    assert len(inbox.stored) == 2
