"""The address of every screen of the dashboard, in a world that has something of everything."""

import subprocess
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from grace_workers.entrypoints.dashboard import pages
from grace_workers.entrypoints.dashboard.page import DashboardPage
from grace_workers.foundation.catalog import discover
from grace_workers.foundation.ids import TargetName
from tests.acceptance.dashboard_world import DashboardWorld

# The same screens as something else is asked of them.
ASKED = (
    "incidents?state=stuck&severity=error",
    "jobs?state=queued",
    "playbooks/restart_dead_service/dry-run?target=partner",
)


def screens() -> Iterator[str]:
    """Yield the address of each screen, with the names of its parameters."""
    for page in discover(pages, DashboardPage, label="page"):
        for screen in page.screens:
            yield page.name + screen.path


def keep(world: DashboardWorld) -> None:
    """Keep a safe point of a repository."""
    repository = str(world.api.runtime.line.targets[TargetName("shop-code")].connection["repository"])
    git = ("git", "-C", repository, "-c", "user.name=a", "-c", "user.email=a@shop")
    subprocess.run(["git", "init", "-q", "-b", "main", repository], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "first"], check=True)
    order = {"name": "before-the-test", "targets": ["shop-code"], "reason": "a test"}
    assert world.api.post("/api/v1/safe-points", order).status_code == 202
    world.work()


def address(world: DashboardWorld, screen: str) -> str:
    """Return where a screen is, with something in the place of its parameters."""
    return _FOUND[screen](world) if screen in _FOUND else screen


def _incident(world: DashboardWorld, *, hostile: bool = False) -> str:
    wanted = (
        one
        for one in _rows(world, "incidents")
        if ("<script>" in one["title"]) is hostile and (hostile or one["playbook"])
    )
    return f"incidents/{next(wanted)['id']}"


def _entry(world: DashboardWorld) -> str:
    world.seal()
    return "audit/1"


def _version(world: DashboardWorld) -> str:
    (one, *_) = _rows(world, "playbooks/restart_dead_service/versions")
    return f"playbooks/restart_dead_service/versions/{one['digest']}"


def _rows(world: DashboardWorld, path: str) -> Any:
    return world.api.get(f"/api/v1/{path}").json()


_FOUND: Mapping[str, Callable[[DashboardWorld], str]] = {
    "audit/{seq}": _entry,
    "coding/{task}": lambda world: f"coding/{_rows(world, 'jobs?pool=coding')[0]['id']}",
    "cycles/{name}": lambda world: "cycles/goals",
    "goals/{name}": lambda world: "goals/nights",
    "hostile incident": lambda world: _incident(world, hostile=True),
    "incidents/{incident}": _incident,
    "jobs/{job}": lambda world: f"jobs/{_rows(world, 'jobs')[0]['id']}",
    "jobs/{job}/stack": lambda world: f"jobs/{_rows(world, 'jobs?state=running')[0]['id']}/stack",
    "playbooks/{name}": lambda world: "playbooks/restart_dead_service",
    "playbooks/{name}/dry-run": lambda world: "playbooks/restart_dead_service/dry-run",
    "playbooks/{name}/replay": lambda world: "playbooks/restart_dead_service/replay",
    "playbooks/{name}/versions/{digest}": _version,
    "safepoints/{name}": lambda world: "safepoints/before-the-test",
    "snapshots/{id}": lambda world: f"snapshots/{_rows(world, 'snapshots')[0]['id']}",
}
