"""Output whose reader stops, has gone, or comes back."""

import fcntl
import io
import os
import sys
import threading
import time
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from grace_workers.entrypoints.unhurried import unhurried_output

SMALLEST_PIPE = 4096
LINES = 1000


@contextmanager
def printing_to_a_small_pipe():
    """Redirect our standard output and error to it; return its reading end."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, SMALLEST_PIPE)
    with (
        os.fdopen(reading, "rb", buffering=0) as end,
        os.fdopen(writing, "w", encoding="utf-8") as stream,
        redirect_stdout(stream),
        redirect_stderr(stream),
    ):
        yield end


def read_all(end: io.FileIO, last: bytes) -> bytes:
    found = b""
    while last not in found:
        piece = end.read(65536)
        assert piece, f"the writer ended after {found[-200:]!r}"
        found += piece
    return found


def test_what_is_printed_arrives_in_order_from_both_streams():
    with printing_to_a_small_pipe() as reader:
        with unhurried_output():
            for number in range(20):
                (sys.stdout if number % 2 else sys.stderr).write(f"{number}\n")
        assert reader.read(65536).split() == [str(number).encode() for number in range(20)]


def test_a_stopped_reader_blocks_no_writer_and_gets_everything_when_it_continues():
    with printing_to_a_small_pipe() as reader, unhurried_output():
        for number in range(1000):
            sys.stdout.write(f"{number:>99}\n")
        sys.stdout.write("end\n")
        found = read_all(reader, b"end\n")
    assert [int(line) for line in found.splitlines()[:-1]] == list(range(1000))


def test_the_lines_of_several_threads_do_not_mix():
    with printing_to_a_small_pipe() as reader, unhurried_output():
        speakers = [threading.Thread(target=speak, args=(number,)) for number in range(4)]
        for one in speakers:
            one.start()
        found = b""
        while found.count(b"\n") < 4 * LINES:
            found += reader.read(65536)
        for one in speakers:
            one.join()
    assert sorted(found.splitlines()) == sorted(str(number).encode() * 40 for number in range(4) for _ in range(LINES))


def speak(number: int) -> None:
    for _ in range(LINES):
        # As `print` does it: the text, its end, and a flush.
        sys.stdout.write(str(number) * 40)
        sys.stdout.write("\n")
        sys.stdout.flush()


def test_a_pipe_that_another_has_made_non_blocking_is_waited_for():
    with printing_to_a_small_pipe() as reader, unhurried_output():
        os.set_blocking(sys.stdout.fileno(), False)
        for number in range(200):
            sys.stdout.write(f"{number:>99}\n")
        sys.stdout.write("end\n")
        found = read_all(reader, b"end\n")
    assert len(found.splitlines()) == 201


def test_a_disk_that_is_full_for_a_while_costs_only_what_was_said_then():
    with (
        Path("/dev/full").open("w", encoding="utf-8") as full,
        printing_to_a_small_pipe() as reader,
        redirect_stdout(full),
        unhurried_output(),
    ):
        sys.stdout.write("lost\n")
        sys.stderr.write("heard\n")
        assert b"lost" not in read_all(reader, b"heard\n")
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        sys.stdout.write("room again\n")
        assert b"lost" not in read_all(reader, b"room again\n")


def test_what_is_too_much_is_dropped_and_counted():
    with printing_to_a_small_pipe() as reader, unhurried_output():
        for number in range(50_000):
            sys.stdout.write(f"{number:>99}\n")
        found = read_all(reader, b"output_dropped")
    kept = sum(line.strip().isdigit() for line in found.splitlines())
    assert 10_000 <= kept < 50_000


def test_a_reader_that_has_gone_is_no_error_and_the_other_stream_is_read_on():
    gone, writing = os.pipe()
    os.close(gone)
    with (
        os.fdopen(writing, "w", encoding="utf-8") as to_nobody,
        printing_to_a_small_pipe() as reader,
        redirect_stdout(to_nobody),
        unhurried_output(),
    ):
        sys.stdout.write("said to nobody\n")
        sys.stderr.write("heard\n")
        assert read_all(reader, b"\n") == b"heard\n"


def test_what_was_lost_on_a_full_disk_is_reported_at_the_end_if_that_can_be_written():
    gone, writing = os.pipe()
    os.close(gone)
    with (
        os.fdopen(writing, "w", encoding="utf-8") as to_nobody,
        Path("/dev/full").open("w", encoding="utf-8") as full,
        redirect_stderr(full),
        redirect_stdout(to_nobody),
        unhurried_output(),
    ):
        sys.stdout.write("said to nobody\n")
        sys.stderr.write("lost\n")
    with (
        Path("/dev/full").open("w", encoding="utf-8") as full,
        printing_to_a_small_pipe() as reader,
        redirect_stderr(full),
    ):
        with unhurried_output():
            sys.stderr.write("lost\n")
        assert b"output_dropped" in read_all(reader, b"\n")


@pytest.mark.slow
def test_the_end_does_not_wait_long_for_a_stopped_reader():
    with printing_to_a_small_pipe() as reader:
        began = time.monotonic()
        with unhurried_output():
            sys.stdout.write("x" * 10 * SMALLEST_PIPE + "end")
        assert time.monotonic() - began < 20
        # The writing thread was left behind; it must not outlive this test.
        assert len(read_all(reader, b"end")) > SMALLEST_PIPE


def test_the_streams_are_as_before_afterwards_and_one_in_memory_stays_as_it_is():
    with printing_to_a_small_pipe():
        before = sys.stdout
        with unhurried_output():
            assert sys.stdout is not before
        assert sys.stdout is before
    memory = io.StringIO()
    with redirect_stdout(memory), unhurried_output():
        assert sys.stdout is memory


def test_it_says_of_itself_what_the_stream_says():
    with printing_to_a_small_pipe():
        stream = sys.stdout
        with unhurried_output():
            assert sys.stdout.fileno() == stream.fileno()
            assert (sys.stdout.encoding, sys.stdout.isatty(), sys.stdout.writable()) == ("utf-8", False, True)
