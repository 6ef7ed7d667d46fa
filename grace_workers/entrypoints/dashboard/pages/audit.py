"""The audit log: where it stands, its entries, and the proof of one, checked in the browser itself."""

import asyncio
from http import HTTPStatus

from grace_workers.entrypoints.dashboard.inside import ApiRefusal
from grace_workers.entrypoints.dashboard.page import DashboardPage, DashboardScreen, Shown, Visit

_ROWS = 50
_PROVED = 25
_DIGITS = 18


async def _log(visit: Visit) -> Shown:
    before = visit.query.get("before", "").strip()
    head, entries = await asyncio.gather(
        visit.api.get("/api/v1/audit/head"),
        visit.api.get("/api/v1/audit/entries", limit=_ROWS, before=before or None),
    )
    sealed = [one["seq"] for one in entries if one["seq"] is not None]
    return {
        "head": head,
        "entries": entries,
        "provable": [number for number in sealed if head["checkpoint"] and number < head["checkpoint"]["size"]][
            :_PROVED
        ],
        "first": "/dashboard/audit" if before else None,
        "next": f"/dashboard/audit?before={min(sealed)}" if len(entries) == _ROWS and sealed and min(sealed) else None,
    }


async def _entry(visit: Visit) -> Shown:
    wanted = visit.path["seq"]
    if not (wanted.isascii() and wanted.isdecimal() and len(wanted) <= _DIGITS):
        raise ApiRefusal(HTTPStatus.NOT_FOUND, f"entry {wanted[:40]!r} is no number of an entry")
    found, proof = await asyncio.gather(
        visit.api.get("/api/v1/audit/entries", limit=1, before=int(wanted) + 1),
        visit.api.text(f"/api/v1/audit/entries/{wanted}/proof"),
    )
    return {"entry": found[0], "proof": proof}


DEFINITION = DashboardPage(
    name="audit",
    title="Audit",
    place=12,
    screens=[
        DashboardScreen(template="audit.html", read=_log, topics=("*",)),
        DashboardScreen(path="/{seq}", template="entry.html", read=_entry),
    ],
)
