"""`grace follow` as a process against a real API: killed at any moment, its log rotated, it misses nothing."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grace_workers.governance import Role
from tests.acceptance.api_world import ApiWorld, api_world
from tests.conftest import _database
from tests.waiting import let_pass

pytestmark = pytest.mark.servers

SIGNALS = "/api/v1/signals"
WORDS = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet"]


@pytest.fixture(scope="module")
def world(
    postgres_server: Any, migrated_template: str, valkey_server: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiWorld]:
    folder = tmp_path_factory.mktemp("follow")
    with _database(postgres_server, migrated_template) as url, api_world(url, valkey_server.url, folder) as found:
        yield found


def follow(world: ApiWorld, folder: Path, *options: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "grace_workers", "follow", str(folder / "shop.log"), "--target", "shop-web"]
    command += ["--state", str(folder / "state"), "--whole", *options]
    environment = os.environ | {"GRACE_URL": world.url, "GRACE_TOKEN": world.secrets[Role.REPORTER]}
    return subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def texts(world: ApiWorld) -> list[str]:
    found = world.get(SIGNALS, params={"limit": 500}).json()
    return [one["text"] for one in found if one["text"] and "checkout" in one["text"]]


def write(folder: Path, *words: str) -> None:
    with (folder / "shop.log").open("a") as file:
        file.writelines(f"2026-11-21 08:00:00 ERROR checkout of {word} broke at step {word}\n" for word in words)


@pytest.mark.fleet
def test_a_follower_that_is_killed_while_its_log_is_rotated_misses_nothing(world: ApiWorld, tmp_path: Path) -> None:
    (tmp_path / "shop.log").touch()
    first = follow(world, tmp_path, "--once")
    assert "sent 0 errors" in first.communicate(timeout=60)[0]
    for at, word in enumerate(WORDS):
        running = follow(world, tmp_path)
        write(tmp_path, f"{word}one")
        let_pass(0.3 * at)
        if at % 3 == 1:
            (tmp_path / "shop.log").rename(tmp_path / f"shop.log.{at}")
        write(tmp_path, f"{word}two")
        running.send_signal(signal.SIGKILL)
        running.communicate()
    ended = follow(world, tmp_path, "--once")
    out, _ = ended.communicate(timeout=60)
    assert ended.returncode == 0, out
    for word in WORDS:
        for which in ("one", "two"):
            assert any(f"{word}{which}" in text for text in texts(world)), f"{word}{which} was missed"
    assert len(texts(world)) == 2 * len(WORDS)


def test_a_follower_waits_for_an_unreachable_api_and_ends_when_told_to(world: ApiWorld, tmp_path: Path) -> None:
    write(tmp_path, "kilo")
    command = [sys.executable, "-m", "grace_workers", "follow", str(tmp_path / "shop.log"), "--whole"]
    command += ["--url", "http://127.0.0.1:9", "--token", "grace_x", "--state", str(tmp_path / "state")]
    with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as running:
        assert running.stdout is not None
        assert "waiting" in running.stdout.readline()
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 3
    ended = follow(world, tmp_path, "--once")
    out, _ = ended.communicate(timeout=60)
    assert "sent 1 errors of 1 logs" in out
