"""Settings: the declared targets, and for admins the tokens."""

from grace_workers.entrypoints.dashboard.page import DashboardPage, DashboardScreen, Deed, Shown, ShownOnce, Visit
from grace_workers.governance import Role

_HERE = "/dashboard/settings"
_SECONDS_A_DAY = 86_400


async def _settings(visit: Visit) -> Shown:
    tokens = await visit.api.get("/api/v1/tokens") if visit.may(Role.ADMIN) else []
    return {
        "targets": await visit.api.get("/api/v1/targets"),
        "tokens": sorted(tokens, key=lambda one: (one["revoked_at"] is not None, one["name"])),
        "choices": [role.value for role in Role],
    }


async def _create(visit: Visit) -> ShownOnce:
    """Make a token. Its secret is in this answer only, so there is no address to come back to."""
    days = visit.form.get("days", "").strip()
    body = {"name": visit.form.get("name", "").strip(), "role": visit.form.get("role", "")}
    span = {"expires_in": f"P{days}D"} if days else {}
    made = await visit.api.post("/api/v1/tokens", {**body, **span})
    return ShownOnce(template="token.html", shown={"token": made})


async def _revoke(visit: Visit) -> str:
    await visit.api.delete(f"/api/v1/tokens/{visit.path['name']}")
    return _HERE


DEFINITION = DashboardPage(
    name="settings",
    title="Settings",
    place=8,
    screens=[DashboardScreen(template="settings.html", read=_settings)],
    deeds=[
        Deed(path="/tokens", act=_create, said="The token was made.", role=Role.ADMIN),
        Deed(path="/tokens/{name}/revoke", act=_revoke, said="The token is revoked.", role=Role.ADMIN),
    ],
)
