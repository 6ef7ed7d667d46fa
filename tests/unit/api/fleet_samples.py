"""One value of everything that the API shows about the fleet and its knowledge, with every field filled."""

from datetime import timedelta

from grace_workers.diagnosis import (
    Cause,
    CauseName,
    KnowledgeEntry,
    Origin,
)
from grace_workers.fleet import Instance, InstanceHealth, KernelReport, KernelState, Order, OrderState, ScorePart, Verb
from grace_workers.foundation.ids import (
    InstanceName,
)
from grace_workers.learning import TrackRecord
from grace_workers.orchestration.job import JobCount, JobState, Pool, PoolFigures, Priority
from grace_workers.orchestration.queries import AgentLoad
from grace_workers.signals import Signature
from tests.unit.api.answer_samples import CACHE, NOW, SHOP, number

INSTANCE = Instance(
    name=InstanceName("here"),
    epoch=3,
    pools=("healing",),
    roles=("whole",),
    health=next(iter(InstanceHealth)),
    score=0.75,
    registered_at=NOW,
    heartbeat_at=NOW,
    died_at=None,
    left_at=None,
    home="node-1",
    parts=(ScorePart(name="jobs", value=0.25, why="fails"),),
    reason="slow",
    held=True,
    attempts=1,
    quarantined_at=NOW,
    retired_at=None,
    silent_for=timedelta(milliseconds=12),
    health_for=timedelta(seconds=90),
    drain_left=timedelta(seconds=5),
)
KERNEL = KernelReport(
    instance=InstanceName("here"),
    kernel="api",
    state=next(iter(KernelState)),
    detail="answers",
    incarnation="7",
    restarts=1,
    failing=False,
    since=NOW,
    checked_at=NOW,
)
ORDER = Order(
    id=number(8),
    instance=InstanceName("here"),
    kernel="api",
    verb=Verb.RESTART,
    asked_by="ann",
    reason="it leaks",
    forced=True,
    at=NOW,
    state=next(iter(OrderState)),
    detail="done",
)
KNOWLEDGE = KnowledgeEntry(
    id="k",
    origin=Origin.LEARNED,
    cause=CauseName("process_down"),
    summary="it does not run",
    signature=Signature("s"),
    target=SHOP,
    subject=CACHE,
    bindings={"flag": "x"},
    playbook="restart_dead_service",
    verified=3,
    unverified=1,
)
TRACK = TrackRecord(
    playbook="p", signature="s", verified=1, ineffective=2, failed=3, inconclusive=4, streak=5, last_at=NOW
)
COUNT = JobCount(pool=Pool.HEALING, state=JobState.QUEUED, priority=Priority(5), count=2)
FIGURES = PoolFigures(
    pool=Pool.HEALING,
    processed=4,
    failed=1,
    completion_mean=timedelta(seconds=1.5),
    completion_p50=timedelta(seconds=1),
    completion_p95=timedelta(seconds=2),
    completion_p99=timedelta(seconds=3),
    wait_mean=timedelta(milliseconds=20),
    wait_p95=timedelta(milliseconds=50),
)
LOAD = AgentLoad(running=2, utilisation=0.4, free=3)
CAUSE = Cause.read(
    {
        "name": "process_down",
        "summary": "it does not run",
        "kinds": ["process"],
        "symptoms": {"exceptions": ["OSError"]},
        "words": ["is down"],
        "examples": [{"signal": {"name": "TargetDown", "summary": "shop is down"}}],
    },
    "cause",
)
