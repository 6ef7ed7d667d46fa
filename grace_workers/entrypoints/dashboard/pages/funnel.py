"""Why nothing happened: how far signals and playbooks came, and what stopped the others."""

import asyncio
from collections.abc import Mapping
from typing import Any

from grace_workers.entrypoints.dashboard.page import DashboardPage, DashboardScreen, Shown, Visit

_PERIODS = {"1d": "1 day", "7d": "7 days", "30d": "30 days"}
_USUAL = "7d"
_CONDITIONS, _LOSSES, _COMPLETED = 20, 20, 500


async def _funnel(visit: Visit) -> Shown:
    since = visit.query.get("since", "")
    since = since if since in _PERIODS else _USUAL
    target = visit.query.get("target", "").strip()
    signals, playbooks, targets = await asyncio.gather(
        visit.api.get("/api/v1/funnel/signals", since=since, target=target or None),
        visit.api.get("/api/v1/funnel/playbooks", since=since),
        visit.api.get("/api/v1/targets"),
    )
    found = [one for one in playbooks["playbooks"] if one["reached"]["matched"]]
    return {
        "since": since,
        "target": target,
        "periods": _PERIODS,
        "targets": [one["name"] for one in targets[:_COMPLETED]],
        "whole": _drawn(signals["whole"]),
        "conditions": [_drawn(one) for one in signals["conditions"][:_CONDITIONS]],
        "playbooks": sorted((_drawn(one) for one in found), key=lambda one: -one["first"]),
        "complete": signals["complete"] and playbooks["complete"],
    }


def _drawn(funnel: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a funnel with the share of what came in that reached each stage."""
    first = max(funnel["reached"].values(), default=0)
    stages = [
        {"name": name, "count": count, "share": count / first if first else 0.0}
        for name, count in funnel["reached"].items()
    ]
    return {**funnel, "first": first, "stages": stages, "losses": funnel["losses"][:_LOSSES]}


DEFINITION = DashboardPage(
    name="funnel",
    title="Why nothing happened",
    place=None,
    under="incidents",
    # Not refreshed: each look counts thousands of signals.
    screens=[DashboardScreen(template="funnel.html", read=_funnel)],
)
