"""Drills on a whole node: its API takes the reports, its workers heal, its own triggers look on. One node for all."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from grace_workers.adapters.embedded import EmbeddedPostgres
from grace_workers.settings import TargetSettings
from tests.acceptance.fleet import NodeProcess
from tests.drills.catalog import NAMES, drill_of, playbook_of
from tests.drills.drill import Drill
from tests.drills.stage import Stage
from tests.targets import DRIVERS, world_of
from tests.waiting import until

pytestmark = [pytest.mark.servers, pytest.mark.nodes, pytest.mark.drills]

# A person must be another than who reported, so drills that ask one are played on a line of their own only.
PLAYED = [name for name in NAMES if drill_of(name).asks is None and not drill_of(name).missing()]
BOOTED_WITHIN, HEALED_WITHIN = 120.0, 120.0
# One drill follows the other so fast that, by the rules that ship, more than half of the targets were down just now.
POLICY = "version: 1\nstorm: {most_down: 100%}\n"


@dataclass
class Scene:
    """A node, and every drill on a stage of its own."""

    node: NodeProcess
    drills: Mapping[str, Drill]

    def ask(self, method: str, path: str, **body: Any) -> Any:
        """Ask the API as this machine's command line does."""
        token = (self.node.data_dir / "cli-token").read_text().strip()
        url = f"http://127.0.0.1:{self.node.api_port}{path}"
        answer = httpx.request(method, url, headers={"Authorization": f"Bearer {token}"}, timeout=20, **body)
        answer.raise_for_status()
        return answer.json()

    def incidents(self, name: str) -> list[dict[str, Any]]:
        """Return the incidents of the drill's targets, newest first."""
        found: list[dict[str, Any]] = self.ask("GET", "/api/v1/incidents?limit=200")
        return [one for one in found if (one["target"] or "").startswith(self.drills[name].stage.prefix)]

    def report(self, name: str) -> None:
        """Report the drill's fault as a program would."""
        drill = self.drills[name]
        said = {"name": drill.signal, "target": f"{drill.stage.prefix}{drill.subject}", "severity": "critical"}
        self.ask("POST", "/api/v1/signals", json={**said, "summary": drill.words or drill.signal})

    def healed(self, name: str) -> dict[str, Any] | None:
        """Return the incident that the drill's playbook or a rival of it has healed, once there is one."""
        fitting = {playbook_of(name), *self.drills[name].rivals}
        done = [one for one in self.incidents(name) if one["closing"] == "healed" and one["playbook"] in fitting]
        return done[0] if done else None


@pytest.fixture(scope="module")
def scene(postgres_server: EmbeddedPostgres) -> Iterator[Scene]:
    folder = Path(tempfile.mkdtemp(prefix="grace-node-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        drills, targets = {}, []
        for name in PLAYED:
            (folder / name).mkdir()
            stage = Stage(folder / name, postgres_server, stack, prefix=f"{name.replace('_', '-')}.")
            drills[name] = drill_of(name)(stage)
            targets += prefixed(stage.prefix, drills[name].targets())
        declared = [TargetSettings(**one).declared(DRIVERS) for one in targets]
        world = world_of({one.name: one for one in declared}, folder / "beside")
        for drill in drills.values():
            drill.stage.world = world
            drill.open()
        with psycopg.connect(postgres_server.url_of("postgres"), autocommit=True) as session:
            # What the drills have written to the server that they share is no backlog of it.
            session.execute("CHECKPOINT")
        config = folder / "grace.yaml"
        (folder / "policy.yaml").write_text(POLICY)
        (folder / "policy.yaml").chmod(0o600)
        config.write_text(json.dumps({"targets": targets, "policy": str(folder / "policy.yaml")}))
        node = NodeProcess(folder / "data", GRACE_CONFIG=str(config), GRACE_FLOWER__ENABLED="false")
        stack.callback(node.close)
        yield Scene(node.start().unread().until_ready(within=BOOTED_WITHIN), drills)


def prefixed(prefix: str, targets: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the targets with the prefix in their names, and wherever one of them names another."""
    names = {one["name"] for one in targets}
    for one in targets:
        labels = {key: f"{prefix}{said}" if said in names else said for key, said in one.get("labels", {}).items()}
        others = [f"{prefix}{name}" for name in one.get("depends_on", ())]
        yield {**one, "name": f"{prefix}{one['name']}", "labels": labels, "depends_on": others}


def test_nothing_is_touched_on_a_node_whose_targets_are_all_well(scene: Scene) -> None:
    assert [name for name, drill in scene.drills.items() if not drill.well()] == []
    assert [one for name in PLAYED for one in scene.incidents(name)] == []


@pytest.mark.parametrize("name", PLAYED)
def test_a_fault_is_healed_by_the_workers_of_a_node(scene: Scene, name: str) -> None:
    drill = scene.drills[name]
    drill.break_it()
    assert not drill.well()
    scene.report(name)
    until(lambda: scene.healed(name), within=HEALED_WITHIN, every=0.2, instead=lambda: scene.incidents(name))
    # A rival does not wait for all that the drill's own playbook waits for.
    if drill.rivals:
        until(drill.well, within=60)
    assert drill.well()
    others = {other: scene.incidents(other) for other in PLAYED if other != name}
    assert [one for found in others.values() for one in found if one["closing"] == "restored"] == []
