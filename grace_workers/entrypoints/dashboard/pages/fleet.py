"""The fleet: its nodes and their health, their kernels, and what an operator may tell them."""

import asyncio
from itertools import groupby
from typing import Any

from grace_workers.entrypoints.dashboard.course import course_of
from grace_workers.entrypoints.dashboard.kernel_graph import kernel_graph
from grace_workers.entrypoints.dashboard.page import DashboardPage, DashboardScreen, Deed, Shown, Visit
from grace_workers.entrypoints.dashboard.repair_graph import repair_graph

_HERE = "/dashboard/fleet"
_WELL = frozenset({"ready", "limited"})


async def _fleet(visit: Visit) -> Shown:
    fleet, kernels, status, course = await asyncio.gather(
        visit.api.get("/api/v1/fleet"),
        visit.api.get("/api/v1/kernels"),
        visit.api.get("/elite/status"),
        visit.api.get("/api/v1/fleet/throughput"),
    )
    kernels.sort(key=lambda one: (one["instance"], one["state"] in _WELL, one["kernel"]))
    return {
        "fleet": fleet,
        "kernels": {name: list(rows) for name, rows in groupby(kernels, key=_instance)},
        "unwell": sum(one["state"] not in _WELL for one in kernels),
        "status": status,
        "counts": _counts(status["jobs"]),
        "courses": {pool: course_of(pool, course) for pool in status["pools"]},
    }


async def _kernels(visit: Visit) -> Shown:
    graph, reported, fleet, links = await asyncio.gather(
        visit.api.get("/api/v1/kernels/graph"),
        visit.api.get("/api/v1/kernels"),
        visit.api.get("/api/v1/fleet"),
        visit.api.get("/api/v1/fleet/repairs"),
    )
    return {
        "drawn": kernel_graph(graph, reported),
        "repairs": repair_graph(links),
        "links": links,
        "instances": [one["name"] for one in fleet["instances"]],
    }


async def _restart(visit: Visit) -> str:
    return await _tell_kernel(visit, "restart")


async def _pause(visit: Visit) -> str:
    return await _tell_kernel(visit, "pause")


async def _resume(visit: Visit) -> str:
    return await _tell_kernel(visit, "resume")


async def _tell_kernel(visit: Visit, verb: str) -> str:
    form = visit.form
    reason = {"reason": form.get("reason", "").strip()}
    path = f"/api/v1/kernels/{form.get('kernel', '')}/{verb}"
    await visit.api.post(path, reason, instance=form.get("instance") or None)
    return f"{_HERE}/kernels"


def _instance(kernel: dict[str, Any]) -> str:
    return str(kernel["instance"])


def _counts(jobs: list[dict[str, Any]]) -> dict[str, dict[str, dict[int, int]]]:
    """Return how many jobs are queued and running, by pool, state and priority."""
    found: dict[str, dict[str, dict[int, int]]] = {}
    for one in jobs:
        if one["state"] in {"queued", "running"}:
            found.setdefault(one["pool"], {}).setdefault(one["state"], {})[one["priority"]] = one["count"]
    return found


async def _drain(visit: Visit) -> str:
    return await _tell(visit, "drain", {"reason": visit.form.get("reason", "").strip()})


async def _quarantine(visit: Visit) -> str:
    return await _tell(visit, "quarantine", {"reason": visit.form.get("reason", "").strip()})


async def _rejoin(visit: Visit) -> str:
    return await _tell(visit, "rejoin", None)


async def _tell(visit: Visit, verb: str, body: Any) -> str:
    await visit.api.post(f"/api/v1/fleet/{visit.path['instance']}/{verb}", body)
    return _HERE


async def _failover(visit: Visit) -> str:
    await visit.api.post("/api/v1/fleet/failover")
    return _HERE


DEFINITION = DashboardPage(
    name="fleet",
    title="Fleet",
    place=4,
    screens=[
        DashboardScreen(template="fleet.html", read=_fleet, topics=("instance.changed", "kernel.changed")),
        DashboardScreen(
            path="/kernels", template="kernels.html", read=_kernels, topics=("kernel.changed", "learning.updated")
        ),
    ],
    deeds=[
        Deed(path="/failover", act=_failover, said="The leader has stepped down."),
        Deed(path="/kernels/restart", act=_restart, said="The node restarts the kernel."),
        Deed(path="/kernels/pause", act=_pause, said="The node pauses the kernel."),
        Deed(path="/kernels/resume", act=_resume, said="The node resumes the kernel."),
        Deed(path="/{instance}/drain", act=_drain, said="The node finishes its jobs and leaves."),
        Deed(path="/{instance}/quarantine", act=_quarantine, said="The node is in quarantine; others have its jobs."),
        Deed(path="/{instance}/rejoin", act=_rejoin, said="The node is being repaired and tried out."),
    ],
)
