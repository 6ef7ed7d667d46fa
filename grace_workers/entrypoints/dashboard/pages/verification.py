"""Verification: how often contracts were met, what was restored, and the newest verdicts with their readings."""

import asyncio
from collections.abc import Mapping
from typing import Any

from grace_workers.entrypoints.dashboard import charts
from grace_workers.entrypoints.dashboard.page import DashboardPage, DashboardScreen, Shown, Visit
from grace_workers.entrypoints.dashboard.period import PERIODS, days_of
from grace_workers.entrypoints.dashboard.stages import readings

_NEWEST = 10
_COUNTED = ("verified", "ineffective", "failed", "inconclusive", "restored", "stuck")
_PARTS = (("verified", "good"), ("missed", "bad"))


async def _verification(visit: Visit) -> Shown:
    api, days = visit.api, days_of(visit)
    outcomes, runs, status = await asyncio.gather(
        api.get("/api/v1/learning/outcomes", days=days),
        api.get("/api/v1/learning/runs", days=days),
        api.get("/elite/status"),
    )
    newest = status["episodes"][:_NEWEST]
    stories = await asyncio.gather(*(api.get(f"/api/v1/incidents/{one['incident']}") for one in newest))
    return {
        "days": days,
        "periods": PERIODS,
        "runs": runs,
        "totals": charts.totals(runs["playbooks"], _COUNTED),
        "drawn": charts.days(outcomes, _PARTS, visit.now, days),
        "newest": [_verdict(one, story) for one, story in zip(newest, stories, strict=True)],
    }


def _verdict(episode: Mapping[str, Any], story: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an ended run; its readings only while the incident still has the plan that it was of."""
    mine = story["playbook"] == episode["playbook"]
    return {"episode": episode, "title": story["title"], "readings": readings(story) if mine else []}


DEFINITION = DashboardPage(
    name="verification",
    title="Verification",
    place=8,
    screens=[DashboardScreen(template="verification.html", read=_verification, topics=("learning.updated",))],
)
