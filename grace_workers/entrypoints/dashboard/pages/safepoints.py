"""Safe points: what several targets held at one moment, and the plans that keep it, put it back and drop it."""

import asyncio
from urllib.parse import quote

from grace_workers.entrypoints.dashboard.page import DashboardPage, DashboardScreen, Deed, Shown, Visit
from grace_workers.foundation.document import JsonValue

_HERE = "/dashboard/safepoints"
_ROLE = "SafePoints"


async def _list(visit: Visit) -> Shown:
    points, targets = await asyncio.gather(visit.api.get("/api/v1/safe-points"), visit.api.get("/api/v1/targets"))
    return {"points": points, "targets": [one["name"] for one in targets if _ROLE in (one["roles"] or ())]}


async def _one(visit: Visit) -> Shown:
    return {"point": await visit.api.get(f"/api/v1/safe-points/{quote(visit.path['name'], safe='')}")}


async def _keep(visit: Visit) -> str:
    targets: list[JsonValue] = [one.strip() for one in visit.form.get("targets", "").split(",") if one.strip()]
    order = {name: visit.form.get(name, "").strip() for name in ("name", "reason")}
    await visit.api.post("/api/v1/safe-points", {**order, "targets": targets})
    return _HERE


async def _restore(visit: Visit) -> str:
    return await _submitted(visit, "restore")


async def _drop(visit: Visit) -> str:
    return await _submitted(visit, "drop")


async def _submitted(visit: Visit, what: str) -> str:
    name = quote(visit.path["name"], safe="")
    await visit.api.post(f"/api/v1/safe-points/{name}/{what}", {"reason": visit.form.get("reason", "").strip()})
    return f"{_HERE}/{name}"


DEFINITION = DashboardPage(
    name="safepoints",
    title="Safe points",
    place=None,
    under="settings",
    screens=[
        DashboardScreen(template="safe_points.html", read=_list),
        DashboardScreen(path="/{name}", template="safe_point.html", read=_one),
    ],
    deeds=[
        Deed(path="/keep", act=_keep, said="The plan that keeps it is submitted."),
        Deed(path="/{name}/restore", act=_restore, said="The plan that puts it back is submitted."),
        Deed(path="/{name}/drop", act=_drop, said="The plan that drops it is submitted."),
    ],
)
