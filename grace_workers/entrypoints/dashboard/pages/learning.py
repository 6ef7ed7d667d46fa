"""Learning: success and autonomy by day, times to heal, calibration, what stayed fixed, models, unknown problems."""

import asyncio
from urllib.parse import quote

from grace_workers.entrypoints.dashboard import charts
from grace_workers.entrypoints.dashboard.page import DashboardPage, DashboardScreen, Deed, Shown, Visit
from grace_workers.entrypoints.dashboard.period import PERIODS, days_of
from grace_workers.entrypoints.dashboard.reliability import curve
from grace_workers.governance import Role

_HERE = "/dashboard/learning"
_ENGINES = ("knowledge", "precedent", "rules", "model")
_PRECEDENTS = 20
_PARTS = (("alone", "good"), ("helped", "busy"), ("open", "bad"))


async def _learning(visit: Visit) -> Shown:
    api, days = visit.api, days_of(visit)
    engine = visit.query.get("engine", "")
    wanted = engine if engine in _ENGINES else None
    summary, outcomes, runs, calibration, clusters, causes, precedents = await asyncio.gather(
        api.get("/api/v1/learning/summary", days=days),
        api.get("/api/v1/learning/outcomes", days=days),
        api.get("/api/v1/learning/runs", days=days),
        api.get("/api/v1/learning/calibration", engine=wanted),
        api.get("/api/v1/learning/clusters"),
        api.get("/api/v1/learning/causes"),
        api.get("/api/v1/learning/precedents", limit=_PRECEDENTS),
    )
    totals = charts.totals(outcomes, ("incidents", "healed", "alone", "planned", "ruled", "promptly"))
    return {
        "days": days,
        "periods": PERIODS,
        "engine": wanted,
        "engines": _ENGINES,
        "summary": summary,
        "totals": totals,
        "runs": runs,
        "calibration": calibration,
        "points": curve(calibration["bins"]),
        "clusters": clusters,
        "causes": causes,
        "precedents": precedents,
        "drawn": charts.days([_parts(one) for one in outcomes], _PARTS, visit.now, days),
    }


def _parts(day: dict[str, int]) -> dict[str, object]:
    """Return how a day's incidents came out: healed alone, healed with people, or not healed."""
    helped = day["healed"] - day["alone"]
    return {"at": day["at"], "alone": day["alone"], "helped": helped, "open": day["incidents"] - day["healed"]}


async def _forget(visit: Visit) -> str:
    reason = {"reason": visit.form.get("reason", "").strip()}
    await visit.api.post(f"/api/v1/learning/precedents/{visit.id_of('plan')}/forget", reason)
    return _HERE


async def _restore(visit: Visit) -> str:
    await visit.api.post(f"/api/v1/learning/models/{visit.path['version']}/restore")
    return _HERE


async def _accept(visit: Visit) -> str:
    order = {name: visit.form.get(name, "").strip() for name in ("name", "reason")}
    # Browsers send the line ends of a text area as CRLF.
    file = visit.form.get("file", "").replace("\r\n", "\n").strip() + "\n"
    await visit.api.post("/api/v1/learning/causes", {**order, "file": file})
    return _HERE


async def _withdraw(visit: Visit) -> str:
    reason = {"reason": visit.form.get("reason", "").strip()}
    await visit.api.post(f"/api/v1/learning/causes/{quote(visit.path['name'], safe='')}/withdraw", reason)
    return _HERE


DEFINITION = DashboardPage(
    name="learning",
    title="Learning",
    place=7,
    screens=[DashboardScreen(template="learning.html", read=_learning, topics=("learning.updated",))],
    deeds=[
        Deed(path="/precedents/{plan}/forget", act=_forget, said="What the run taught is forgotten.", role=Role.ADMIN),
        Deed(path="/causes", act=_accept, said="A plan accepts the cause once someone approves it."),
        Deed(path="/causes/{name}/withdraw", act=_withdraw, said="A plan withdraws it once someone approves it."),
        Deed(path="/models/{version:int}/restore", act=_restore, said="The model is in use again.", role=Role.ADMIN),
    ],
)
