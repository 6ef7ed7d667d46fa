"""`restart_playbook`: a playbook that starts a service which does not run, for the user's own folder."""

from typing import Annotated

from pydantic import Field, StringConstraints

from grace_workers.coding.reason import Reason
from grace_workers.coding.recipes.recipe import Recipe, RecipeFiles, Site
from grace_workers.coding.task import TaskType
from grace_workers.foundation.document import Document

_PLAYBOOK = """name: {name}
description: Starts {service} when it does not run.
version: 1
aspect: performance
budget: 60s

when:
  causes: [{causes}]
  target_kinds: [{kind}]

steps:
  - id: start
    primitive: restart_service

expectations:
  - id: runs
    check: alive
    operator: "=="
    bound: 1
    within: 15s
    hold: 300ms

guards:
  cooldown: 30s
  max_runs_per_hour: {runs}
  stop_after_ineffective: 3
"""
_TESTS = """from pathlib import Path

from grace_workers.actions import Ownership, Restartable, Target
from grace_workers.testing import MemoryService, MemoryWorld, rehearse

SERVICE = Target(name="{service}", kind="{kind}", owner=Ownership.INTERNAL)
PLAYBOOK = Path(__file__).parent.parent / "{file}"


def rehearsed(service):
    return rehearse(PLAYBOOK, [SERVICE], MemoryWorld(roles={{("{service}", Restartable): service}}))


def test_a_service_that_does_not_run_is_started():
    service = MemoryService(running=False)
    run = rehearsed(service)
    assert run.healed
    assert run.before == {{"runs": 0}}
    assert service.running


def test_a_service_that_runs_is_not_called_healed():
    assert not rehearsed(MemoryService()).healed
"""
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,60}$")]

Folder = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$", max_length=200)]


class RestartPlaybookOptions(Document):
    """`service` is the target's name, and `folder` that of your playbooks, from the root of the repository."""

    service: Word
    kind: Annotated[str, StringConstraints(pattern=r"^(process|systemd|kubernetes)$")] = "process"
    folder: Folder = "playbooks"
    runs_per_hour: int = Field(default=6, ge=1, le=100)
    causes: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,60}$")], ...] = Field(
        default=("process_down",), min_length=1, max_length=10
    )


def _write(options: RestartPlaybookOptions, site: Site) -> RecipeFiles | Reason:
    name = f"restart_{options.service.replace('-', '_')}"
    file = f"{options.folder}/{name}.yaml"
    facts = {
        "name": name,
        "file": file,
        "service": options.service,
        "kind": options.kind,
        "runs": options.runs_per_hour,
        "causes": ", ".join(options.causes),
    }
    return RecipeFiles(
        new={file: _PLAYBOOK.format(**facts)},
        tests={site.test_file(name): _TESTS.format(**facts)},
        subject=f"Restart {options.service} by a playbook of its own",
        story=(
            f"{file} starts {options.service}, of kind {options.kind}, where the diagnosis is {facts['causes']}",
            "it was rehearsed on a world in memory; name its folder under `playbooks` in grace.yaml",
        ),
    )


DEFINITION = Recipe(
    name="restart_playbook",
    about="a playbook that starts a service of yours, for your own folder",
    task=TaskType.EXTEND,
    options=RestartPlaybookOptions,
    write=_write,
)
