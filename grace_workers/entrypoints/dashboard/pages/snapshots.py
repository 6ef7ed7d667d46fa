"""Snapshots: what the fleet was like, whether that is intact, and putting a part back. Reached from Cycles."""

import asyncio
from urllib.parse import quote

from grace_workers.entrypoints.dashboard.page import DashboardPage, DashboardScreen, Deed, Shown, Visit
from grace_workers.governance import Role

_HERE = "/dashboard/snapshots"
_MOST = 100


async def _list(visit: Visit) -> Shown:
    return {"snapshots": await visit.api.get("/api/v1/snapshots", limit=_MOST), "most": _MOST}


async def _one(visit: Visit) -> Shown:
    address = f"/api/v1/snapshots/{quote(visit.path['id'], safe='')}"
    found, check = await asyncio.gather(visit.api.get(address), visit.api.get(f"{address}/check"))
    return {"one": found, "check": check}


async def _restore(visit: Visit) -> str:
    wanted = visit.path["id"]
    order = {"part": visit.form.get("part", ""), "reason": visit.form.get("reason", "").strip()}
    await visit.api.post(f"/api/v1/snapshots/{quote(wanted, safe='')}/restore", order)
    return f"{_HERE}/{quote(wanted, safe='')}"


DEFINITION = DashboardPage(
    name="snapshots",
    title="Snapshots",
    place=None,
    under="cycles",
    screens=[
        DashboardScreen(template="snapshots.html", read=_list),
        DashboardScreen(path="/{id}", template="snapshot.html", read=_one),
    ],
    deeds=[Deed(path="/{id}/restore", act=_restore, said="The part is as it was.", role=Role.ADMIN)],
)
