"""Every hour: looks for weak spots in the fleet's own record, each with its figures and a proposal (L3).

A proposal that is data, of a kind in `proposals`, is replayed on what was stored and submitted as a plan.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import zip_longest

from grace_workers.cycles import weak_spots
from grace_workers.cycles.cycle import Cycle, Found, Readers
from grace_workers.cycles.finding import Finding
from grace_workers.cycles.improvements.improvement import ImprovementMemory
from grace_workers.cycles.improvements.kind import declared_proposals
from grace_workers.cycles.improvements.look import ImprovementLook
from grace_workers.cycles.improvements.step import improved
from grace_workers.cycles.weak_spot import PastMonth, WeakSpot
from grace_workers.foundation.catalog import Catalog, discover
from grace_workers.foundation.document import JsonValue


@cache
def declared_weak_spots() -> Catalog[WeakSpot]:
    """Return all kinds of weak spots. Raises CatalogError for a faulty definition."""
    return discover(weak_spots, WeakSpot, label="weak_spot")


def read(readers: Readers) -> ImprovementLook:
    """Read the last 30 days, what is in force, and what each kind of proposal finds and replays."""
    month = readers.past_month()
    return ImprovementLook(
        month=month,
        standing=readers.standing(),
        wanted=[one for kind in declared_proposals() for one in kind.find(readers, month)],
    )


def judge(look: ImprovementLook, before: JsonValue, now: datetime) -> Found:
    """Return every weak spot as a finding; one that no longer shows is over, which is how an improvement is seen.

    What a replay recommends is submitted as a plan. What is in force is measured, and taken back if it did not help.
    """
    following = improved(look, ImprovementMemory.of(before), now)
    month = look.month
    found = {spot.name: _by_weight(spot, month) for spot in declared_weak_spots()}
    counts: dict[str, JsonValue] = {name: len(findings) for name, findings in found.items() if findings}
    # In turns, because the figures of two kinds cannot be compared.
    findings = [one for turn in zip_longest(*found.values()) for one in turn if one is not None]
    result: dict[str, JsonValue] = {"episodes": len(month.episodes), "findings": len(findings), **counts}
    return Found(
        memory=following.memory.model_dump(mode="json"),
        findings=findings,
        plans=following.plans,
        orders=following.orders,
        withdrawn=following.withdrawn,
        improvements=following.moved,
        result=result,
    )


def _by_weight(spot: WeakSpot, month: PastMonth) -> Sequence[Finding]:
    return sorted(spot.find(month), key=lambda one: one.figures[spot.weight], reverse=True)


DEFINITION = Cycle(
    name="improvement",
    summary="Looks for weak spots in the fleet's own record, each with its figures and a proposal.",
    cadence=timedelta(hours=1),
    read=read,
    judge=judge,
    audited=True,
)
