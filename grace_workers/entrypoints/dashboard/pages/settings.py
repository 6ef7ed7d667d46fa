"""Settings: the declared targets, the maintenance windows, and for admins the tokens."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from grace_workers.entrypoints.dashboard.page import DashboardPage, DashboardScreen, Deed, Shown, ShownOnce, Visit
from grace_workers.governance import Role, WindowEffect

_HERE = "/dashboard/settings"
_EFFECTS = {WindowEffect.MUTE: "mute: signals open no incident", WindowEffect.FREEZE: "freeze: no run begins"}
_RULES = {"": "once", "FREQ=DAILY": "every day", "FREQ=WEEKLY": "every week"}


async def _settings(visit: Visit) -> Shown:
    targets, windows = await asyncio.gather(visit.api.get("/api/v1/targets"), visit.api.get("/api/v1/windows"))
    tokens = await visit.api.get("/api/v1/tokens") if visit.may(Role.ADMIN) else []
    return {
        "targets": targets,
        "windows": windows,
        "effects": {effect.value: told for effect, told in _EFFECTS.items()},
        "rules": _RULES,
        "tokens": sorted(
            (one for one in tokens if not _is_over(one, visit)),
            key=lambda one: (one["revoked_at"] is not None, one["name"]),
        ),
        "choices": [role.value for role in Role],
    }


def _is_over(token: Mapping[str, Any], visit: Visit) -> bool:
    """Return whether a session of someone has ended; there are several a day for each person."""
    until = token["expires_at"]
    return token["name"].startswith("session-") and until is not None and datetime.fromisoformat(until) <= visit.now


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


async def _preview(visit: Visit) -> ShownOnce:
    """Show what a window would hide. The same form, sent again, makes it."""
    found = await visit.api.post("/api/v1/windows/preview", _window(visit.form))
    kept = {name: value for name, value in visit.form.items() if name != "csrf"}
    return ShownOnce(template="window.html", shown={"preview": found, "kept": kept})


async def _make(visit: Visit) -> str:
    await visit.api.post("/api/v1/windows", _window(visit.form))
    return f"{_HERE}#windows"


def _window(form: Mapping[str, str]) -> dict[str, Any]:
    """Return the order that a form asks for; times are in UTC."""
    order: dict[str, Any] = {name: form.get(name, "").strip() for name in ("name", "effect", "lasts", "reason", "rule")}
    order |= {name: _names(form.get(name, "")) for name in ("targets", "alerts")}
    starts = form.get("starts_at", "").strip()
    return {**order, "starts_at": f"{starts}Z"} if starts else order


def _names(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


async def _end(visit: Visit) -> str:
    reason = {"reason": visit.form.get("reason", "").strip()}
    await visit.api.post(f"/api/v1/windows/{visit.id_of('window')}/end", reason)
    return f"{_HERE}#windows"


DEFINITION = DashboardPage(
    name="settings",
    title="Settings",
    place=13,
    screens=[DashboardScreen(template="settings.html", read=_settings)],
    deeds=[
        Deed(path="/windows/preview", act=_preview, said="This is what the window would hide."),
        Deed(path="/windows", act=_make, said="The window is made."),
        Deed(path="/windows/{window}/end", act=_end, said="The window is ended."),
        Deed(path="/tokens", act=_create, said="The token was made.", role=Role.ADMIN),
        Deed(path="/tokens/{name}/revoke", act=_revoke, said="The token is revoked.", role=Role.ADMIN),
    ],
)
