"""Incidents: a list whose filters are in its address, one incident in full, and what a person may do with it."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from grace_workers.entrypoints.dashboard.form import typed
from grace_workers.entrypoints.dashboard.inside import ApiRefusal
from grace_workers.entrypoints.dashboard.machine import machine
from grace_workers.entrypoints.dashboard.page import DashboardPage, DashboardScreen, Deed, Shown, Visit
from grace_workers.entrypoints.dashboard.stages import readings, risk_of, stages
from grace_workers.signals import IncidentState, Severity

_ROWS = 50
_ENTRIES = 100
_COMPLETED = 500
_TEXTS = frozenset({"string", "duration"})
_STATES: Mapping[str, tuple[str, ...]] = {
    "stuck": ("escalated", "refused"),
    "moving": tuple(one for one in IncidentState if one not in {"escalated", "refused", "closed", "awaiting_approval"}),
    "waiting": ("awaiting_approval",),
    "closed": ("closed",),
}
_CHOICES = {
    "stuck": "need a person",
    "moving": "being healed",
    "waiting": "wait for approval",
    "closed": "closed",
}


async def _list(visit: Visit) -> Shown:
    asked = {name: visit.query.get(name, "").strip() for name in ("state", "severity", "target", "before")}
    wanted = _STATES.get(asked["state"], (asked["state"],) if asked["state"] else None)
    rows, targets = await asyncio.gather(
        visit.api.get(
            "/api/v1/incidents",
            state=wanted,
            severity=asked["severity"] or None,
            target=asked["target"] or None,
            before=asked["before"] or None,
            limit=_ROWS,
        ),
        visit.api.get("/api/v1/targets"),
    )
    kept = {name: value for name, value in asked.items() if value and name != "before"}
    return {
        "rows": rows,
        "asked": asked,
        "targets": [one["name"] for one in targets[:_COMPLETED]],
        "choices": _CHOICES,
        "severities": [one.value for one in Severity],
        "first": _address(kept) if asked["before"] else None,
        "next": _address({**kept, "before": rows[-1]["id"]}) if len(rows) == _ROWS else None,
    }


def _address(params: Mapping[str, str]) -> str:
    return f"/dashboard/incidents?{urlencode(params)}" if params else "/dashboard/incidents"


async def _one(visit: Visit) -> Shown:
    wanted = visit.id_of("incident")
    story, entries = await asyncio.gather(
        visit.api.get(f"/api/v1/incidents/{wanted}"),
        visit.api.get("/api/v1/audit/entries", incident=wanted, limit=_ENTRIES),
    )
    return {
        "kept": await _is_kept(visit, story["plan"]),
        "story": story,
        "stages": stages(story),
        "machine": machine(story),
        "readings": readings(story) if story["baseline"] or story["afterwards"] else [],
        "risk": risk_of(story),
        "entries": entries,
        "restored": any(step["state"] == "restored" for step in story["steps"]),
        "undoable": _stands(story),
        "resumable": story["state"] == "escalated" and any(step["state"] == "done" for step in story["steps"]),
        "takeable": story["state"] in (*_STATES["stuck"], *_STATES["waiting"]),
    }


async def _is_kept(visit: Visit, plan: Mapping[str, Any] | None) -> bool:
    """Return whether the playbook is kept as the plan used it; a plan that no file made has none."""
    if plan is None:
        return False
    versions = await visit.api.get(f"/api/v1/playbooks/{plan['playbook']}/versions")
    return any(one["digest"] == plan["playbook_digest"] for one in versions)


def _stands(story: Mapping[str, Any]) -> bool:
    """Return whether a person may continue the incident, which needs that the line has given it up."""
    return story["state"] in _STATES["stuck"]


async def _retry(visit: Visit) -> str:
    return await _order(visit, "retry")


async def _resume(visit: Visit) -> str:
    return await _order(visit, "resume")


async def _close(visit: Visit) -> str:
    return await _order(visit, "close")


async def _take(visit: Visit) -> str:
    return await _order(visit, "take")


async def _order(visit: Visit, verb: str) -> str:
    wanted = visit.id_of("incident")
    await visit.api.post(f"/api/v1/incidents/{wanted}/{verb}", {"reason": visit.form.get("reason", "").strip()})
    return f"/dashboard/incidents/{wanted}"


async def _answer(visit: Visit) -> str:
    wanted = visit.id_of("incident")
    story = await visit.api.get(f"/api/v1/incidents/{wanted}")
    fields = _asked(story)
    if fields is None:
        raise ApiRefusal(HTTPStatus.CONFLICT, "no step asks anything now; load the page again")
    given = {name: visit.form.get(f"field.{name}", "").strip() for name in fields}
    answer = {name: typed(text, text=fields[name]["type"] in _TEXTS) for name, text in given.items() if text}
    await visit.api.post(f"/api/v1/incidents/{wanted}/answer", {"answer": answer})
    return f"/dashboard/incidents/{wanted}"


def _asked(story: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the fields of the question that the run waits for; None if it waits for none."""
    question, plan = story["question"], story["plan"]
    if question is None or plan is None:
        return None
    step = next((one for one in plan["steps"] if one["id"] == question["step"]), None)
    fields: Mapping[str, Any] | None = step["ask"]["answer"] if step is not None and step["ask"] is not None else None
    return fields


DEFINITION = DashboardPage(
    name="incidents",
    title="Incidents",
    place=2,
    screens=[
        DashboardScreen(template="incidents.html", read=_list, topics=("incident.moved",)),
        DashboardScreen(path="/{incident}", template="incident.html", read=_one, topics=("incident.moved",)),
    ],
    deeds=[
        Deed(path="/{incident}/retry", act=_retry, said="The incident goes through the line again."),
        Deed(path="/{incident}/resume", act=_resume, said="The run goes on from the step that failed."),
        Deed(path="/{incident}/answer", act=_answer, said="Answered. The run goes on."),
        Deed(path="/{incident}/take", act=_take, said="You look after the incident. No one else is woken."),
        Deed(path="/{incident}/close", act=_close, said="The incident is closed."),
    ],
)
