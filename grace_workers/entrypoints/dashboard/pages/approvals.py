"""Approvals: the plans that wait for a person, everything needed to decide on them, and the answer."""

import asyncio
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from grace_workers.entrypoints.dashboard.form import typed
from grace_workers.entrypoints.dashboard.inside import ApiRefusal
from grace_workers.entrypoints.dashboard.page import DashboardPage, DashboardScreen, Deed, Shown, Visit
from grace_workers.entrypoints.dashboard.stages import risk_of
from grace_workers.governance import Role

_HERE = "/dashboard/approvals"
_IN_FULL = 20
_OTHERS = 4
# A form has at most 40 fields; two are the reason and the token.
_MOST_PARAMS = 30


async def _cards(visit: Visit) -> Shown:
    waiting = await visit.api.get("/api/v1/approvals")
    shown = waiting[:_IN_FULL]
    stories, explained = await asyncio.gather(
        asyncio.gather(*(visit.api.get(f"/api/v1/incidents/{one['incident']}") for one in shown)),
        _explained(visit, sorted({one["playbook"] for one in shown})),
    )
    cards = [_card(visit, one, story, explained) for one, story in zip(shown, stories, strict=True)]
    return {"cards": cards, "more": len(waiting) - len(cards)}


async def _explained(visit: Visit, names: list[str]) -> Mapping[str, Any]:
    found = await asyncio.gather(*(_explanation(visit, name) for name in names))
    return dict(zip(names, found, strict=True))


async def _explanation(visit: Visit, name: str) -> Mapping[str, Any]:
    """Return the playbook in words by section; nothing when it is no longer active."""
    try:
        told = await visit.api.get(f"/api/v1/playbooks/{name}/explain")
    except ApiRefusal as refusal:
        if refusal.status != HTTPStatus.NOT_FOUND:
            raise
        return {}
    return {section["title"]: section["lines"] for section in told["sections"]}


def _card(visit: Visit, asked: dict[str, Any], story: dict[str, Any], explained: Mapping[str, Any]) -> Shown:
    mine = {one["by"] for one in story["proposers"]} | {asked["proposer"]}
    diagnosis = story["diagnosis"] or {"hypotheses": [], "evidence": []}
    return {
        "asked": asked,
        "story": story,
        "hypothesis": next(iter(diagnosis["hypotheses"]), None),
        "others": diagnosis["hypotheses"][1:_OTHERS],
        "evidence": diagnosis["evidence"],
        "risk": risk_of(story),
        "undo": [line for line in explained.get(asked["playbook"], {}).get("Steps", []) if "undone" in line],
        "decided": _decided(asked),
        "params": _params(story),
        "may": visit.may(Role(asked["role"])),
        "mine": visit.name in mine,
        "answered": visit.name in {one["by"] for one in asked["answers"]},
    }


def _decided(asked: dict[str, Any]) -> str | None:
    """Return the answer of a question that stays open only until its incident moves on."""
    given = [one["approved"] for one in asked["answers"] if not one["revoked"]]
    if not all(given):
        return "rejected"
    return "approved" if len(given) >= asked["quorum"] else None


async def _approve(visit: Visit) -> str:
    return await _answer(visit, approved=True)


async def _reject(visit: Visit) -> str:
    return await _answer(visit, approved=False)


async def _break_glass(visit: Visit) -> str:
    return await _answer(visit, approved=True, break_glass=True)


async def _answer(visit: Visit, *, approved: bool, break_glass: bool = False) -> str:
    reason = visit.form.get("reason", "").strip()
    body: dict[str, Any] = {"approved": approved, "reason": reason, "break_glass": break_glass}
    await visit.api.post(f"/api/v1/approvals/{visit.id_of('approval')}", body)
    return _HERE


async def _edit(visit: Visit) -> str:
    approval, reason = visit.id_of("approval"), visit.form.get("reason", "").strip()
    waiting = await visit.api.get("/api/v1/approvals")
    asked = next((one for one in waiting if one["id"] == approval), None)
    if asked is None:
        raise ApiRefusal(HTTPStatus.CONFLICT, "this question waits for no answer any more")
    story = await visit.api.get(f"/api/v1/incidents/{asked['incident']}")
    params: Any = {}
    for one in _params(story):
        given = visit.form.get(one["field"], one["shown"])
        if given != one["shown"]:
            params.setdefault(one["step"], {})[one["name"]] = typed(given, text=one["text"])
    await visit.api.post(f"/api/v1/approvals/{approval}/edit", {"params": params, "reason": reason})
    return _HERE


def _params(story: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return each param of the plan's steps with its form field, and its value as text: JSON unless it is text."""
    steps = story["plan"]["steps"] if story["plan"] else []
    return [
        {
            "step": step["id"],
            "name": name,
            "field": f"param.{step['id']}.{name}",
            "text": isinstance(value, str),
            "shown": value if isinstance(value, str) else json.dumps(value),
        }
        for step in steps
        for name, value in step["params"].items()
    ][:_MOST_PARAMS]


DEFINITION = DashboardPage(
    name="approvals",
    title="Approvals",
    place=3,
    screens=[
        DashboardScreen(template="approvals.html", read=_cards, topics=("approval.asked", "approval.answered")),
    ],
    deeds=[
        Deed(path="/{approval}/approve", act=_approve, said="Approved. The plan goes on once enough people agree."),
        Deed(path="/{approval}/break-glass", act=_break_glass, said="Approved alone. The escalation is told."),
        Deed(path="/{approval}/edit", act=_edit, said="Changed. The plan is judged anew."),
        Deed(path="/{approval}/reject", act=_reject, said="Rejected. The plan will not run."),
    ],
)
