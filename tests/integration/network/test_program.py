"""The fault proxy as a process that is controlled by lines."""

import json
import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.network.wires import echo, read_exactly, server

ROOT = Path(__file__).parents[3]


class Steered:
    """A proxy process: its address, and a way to send it commands."""

    def __init__(self, process):
        self._process = process
        host, port = self._answer()["listening"].rsplit(":", 1)
        self.address = (host, int(port))

    def say(self, line):
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self._answer()

    def end(self):
        self._process.stdin.close()
        return self._process.wait(10)

    def _answer(self):
        return json.loads(self._process.stdout.readline())


def start(*arguments):
    command = [sys.executable, "-m", "tests.faults", *arguments]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True, **pipes)


@contextmanager
def steered(upstream):
    with start("--upstream", f"{upstream[0]}:{upstream[1]}") as process:
        try:
            yield Steered(process)
        finally:
            process.kill()


def test_it_is_steered_by_lines_and_ends_with_its_input():
    with server(echo) as upstream, steered(upstream) as proxy:
        with socket.create_connection(proxy.address, timeout=5) as wire:
            wire.sendall(b"abc")
            assert read_exactly(wire, 3) == b"abc"
            assert proxy.say("slow both 0.01 0.01") == {"done": "slow"}
            assert proxy.say("throttle up 100000") == {"done": "throttle"}
            wire.sendall(b"def")
            assert read_exactly(wire, 3) == b"def"
            assert proxy.say("traffic")["forwarded"] == {"to_upstream": 6, "to_client": 6}
            assert proxy.say("cut") == {"done": "cut"}
            with pytest.raises(ConnectionResetError):
                wire.recv(1)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(proxy.address, timeout=5)
        assert proxy.say("heal") == {"done": "heal"}
        with socket.create_connection(proxy.address, timeout=5) as wire:
            assert proxy.say("reset down 2") == {"done": "reset"}
            wire.sendall(b"ghi")
            assert read_exactly(wire, 2) == b"gh"
            with pytest.raises(ConnectionResetError):
                wire.recv(1)
        assert proxy.end() == 0


@pytest.mark.parametrize(
    "line", ["explode", "slow", "slow sideways 1", "slow both soon", "slow both 1 2 3", "throttle up 0", "hold up 3"]
)
def test_a_line_that_is_not_understood_is_answered_and_changes_nothing(steady, line):
    assert set(steady.say(line)) == {"error"}
    with socket.create_connection(steady.address, timeout=5) as wire:
        wire.sendall(b"abc")
        assert read_exactly(wire, 3) == b"abc"


@pytest.fixture(scope="module")
def steady():
    with server(echo) as upstream, steered(upstream) as proxy:
        yield proxy


def test_the_list_of_commands_names_them_all(steady):
    assert [line.split(":")[0].split()[0] for line in steady.say("help")["commands"]] == [
        "cut",
        "heal",
        "hold",
        "slow",
        "throttle",
        "reset",
        "traffic",
        "help",
    ]


@pytest.mark.parametrize("upstream", ["5432", "host:port", "127.0.0.1:99999", "no-such-host.invalid:1"])
def test_an_upstream_that_cannot_be_is_one_sentence(upstream):
    with start("--upstream", upstream) as process:
        _, said = process.communicate(timeout=10)
    assert process.returncode == 2
    assert len(said.splitlines()) == 1
    assert "Traceback" not in said
