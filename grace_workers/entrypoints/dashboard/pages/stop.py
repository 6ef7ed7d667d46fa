"""The global switches: stop everything, hold new plans, and resume. Each asks for a confirmation and a reason."""

from grace_workers.entrypoints.dashboard.page import DashboardPage, DashboardScreen, Deed, Shown, Visit
from grace_workers.governance import Role

_HERE = "/dashboard/stop"


async def _switches(_visit: Visit) -> Shown:
    # Every page has read them already.
    return {}


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
    screens=[DashboardScreen(template="stop.html", read=_switches)],
    deeds=[
        Deed(path="/{name}/on", act=_turn_on, said="The switch is on."),
        Deed(path="/{name}/off", act=_turn_off, said="The switch is off.", role=Role.ADMIN),
    ],
)
