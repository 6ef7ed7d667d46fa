"""Coding: the tasks of the coding agent, one with its report and its diff, and what the agent can do."""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from grace_workers.entrypoints.dashboard.page import DashboardPage, DashboardScreen, Shown, Visit
from grace_workers.orchestration.job import JobState

_ROWS = 50
_TOPICS = ("job.ended", "incident.moved")


async def _list(visit: Visit) -> Shown:
    asked = {name: visit.query.get(name, "").strip() for name in ("state", "before")}
    rows, known, model = await asyncio.gather(
        visit.api.get(
            "/api/v1/jobs", pool="coding", state=asked["state"] or None, before=asked["before"] or None, limit=_ROWS
        ),
        visit.api.get("/elite/coding/knowledge"),
        visit.api.get("/api/v1/coding/model"),
    )
    kept = {"state": asked["state"]} if asked["state"] else {}
    return {
        "rows": rows,
        "asked": asked,
        "states": [one.value for one in JobState],
        "known": known,
        "model": model,
        "first": _address(kept) if asked["before"] else None,
        "next": _address({**kept, "before": rows[-1]["id"]}) if len(rows) == _ROWS else None,
    }


def _address(params: Mapping[str, str]) -> str:
    return f"/dashboard/coding?{urlencode(params)}" if params else "/dashboard/coding"


async def _one(visit: Visit) -> Shown:
    wanted = visit.id_of("task")
    job, task = await asyncio.gather(visit.api.get(f"/api/v1/jobs/{wanted}"), visit.api.get(f"/elite/tasks/{wanted}"))
    result = job["result"] if isinstance(job["result"], dict) else {}
    incident = task["incident"]
    story = await visit.api.get(f"/api/v1/incidents/{incident}") if incident else None
    proposed = _proposed(story)
    return {
        "job": job,
        "task": task,
        "work": result.get("work", result),
        "story": story,
        "patch": proposed.get("patch") or result.get("patch"),
        "report": proposed.get("report"),
    }


def _proposed(story: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return the params of the step that proposes the patch."""
    steps = ((story or {}).get("plan") or {"steps": []})["steps"]
    return next((one["params"] for one in steps if one["primitive"] == "propose_patch"), {})


DEFINITION = DashboardPage(
    name="coding",
    title="Coding",
    place=11,
    screens=[
        DashboardScreen(template="coding.html", read=_list, topics=_TOPICS),
        DashboardScreen(path="/{task}", template="code_task.html", read=_one, topics=_TOPICS),
    ],
)
