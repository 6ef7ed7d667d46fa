"""What holds the fleet back: the global switches, the brakes and the freezes. Each change asks for a reason."""

import asyncio

from grace_workers.entrypoints.dashboard.page import DashboardPage, DashboardScreen, Deed, Shown, Visit
from grace_workers.governance import Role

_HERE = "/dashboard/stop"


async def _holds(visit: Visit) -> Shown:
    switches, storm = await asyncio.gather(visit.api.get("/api/v1/switches"), visit.api.get("/api/v1/storm"))
    return {"switches": switches, "storm": storm}


async def _lift(visit: Visit) -> str:
    reason = {"reason": visit.form.get("reason", "").strip()}
    await visit.api.post(f"/api/v1/storm/{visit.path['scope']}/lift", reason)
    return _HERE


async def _turn_on(visit: Visit) -> str:
    await visit.api.post(
        f"/api/v1/switches/{visit.path['name']}", {"on": True, "reason": visit.form.get("reason", "").strip()}
    )
    return _HERE


async def _turn_off(visit: Visit) -> str:
    await visit.api.post(
        f"/api/v1/switches/{visit.path['name']}", {"on": False, "reason": visit.form.get("reason", "").strip()}
    )
    return _HERE


DEFINITION = DashboardPage(
    name="stop",
    title="Stop",
    place=None,
    screens=[DashboardScreen(template="stop.html", read=_holds)],
    deeds=[
        Deed(path="/brakes/{scope}/lift", act=_lift, said="The brake is lifted.", role=Role.APPROVER),
        Deed(path="/{name}/on", act=_turn_on, said="The switch is on."),
        Deed(path="/{name}/off", act=_turn_off, said="The switch is off.", role=Role.ADMIN),
    ],
)
