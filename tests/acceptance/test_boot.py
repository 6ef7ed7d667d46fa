"""The boot of a whole node: its seven phases, what stops it, and what a kill in the middle leaves."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from grace_workers.fleet import Phase
from tests.acceptance.boots import Boot
from tests.waiting import until

pytestmark = [pytest.mark.servers, pytest.mark.nodes]
REFUSED = {
    "GRACE_DATABASE__URL": "postgresql://grace:{}@127.0.0.1:{}/grace",
    "GRACE_BROKER__URL": "redis://:{}@127.0.0.1:{}/0",
}
STRONG = "vN7-tQ2xkW9dLr4m"


@pytest.fixture
def boot(node_folder: Path) -> Iterator[Callable[..., Boot]]:
    """Make boots on `<folder>/data`; whatever still runs at the end is stopped."""
    made: list[Boot] = []

    def make(*options: str, **settings: str) -> Boot:
        node = Boot(node_folder / "data", **settings)
        node.options = options
        made.append(node)
        return node

    yield make
    # The last one first, so that the earlier ones, which used the same folder, find it empty.
    for node in reversed(made):
        node.close()


def began(phase: Phase) -> Callable[[dict], bool]:
    return lambda told: told["stage"] == phase.value and told["state"] == "started"


def is_ready(told: dict) -> bool:
    return told["stage"] == "node"


@pytest.mark.fleet
def test_kill_9_in_any_phase_leaves_no_process_and_the_next_boot_comes_up(boot) -> None:
    for phase in Phase:
        node = boot("--now").start()
        node.until(began(phase))
        node.kill()
        until(lambda node=node: node.processes() == [], within=10)

    again = boot("--now").start()
    seen = []
    again.until(lambda told: seen.append(told) or is_ready(told))
    done = [told["stage"] for told in seen if told["state"] == "done" and told["stage"] == told.get("phase")]
    assert done == [phase.value for phase in Phase]
    assert seen[-1]["state"] == "ready"
    canaries = [told["note"] for told in seen if told.get("phase") == Phase.CONTRACT_TESTS and "_pool" in told["stage"]]
    assert len(canaries) == 3
    assert all("a canary job came back" in note for note in canaries)
    assert again.said()["health"] == "healthy"


def refused(node: Boot, *, code: int, phase: Phase | None = Phase.PREFLIGHT) -> str:
    """Return the message with which the boot was refused, after checking that nothing of it is left."""
    found, complaint, told = node.start().refusal()
    assert found == code, complaint
    assert complaint.startswith("grace: ")
    assert "Traceback" not in complaint
    assert not node.processes()
    assert not (node.data_dir / "node.json").exists()
    if phase is not None:
        failed = [one["stage"] for one in told if one["state"] == "failed"]
        assert failed[-1] == phase.value
    return complaint


def given(database: str = STRONG, broker: str = STRONG, port: int = 9) -> dict[str, str]:
    passwords = {"GRACE_DATABASE__URL": database, "GRACE_BROKER__URL": broker}
    return {name: url.format(passwords[name], port) for name, url in REFUSED.items()}


def test_a_default_password_is_refused_without_being_shown(boot) -> None:
    said = refused(boot(**given(database="Postgres123")), code=2)
    assert "the database's password in GRACE_DATABASE__URL is a default" in said
    assert "Postgres123" not in said


def test_a_database_that_does_not_answer_is_named_and_the_code_says_unreachable(boot) -> None:
    said = refused(boot(**given()), code=3)
    assert "the database at 127.0.0.1:9 does not answer; start it, or correct GRACE_DATABASE__URL" in said


def test_a_url_that_is_none_is_wrong_input(boot) -> None:
    said = refused(
        boot(GRACE_DATABASE__URL=f"mysql://grace:{STRONG}@127.0.0.1/x", GRACE_BROKER__URL=given()["GRACE_BROKER__URL"]),
        code=2,
    )
    assert "a mysql URL is not a PostgreSQL address" in said


@pytest.mark.fleet
def test_two_servers_on_one_port_or_an_address_that_is_not_ours_are_wrong_input(boot) -> None:
    said = refused(boot(GRACE_FLOWER__ENABLED="true", GRACE_API__PORT="18999", GRACE_FLOWER__PORT="18999"), code=2)
    assert "GRACE_API__PORT and GRACE_FLOWER__PORT both name port 18999" in said
    said = refused(boot(GRACE_API__HOST="203.0.113.7"), code=2)
    assert "of 203.0.113.7: Cannot assign requested address; change GRACE_API__PORT" in said


def test_a_playbook_folder_that_is_gone_is_refused(boot, node_folder) -> None:
    (node_folder / "grace.yaml").write_text("playbooks: [mine]\n")
    said = refused(boot(), code=2)
    assert f"playbook folder {node_folder / 'mine'} does not exist" in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_playbook_folder_that_became_unreadable_is_refused(boot, node_folder) -> None:
    (node_folder / "mine").mkdir(mode=0o000)
    (node_folder / "grace.yaml").write_text("playbooks: [mine]\n")
    assert "cannot be read" in refused(boot(), code=2)


@pytest.mark.fleet
def test_a_password_that_was_changed_on_the_server_is_reported_as_such(boot, shared_node) -> None:
    database = shared_node.database_url.replace(shared_node.database_url.split(":")[2].split("@")[0], STRONG)
    said = refused(boot(GRACE_DATABASE__URL=database, GRACE_BROKER__URL=shared_node.broker_url), code=2)
    assert "refuses user 'grace': the password is wrong or was changed there" in said
    assert STRONG not in said

    broker = f"redis://:{STRONG}@{shared_node.broker_url.rpartition('@')[2]}"
    said = refused(boot(GRACE_DATABASE__URL=shared_node.database_url, GRACE_BROKER__URL=broker), code=2)
    assert "the broker at 127.0.0.1" in said
    assert "rejects the password: it is wrong" in said


@pytest.fixture
def small_disk(node_folder: Path) -> Iterator[Path]:
    """A file system of 24 MiB at `<folder>/data`."""
    place = node_folder / "data"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if made.returncode != 0:
        pytest.skip(f"no small file system can be mounted here: {made.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(file: BinaryIO) -> None:
    while True:
        file.write(b"\0" * 65536)
        file.flush()


@pytest.mark.fleet
def test_a_disk_that_is_too_small_or_full_or_read_only_is_refused(boot, small_disk) -> None:
    assert "MiB of disk left; a node needs" in refused(boot(), code=2)

    with (small_disk / "filling").open("wb") as file, pytest.raises(OSError, match="No space left"):
        fill(file)
    assert "No space left on device" in refused(boot(), code=2, phase=None)
    (small_disk / "filling").unlink()

    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert "Read-only file system" in refused(boot(), code=2, phase=None)


@pytest.mark.fleet
def test_after_three_failed_boots_a_node_waits_says_until_when_and_can_be_stopped(boot, node_folder) -> None:
    for _ in range(3):
        refused(boot(**given()), code=3)
    node = boot(**given()).start()
    told = node.until(lambda told: told["stage"] == "boot limit")
    assert told["state"] == "waiting"
    assert "3 boots failed in the last ten minutes; the next starts at" in told["note"]
    assert node.said()["health"] == "waiting"
    node.process.send_signal(signal.SIGINT)
    assert node.process.wait(10) == 0
    kept = json.loads((node_folder / "data" / "boots.json").read_text())
    assert len(kept["failed_at"]) == 3
