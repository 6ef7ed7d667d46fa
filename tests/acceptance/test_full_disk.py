"""A full disk: a running node waits and continues when there is space again; one that starts says so."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.counted.house import House, node_settings, open_house
from tests.acceptance.counted.promises import healed_once
from tests.acceptance.counted.scene import Scene
from tests.acceptance.fleet import NodeProcess
from tests.waiting import let_pass, until

pytestmark = [
    pytest.mark.servers,
    pytest.mark.nodes,
    pytest.mark.fleet,
    pytest.mark.skipif(
        os.geteuid() != 0 or shutil.which("mount") is None, reason="only root can mount the small disk that this fills"
    ),
]

DISK = "448m"
FULL_FOR = 4.0


@pytest.fixture
def disk() -> Iterator[Path]:
    """A small separate file system."""
    place = Path(tempfile.mkdtemp(prefix="grace-disk-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0755", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        place.rmdir()
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "-l", place], check=True)
    place.rmdir()


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A folder on another disk."""
    folder = Path(tempfile.mkdtemp(prefix="grace-scene-"))
    yield folder
    shutil.rmtree(folder)


def fill(disk: Path) -> Path:
    """Leave no byte free."""
    filler = disk / "filler"
    block = bytes(1 << 16)
    with filler.open("ab", buffering=0) as file:
        while True:
            try:
                file.write(block)
            except OSError:
                return filler


def asked(house: House, targets: list[str]) -> list[str]:
    """Make one request for each, and return the accepted ones."""
    accepted = []
    for target in targets:
        order = {"target": target, "playbook": "append", "reason": "append wanted", "params": {}}
        try:
            house.post("/elite/healing/task", order, **{"Idempotency-Key": f"order-{target}"})
        except OSError:
            continue
        accepted.append(target)
    return accepted


def test_a_node_whose_disk_fills_up_loses_nothing_it_accepted_and_goes_on_when_there_is_room(disk, elsewhere):
    def make(**settings: str) -> NodeProcess:
        return NodeProcess(disk / "data", **settings)

    with open_house(make, Scene(elsewhere / "scene", files=12)) as house:
        before, during, after = (house.scene.file_names[number : number + 4] for number in (0, 4, 8))
        assert asked(house, before) == before
        filler = fill(disk)
        accepted = asked(house, during)
        let_pass(FULL_FOR)
        accepted += asked(house, [target for target in during if target not in accepted])
        assert house.node.process.poll() is None
        filler.unlink()
        for target in after:
            house.ask_for(target, key=f"order-{target}")
        healed_once(house, [*before, *accepted, *after], within=60)
        refused = [target for target in during if target not in accepted]
        assert [house.scene.effects(target) for target in refused] == [0] * len(refused)
        until(lambda: all(child["state"] == "ready" for child in house.node.children().values()), within=60)
        house.assert_sound()


def test_a_node_that_finds_its_disk_full_says_so_and_leaves_nothing_half_done(disk, elsewhere):
    scene = Scene(elsewhere / "scene", files=1)
    scene.build()
    (disk / "data").mkdir()
    filler = fill(disk)
    node = NodeProcess(disk / "data", **node_settings(scene))
    try:
        assert node.start().process.wait(60) == 2
        said = " ".join(node.output().split())
        assert "Traceback" not in said
        assert str(disk / "data") in said
        assert node.processes() == []
        assert not (disk / "data" / "postgres" / "cluster").exists()
    finally:
        node.close()
        filler.unlink()
