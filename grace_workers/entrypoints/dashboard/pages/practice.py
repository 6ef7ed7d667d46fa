"""Practice: what playbooks healed lately on each kind of target, and what has not been tried for long."""

from grace_workers.entrypoints.dashboard.page import DashboardPage, DashboardScreen, Shown, Visit
from grace_workers.entrypoints.dashboard.practice import practice_of


async def _practice(visit: Visit) -> Shown:
    return {"drawn": practice_of(await visit.api.get("/api/v1/learning/practice"), visit.now)}


DEFINITION = DashboardPage(
    name="practice",
    title="Practice",
    place=None,
    under="playbooks",
    screens=[DashboardScreen(template="practice.html", read=_practice, topics=("learning.updated",))],
)
