"""The knowledge base: causes can be read, and learnt entries are found again by their signature."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from grace_workers.diagnosis import Knowledge
from grace_workers.fleet.kernel import Kernel, Limited, Readiness, Ready, Tier, Unready
from grace_workers.fleet.probe import Probe


def _readiness(probe: Probe) -> Readiness:
    learnt, causes = probe.records.knowledge(), probe.definitions.causes()
    base = Knowledge(tuple(learnt))
    doubled = list(_doubled(base))
    if doubled:
        return Unready("; ".join(doubled))
    proven = sum(entry.proven for entry in learnt)
    lost = [one.id for one in learnt if one.proven and one.signature and not base.known(one.signature, one.target)]
    if lost:
        return Unready(f"proven entries are not found by their signature: {', '.join(lost[:5])}")
    seen = f"{len(causes)} causes are known; {len(learnt)} entries learnt, {proven} proven"
    faults = probe.definitions.cause_faults()
    if faults:
        return Limited(seen, f"the newest causes; the last valid ones stay in force ({faults[0]})")
    return Ready(seen)


def _doubled(base: Knowledge) -> Iterator[str]:
    for name, count in Counter(entry.id for entry in base.entries).items():
        if count > 1:
            yield f"entry {name!r} exists {count} times"


DEFINITION = Kernel(
    name="knowledge_base",
    tier=Tier.KNOWLEDGE,
    needs=("database",),
    critical=False,
    host="orchestration",
    every=timedelta(seconds=30),
    readiness=_readiness,
)
