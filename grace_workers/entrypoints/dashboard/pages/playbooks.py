"""Playbooks with their record, one in words, a dry run, and what is known about causes."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from difflib import unified_diff
from http import HTTPStatus
from typing import Any

from grace_workers.entrypoints.dashboard import charts
from grace_workers.entrypoints.dashboard.inside import ApiRefusal
from grace_workers.entrypoints.dashboard.page import DashboardPage, DashboardScreen, Deed, Shown, Visit
from grace_workers.entrypoints.dashboard.reliability import curve
from grace_workers.governance import Role

_COUNTED = ("verified", "ineffective", "failed", "inconclusive")
_ENTRIES = 200
_DAYS = 90
_PERIODS = {"24h": "the last day", "7d": "the last week", "30d": "the last 30 days"}
_PARTS = (("verified", "good"), ("inconclusive", "warn"), ("missed", "bad"))


async def _list(visit: Visit) -> Shown:
    found, knowledge = await asyncio.gather(
        visit.api.get("/api/v1/playbooks"), visit.api.get("/elite/healing/knowledge")
    )
    records = _records(knowledge["track_records"])
    learned = [one for one in knowledge["entries"] if one["origin"] != "shipped"]
    return {
        "playbooks": [(one, records.get(one["name"], _record([]))) for one in found["playbooks"]],
        "faults": found["faults"],
        "learned": sorted(learned, key=lambda one: -one["confidence"])[:_ENTRIES],
        "causes": [one for one in knowledge["entries"] if one["origin"] == "shipped"],
        "whole": "causes" in visit.query,
    }


def _records(tracks: list[dict[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
    names = {one["playbook"] for one in tracks}
    return {name: _record(one for one in tracks if one["playbook"] == name) for name in names}


def _record(tracks: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the runs of one playbook on all problems."""
    own = list(tracks)
    counts = {name: sum(one[name] for one in own) for name in _COUNTED}
    runs = sum(counts.values())
    last = max((one["last_at"] for one in own if one["last_at"]), default=None)
    return {**counts, "runs": runs, "share": counts["verified"] / runs if runs else None, "last_at": last}


async def _one(visit: Visit) -> Shown:
    name = visit.path["name"]
    told, knowledge, whole, levels, versions, course = await asyncio.gather(
        visit.api.get(f"/api/v1/playbooks/{name}/explain"),
        visit.api.get("/elite/healing/knowledge"),
        visit.api.get(f"/api/v1/playbooks/{name}"),
        visit.api.get("/api/v1/autonomy"),
        visit.api.get(f"/api/v1/playbooks/{name}/versions"),
        visit.api.get(f"/api/v1/playbooks/{name}/course", days=_DAYS),
    )
    tracks = [one for one in knowledge["track_records"] if one["playbook"] == name]
    own = [one for one in levels if one["playbook"] == name]
    record = _record(tracks)
    return {
        "told": told,
        "tracks": tracks,
        "record": record,
        "whole": whole,
        "counted": _COUNTED,
        "levels": own,
        "versions": versions,
        "course": course,
        "drawn": charts.days(course["days"], _PARTS, visit.now, _DAYS),
        "points": curve(course["reliability"]["bins"]),
    }


async def _version(visit: Visit) -> Shown:
    """Return a playbook as a run used it, and what its file says differently now."""
    name, digest = visit.path["name"], visit.path["digest"]
    then, versions, now = await asyncio.gather(
        visit.api.get(f"/api/v1/playbooks/{name}/versions/{digest}"),
        visit.api.get(f"/api/v1/playbooks/{name}/versions"),
        _present(visit, name),
    )
    return {
        "then": then,
        "versions": versions,
        "gone": now is None,
        "same": now is not None and now["digest"] == then["digest"],
        "diff": "" if now is None else _difference(then["content"], now),
    }


async def _present(visit: Visit, name: str) -> Mapping[str, Any] | None:
    """Return the playbook as its file defines it now; None when there is no such file any more."""
    try:
        found: Mapping[str, Any] = await visit.api.get(f"/api/v1/playbooks/{name}")
    except ApiRefusal as refusal:
        if refusal.status != HTTPStatus.NOT_FOUND:
            raise
        return None
    return found


def _difference(then: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Return a unified diff of two versions, field by field in one order."""
    before, after = (_lines({name: value for name, value in one.items() if name != "digest"}) for one in (then, now))
    return "\n".join(unified_diff(before, after, "as the run used it", "now", lineterm=""))


def _lines(content: Mapping[str, Any]) -> list[str]:
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False).split("\n")


async def _raise(visit: Visit) -> str:
    return await _move(visit, "raise")


async def _lower(visit: Visit) -> str:
    return await _move(visit, "lower")


async def _move(visit: Visit, verb: str) -> str:
    name, domain = visit.path["name"], visit.path["domain"]
    reason = visit.form.get("reason", "").strip()
    await visit.api.post(f"/api/v1/autonomy/{name}/{domain}/{verb}", {"reason": reason})
    return f"/dashboard/playbooks/{name}"


async def _dry_run(visit: Visit) -> Shown:
    name, target = visit.path["name"], visit.query.get("target", "").strip()
    ran = await visit.api.post(f"/api/v1/playbooks/{name}/dry-run", {"target": target}) if target else None
    return {"name": name, "target": target, "ran": ran}


async def _replay(visit: Visit) -> Shown:
    """Return what the playbook would do now in the incidents of a period, beside what happened."""
    name, since = visit.path["name"], visit.query.get("since", "")
    since = since if since in _PERIODS else "30d"
    found = await visit.api.get(f"/api/v1/playbooks/{name}/replay", since=since)
    differing = sum(bool(one["differs"]) for one in found["incidents"])
    return {"found": found, "since": since, "periods": _PERIODS, "differing": differing}


DEFINITION = DashboardPage(
    name="playbooks",
    title="Playbooks",
    place=6,
    screens=[
        DashboardScreen(template="playbooks.html", read=_list, topics=("learning.updated",)),
        DashboardScreen(
            path="/{name}", template="playbook.html", read=_one, topics=("learning.updated", "autonomy.changed")
        ),
        DashboardScreen(path="/{name}/versions/{digest}", template="playbook_version.html", read=_version),
        # Not refreshed: each look reads the target.
        DashboardScreen(path="/{name}/dry-run", template="dry_run.html", read=_dry_run),
        DashboardScreen(path="/{name}/replay", template="playbook_replay.html", read=_replay),
    ],
    deeds=[
        Deed(path="/{name}/{domain}/raise", act=_raise, said="The level is raised.", role=Role.APPROVER),
        Deed(path="/{name}/{domain}/lower", act=_lower, said="The level is lowered."),
    ],
)
