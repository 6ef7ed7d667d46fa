"""Cycles: when each ran and runs next, what it found, and running, pausing and resuming one."""

import asyncio
from urllib.parse import quote

from grace_workers.entrypoints.dashboard import charts
from grace_workers.entrypoints.dashboard.page import DashboardPage, DashboardScreen, Deed, Shown, Visit

_TOPICS = ("cycle.paused", "finding.changed", "improvement.moved")
_FINDINGS, _PAST = 50, 10
_MISSED = {
    "skip": "Slots that pass while no node leads are skipped.",
    "last": "Of the slots that pass while no node leads, the newest is run.",
    "all": "Each slot that passes while no node leads is run later.",
}


async def _list(visit: Visit) -> Shown:
    over = "over" in visit.query
    cycles, findings, improvements = await asyncio.gather(
        visit.api.get("/api/v1/cycles"),
        visit.api.get("/api/v1/findings", gone=str(over).lower(), limit=_FINDINGS),
        visit.api.get("/api/v1/improvements", past=_PAST),
    )
    cycles.sort(key=lambda one: (one["pause"] is None, not one["findings"], one["name"]))
    shown = [(one, charts.runs(one["recent"])) for one in cycles]
    return {"cycles": shown, "findings": findings, "over": over, "most": _FINDINGS, "improvements": improvements}


async def _one(visit: Visit) -> Shown:
    story = await visit.api.get(f"/api/v1/cycles/{visit.path['name']}")
    return {
        **story,
        "missed": _MISSED.get(story["cycle"]["missed"], ""),
        "drawn": charts.runs(story["runs"]),
    }


async def _run(visit: Visit) -> str:
    await visit.api.post(f"/api/v1/cycles/{visit.path['name']}/run")
    return f"/dashboard/cycles/{visit.path['name']}"


async def _pause(visit: Visit) -> str:
    return await _order(visit, "pause")


async def _resume(visit: Visit) -> str:
    return await _order(visit, "resume")


async def _take_back(visit: Visit) -> str:
    reason = visit.form.get("reason", "").strip()
    await visit.api.post(f"/api/v1/improvements/{quote(visit.path['key'], safe='')}/withdraw", {"reason": reason})
    return "/dashboard/cycles"


async def _order(visit: Visit, verb: str) -> str:
    name = visit.path["name"]
    await visit.api.post(f"/api/v1/cycles/{name}/{verb}", {"reason": visit.form.get("reason", "").strip()})
    return f"/dashboard/cycles/{name}"


DEFINITION = DashboardPage(
    name="cycles",
    title="Cycles",
    place=9,
    screens=[
        DashboardScreen(template="cycles.html", read=_list, topics=_TOPICS),
        DashboardScreen(path="/{name}", template="cycle.html", read=_one, topics=(*_TOPICS, "job.ended")),
    ],
    deeds=[
        Deed(path="/improvements/{key}/withdraw", act=_take_back, said="The plan that takes it back is submitted."),
        Deed(path="/{name}/run", act=_run, said="The cycle is queued to run now."),
        Deed(path="/{name}/pause", act=_pause, said="The cycle is paused. Its slots pass without a run."),
        Deed(path="/{name}/resume", act=_resume, said="The cycle runs again, at its next slot."),
    ],
)
