"""The overview: what is broken, what is being done, what waits for a person, and the state of the fleet itself."""

import asyncio
from typing import Any

from grace_workers.entrypoints.dashboard import charts
from grace_workers.entrypoints.dashboard.page import DashboardPage, DashboardScreen, Shown, Visit

_STUCK = ("escalated", "refused")
_UNDER_WAY = (
    "open",
    "diagnosed",
    "planned",
    "granted",
    "contracted",
    "snapshotted",
    "executed",
    "verified",
    "restored",
)
_MOST = 8


async def _overview(visit: Visit) -> Shown:
    api = visit.api
    stuck, under_way, waiting, status, ready, hours = await asyncio.gather(
        api.get("/api/v1/incidents", state=_STUCK, limit=_MOST),
        api.get("/api/v1/incidents", state=_UNDER_WAY, limit=_MOST),
        api.get("/api/v1/approvals"),
        api.get("/elite/status"),
        api.readiness(),
        api.get("/api/v1/incidents/hours", hours=charts.HOURS),
    )
    counts = status["incidents"]
    return {
        "stuck": stuck,
        "stuck_count": sum(counts.get(state, 0) for state in _STUCK),
        "under_way": under_way,
        "under_way_count": sum(counts.get(state, 0) for state in _UNDER_WAY),
        "approvals": waiting[:_MOST],
        "status": status,
        "ready": ready,
        "day": charts.day(hours, visit.now),
        "endings": _endings(hours),
        "queued": _jobs(status, "queued"),
        "running": _jobs(status, "running"),
    }


def _endings(hours: list[dict[str, Any]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in hours:
        ending = one["closing"] or "under way"
        found[ending] = found.get(ending, 0) + one["count"]
    return found


def _jobs(status: dict[str, Any], state: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in status["jobs"]:
        if one["state"] == state:
            found[one["pool"]] = found.get(one["pool"], 0) + one["count"]
    return found


DEFINITION = DashboardPage(
    name="overview",
    title="Overview",
    place=1,
    screens=[DashboardScreen(template="overview.html", read=_overview, topics=("*",))],
)
