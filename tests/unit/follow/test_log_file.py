import os
from pathlib import Path

from grace_workers.entrypoints.follow.log_file import LONGEST_LINE, FollowedLog, LogBlock


def append(path: Path, text: str | bytes) -> None:
    with path.open("ab") as file:
        file.write(text if isinstance(text, bytes) else text.encode())


def lines(block: LogBlock) -> list[str]:
    found, at = [], 0
    while at < len(block.raw):
        line, at = block.line(at)
        found.append(line.text.decode(errors="replace"))
    return found


def read(log: FollowedLog) -> list[str]:
    found: list[str] = []
    while (blocks := log.read()) is not None:
        found += [line for block in blocks for line in lines(block)]
    return found


def test_only_lines_after_the_start_are_read_and_unfinished_lines_wait(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    append(path, "before\n")
    log = FollowedLog(path)
    append(path, "one\ntwo")
    assert read(log) == ["one"]
    assert log.done == len("before\none\n")
    append(path, "!\n")
    assert read(log) == ["two!"]


def test_a_log_that_is_renamed_is_read_to_its_end_before_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    append(path, "one\n")
    log = FollowedLog(path, whole=True)
    assert read(log) == ["one"]
    assert log.turn() is None
    path.rename(tmp_path / "a.log.1")
    append(tmp_path / "a.log.1", "two\nhalf")
    assert log.turn() is None
    append(path, "three\n")
    assert log.turn() is None
    assert read(log) == ["two"]
    assert [lines(block) for block in log.turn() or []] == [["half"]]
    assert read(log) == ["three"]


def test_an_emptied_log_is_read_from_its_start_even_when_it_has_grown_past_the_place(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    append(path, "one of the first lines\n")
    log = FollowedLog(path, whole=True)
    assert read(log) == ["one of the first lines"]
    os.truncate(path, 0)
    append(path, "short\n")
    assert read(log) == ["short"]
    os.truncate(path, 0)
    append(path, "a line that is longer than all that was here before\n")
    assert read(log) == ["a line that is longer than all that was here before"]


def test_a_place_is_found_again_in_the_renamed_file(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    append(path, "one\ntwo\n")
    log = FollowedLog(path, whole=True)
    read(log)
    place = log.position(len("one\n"))
    log.close()
    path.rename(tmp_path / "a.log.1")
    append(path, "three\n")
    again = FollowedLog(path, place)
    assert (read(again), again.lost) == (["two"], 0)
    assert again.turn() == []
    assert read(again) == ["three"]


def ends(log: FollowedLog) -> list[int]:
    found = []
    while log.read() is not None:
        found.append(log.done)
    log.close()
    return found


def test_who_goes_on_from_a_position_reads_chunks_that_end_where_they_ended_before(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    append(path, "".join(f"{at} {'x' * (at % 90)}\n" for at in range(60_000)))
    log = FollowedLog(path, whole=True)
    log.read()
    place = log.position(log.done)
    before = ends(log)
    assert len(before) > 1
    assert ends(FollowedLog(path, place)) == [place.offset if place else 0, *before]


def test_a_lost_position_is_reported_and_the_log_read_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    append(path, "one\ntwo\n")
    log = FollowedLog(path, whole=True)
    read(log)
    place = log.position(log.done)
    log.close()
    os.truncate(path, 0)
    append(path, "another file in the same inode\n")
    again = FollowedLog(path, place)
    assert (again.lost, read(again)) == (1, ["another file in the same inode"])


def test_a_missing_log_is_read_once_it_appears(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    log = FollowedLog(path)
    assert (log.read(), log.turn(), log.position(0)) == (None, None, None)
    append(path, "one\n")
    assert log.turn() == []
    assert read(log) == ["one"]


def test_of_an_endless_line_the_beginning_is_kept_and_what_follows_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    append(path, b"\x00" + b"x" * 3_000_000 + b"\nnext\n")
    log = FollowedLog(path, whole=True)
    found = read(log)
    assert [len(line) for line in found] == [LONGEST_LINE, 4]
    assert log.done == path.stat().st_size


def test_what_follows_an_endless_line_is_read_where_that_line_ended_with_what_was_read(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    append(path, b"x" * (LONGEST_LINE + 1))
    log = FollowedLog(path, whole=True)
    assert [len(line) for line in read(log)] == [LONGEST_LINE]
    append(path, b"y\n")
    assert read(log) == []
    append(path, b"ERROR next\n")
    assert read(log) == ["ERROR next"]


def test_the_rest_of_an_endless_line_is_no_line_for_whoever_follows_next_either(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    append(path, b"x" * (LONGEST_LINE + 1))
    log = FollowedLog(path, whole=True)
    read(log)
    append(path, b"ERROR is said here\nERROR next\n")
    assert read(FollowedLog(path, log.position(log.done))) == ["ERROR next"]


def test_a_log_that_was_renamed_twice_meanwhile_is_read_in_its_order(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    append(path, "one\n")
    log = FollowedLog(path, whole=True)
    read(log)
    for number, word in enumerate(("two", "three"), 1):
        path.rename(tmp_path / f"a.log.2026-11-2{number}")
        append(path, f"{word}\n")
        os.utime(path, ns=(0, (tmp_path / "a.log.2026-11-21").stat().st_mtime_ns + number))
    assert read(log) == []
    found: list[str] = []
    while log.turn() is not None:
        found += read(log)
    assert found == ["two", "three"]
