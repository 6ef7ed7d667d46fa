"""Goals: how each stands, when it will be met, its error budget and how fast that burns; making and ending one."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from grace_workers.entrypoints.dashboard.forecast import forecast
from grace_workers.entrypoints.dashboard.inside import ApiRefusal
from grace_workers.entrypoints.dashboard.page import DashboardPage, DashboardScreen, Deed, Shown, Visit

_HERE = "/dashboard/goals"
_WORST_FIRST = ("off_track", "at_risk", "unknown", "on_track", "met")
_TOPICS = ("finding.changed",)


async def _list(visit: Visit) -> Shown:
    goals, indicators = await asyncio.gather(visit.api.get("/api/v1/goals"), visit.api.get("/api/v1/indicators"))
    return {
        "goals": sorted((_goal(one, indicators) for one in goals), key=_badness),
        "indicators": indicators,
    }


async def _one(visit: Visit) -> Shown:
    name = visit.path["name"]
    found, indicators = await asyncio.gather(
        visit.api.get(f"/api/v1/goals/{name}"), visit.api.get("/api/v1/indicators")
    )
    return {"one": _goal(found, indicators)}


def _goal(standing: Mapping[str, Any], indicators: list[dict[str, Any]]) -> Mapping[str, Any]:
    goal, evaluation = standing["goal"], standing["evaluation"]
    indicator: Mapping[str, Any] = next((one for one in indicators if one["name"] == goal["indicator"]), {})
    share = indicator.get("measure", "share") == "share"
    return {
        **standing,
        "state": "unknown" if evaluation is None else evaluation["state"],
        "share": share,
        "indicator": indicator,
        "chart": None if evaluation is None else forecast(evaluation, goal["objective"], share=share),
    }


def _badness(one: Mapping[str, Any]) -> tuple[int, float, str]:
    """Return where a goal belongs in a list whose worst comes first."""
    state = one["state"]
    place = _WORST_FIRST.index(state) if state in _WORST_FIRST else 0
    return place, one["budget"]["left"] if one["budget"] else 1.0, one["goal"]["name"]


async def _make(visit: Visit) -> str:
    form = visit.form
    body: dict[str, Any] = {
        "name": form.get("name", "").strip(),
        "indicator": form.get("indicator", ""),
        "objective": _number(form.get("objective", ""), "objective"),
        "days": int(_number(form.get("days", "30"), "number of days")),
        "budgeted": "budgeted" in form,
    }
    if form.get("owner", "").strip():
        body["owner"] = form["owner"].strip()
    await visit.api.post("/api/v1/goals", body)
    return f"{_HERE}/{body['name']}"


def _number(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise ApiRefusal(HTTPStatus.UNPROCESSABLE_ENTITY, f"{text[:40]!r} is no {name}; give a number") from error


async def _end(visit: Visit) -> str:
    await visit.api.post(f"/api/v1/goals/{visit.path['name']}/end", {"reason": visit.form.get("reason", "").strip()})
    return _HERE


DEFINITION = DashboardPage(
    name="goals",
    title="Goals",
    place=10,
    screens=[
        DashboardScreen(template="goals.html", read=_list, topics=_TOPICS),
        DashboardScreen(path="/{name}", template="goal.html", read=_one, topics=_TOPICS),
    ],
    deeds=[
        Deed(path="/make", act=_make, said="The goal is made. It is being evaluated."),
        Deed(path="/{name}/end", act=_end, said="The goal is ended."),
    ],
)
