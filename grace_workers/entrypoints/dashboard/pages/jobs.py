"""Jobs: the ledger with filters in its address, dead letters, one job and a look at it, replay and cancel."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from grace_workers.entrypoints.dashboard.inside import ApiRefusal
from grace_workers.entrypoints.dashboard.page import DashboardPage, DashboardScreen, Deed, PageStream, Shown, Visit
from grace_workers.governance import Role
from grace_workers.orchestration.job import JobState, Pool
from grace_workers.orchestration.work.catalog import declared_jobs

_ROWS = 50
_SET_ASIDE = 10
_DIGITS = 6
_TIME = slice(11, 23)
_MEBIBYTE = 1024 * 1024
_VERBS = {"dead": "replay", "failed": "replay", "cancelled": "replay", "queued": "cancel", "running": "cancel"}


async def _list(visit: Visit) -> Shown:
    asked = {name: visit.query.get(name, "").strip() for name in ("state", "pool", "name", "before")}
    rows = await visit.api.get("/api/v1/jobs", limit=_ROWS, **{key: value or None for key, value in asked.items()})
    kept = {name: value for name, value in asked.items() if value and name != "before"}
    return {
        "rows": rows,
        "asked": asked,
        "names": [one.address for one in declared_jobs()],
        "states": [one.value for one in JobState],
        "pools": [one.value for one in Pool],
        "first": _address(kept) if asked["before"] else None,
        "next": _address({**kept, "before": rows[-1]["id"]}) if len(rows) == _ROWS else None,
        "aside": await _set_aside(visit),
        "all": await _all_of(visit, asked),
    }


async def _all_of(visit: Visit, asked: Mapping[str, str]) -> Mapping[str, Any] | None:
    """Return what may be done to all that match, and how many they are; None where that is nothing."""
    verb = _VERBS.get(asked["state"])
    if verb is None or not visit.may(Role.OPERATOR):
        return None
    wanted = {name: asked[name] or None for name in ("state", "pool", "name")}
    return {"verb": verb, **await visit.api.get("/api/v1/jobs/matching", **wanted)}


async def _set_aside(visit: Visit) -> Mapping[str, Any] | None:
    """Return the messages that no job could be claimed with, for those who may see them."""
    if not visit.may(Role.OPERATOR):
        return None
    found: Mapping[str, Any] = await visit.api.get("/api/v1/jobs/unreadable", limit=_SET_ASIDE)
    return found


def _address(params: Mapping[str, str]) -> str:
    return f"/dashboard/jobs?{urlencode(params)}" if params else "/dashboard/jobs"


async def _one(visit: Visit) -> Shown:
    job = await visit.api.get(f"/api/v1/jobs/{visit.id_of('job')}")
    return {
        "job": job,
        "log": await _log(visit),
        "open": job["state"] in {"queued", "running"},
        "again": job["state"] in {"dead", "failed", "cancelled"},
    }


async def _log(visit: Visit) -> Mapping[str, Any] | None:
    """Return what the job logs, for those who may see it; None while its lines cannot be read."""
    if not visit.may(Role.OPERATOR):
        return None
    try:
        found = await visit.api.get(f"/api/v1/jobs/{visit.id_of('job')}/log")
    except ApiRefusal as refusal:
        if refusal.status != HTTPStatus.SERVICE_UNAVAILABLE:
            raise
        return None
    return {**found, "lines": [(one, logged(one)) for one in found["lines"]]}


def logged(line: Mapping[str, Any]) -> str:
    """Return a log line as it is shown: its time, how severe it is, what happened, and its details."""
    at = (line["at"] or "")[_TIME]
    told = " ".join(f"{name}={value}" for name, value in line["details"].items())
    return " ".join(one for one in (at, line["level"], line["event"], told) if one)


async def _lines(visit: Visit, after: str | None) -> AsyncIterator[str]:
    """Send the log of a job on, each line as it is shown."""
    path = f"/api/v1/jobs/{visit.id_of('job')}/log/stream"
    async with aclosing(visit.api.lines(path, after=after)) as lines:
        async for line in lines:
            name, _, value = line.partition(": ")
            told = json.loads(value) if name == "data" else {}
            yield f"data: {json.dumps({'text': logged(told), 'level': told['level']})}" if "event" in told else line


async def _stack(visit: Visit) -> Shown:
    """Take a look; with the attempt of an earlier look, only say whether that one still runs."""
    address, seen = f"/api/v1/jobs/{visit.id_of('job')}", visit.query.get("attempt")
    job = await visit.api.get(address)
    if seen is not None:
        runs = job["state"] == JobState.RUNNING and str(job["attempt"]) == seen
        return {"job": job, "attempt": seen, "runs": runs, "look": None}
    look = await visit.api.get(f"{address}/stack")
    calls = "\n".join(f"{one['function']}  {one['file']}:{one['line']}" for one in look["frames"])
    told = {"calls": calls, "mebibytes": round(look["memory"] / _MEBIBYTE), "log": await _log(visit)}
    return {"job": job, "attempt": look["attempt"], "runs": True, "look": look, **told}


async def _replay_all(visit: Visit) -> str:
    return await _order_all(visit, "replay")


async def _cancel_all(visit: Visit) -> str:
    return await _order_all(visit, "cancel")


async def _order_all(visit: Visit, verb: str) -> str:
    form = visit.form
    given = {name: form[name] for name in ("state", "pool", "name", "at") if form.get(name)}
    count = form.get("count", "")
    wanted = int(count) if count.isascii() and count.isdecimal() and len(count) <= _DIGITS else 0
    await visit.api.post(f"/api/v1/jobs/matching/{verb}", {**given, "count": wanted})
    return _address({name: given[name] for name in ("state", "pool", "name") if name in given})


async def _replay(visit: Visit) -> str:
    return await _order(visit, "replay")


async def _cancel(visit: Visit) -> str:
    return await _order(visit, "cancel")


async def _order(visit: Visit, verb: str) -> str:
    await visit.api.post(f"/api/v1/jobs/{visit.id_of('job')}/{verb}")
    return f"/dashboard/jobs/{visit.id_of('job')}"


DEFINITION = DashboardPage(
    name="jobs",
    title="Jobs",
    place=5,
    screens=[
        DashboardScreen(template="jobs.html", read=_list, topics=("job.ended",)),
        DashboardScreen(path="/{job}", template="job.html", read=_one, topics=("job.ended", "incident.moved")),
        DashboardScreen(path="/{job}/stack", template="job_stack.html", read=_stack, topics=("job.ended",)),
    ],
    streams=[PageStream(path="/{job}/log", lines=_lines)],
    deeds=[
        Deed(path="/all/replay", act=_replay_all, said="Replayed. What is still listed could not be, or came later."),
        Deed(path="/all/cancel", act=_cancel_all, said="Cancelled. What is still listed had ended, or came later."),
        Deed(path="/{job}/replay", act=_replay, said="The job is queued again, with fresh attempts."),
        Deed(path="/{job}/cancel", act=_cancel, said="The job is cancelled."),
    ],
)
