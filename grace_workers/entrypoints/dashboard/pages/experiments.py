"""Experiments: the fleet's levers, the experiment that runs, and what earlier ones showed."""

import asyncio

from grace_workers.entrypoints.dashboard import experiment
from grace_workers.entrypoints.dashboard.page import DashboardPage, DashboardScreen, Shown, Visit

_TOPICS = ("finding.changed", "job.ended")
_PAST = 20


async def _read(visit: Visit) -> Shown:
    levers, found, cycle = await asyncio.gather(
        visit.api.get("/api/v1/levers"),
        visit.api.get("/api/v1/experiments", past=_PAST),
        visit.api.get("/api/v1/cycles/optimiser"),
    )
    running = found["running"]
    last = cycle["runs"][0]["result"] if cycle["runs"] else None
    return {
        "levers": levers,
        "running": None if running is None else experiment.drawn(running),
        "past": [experiment.drawn(one) for one in found["past"]],
        "doing": last["doing"] if isinstance(last, dict) and "doing" in last else None,
        "cycle": cycle["cycle"],
        "words": experiment.words,
        "block_words": experiment.block_words,
    }


DEFINITION = DashboardPage(
    name="experiments",
    title="Experiments",
    place=None,
    under="cycles",
    screens=[DashboardScreen(template="experiments.html", read=_read, topics=_TOPICS)],
)
