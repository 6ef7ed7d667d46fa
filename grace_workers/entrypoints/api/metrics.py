"""The fleet's figures in Prometheus text, read when they are requested."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from grace_workers.bootstrap.runtime import Runtime
from grace_workers.entrypoints.api.counts import RequestCounts
from grace_workers.entrypoints.api.readiness import Readiness
from grace_workers.entrypoints.api.tallies import Tallies
from grace_workers.fleet import InstanceHealth, KernelState, is_overdue
from grace_workers.orchestration.dossier import Fate
from grace_workers.orchestration.fleet.watch import FleetWatch
from grace_workers.orchestration.job import JobCount, Pool, PoolFigures
from grace_workers.orchestration.queries import WINDOW, agent_loads, figures
from grace_workers.orchestration.work.model_use import used_today

_POOL = ["pool"]
# Prometheus gives the name `instance` to the address that it scrapes, and would rename ours.
_NODE = "node"


class FleetCollector(Collector):
    """Reads the fleet again for every scrape, and only the requested figures."""

    def __init__(self, runtime: Runtime, fleet: FleetWatch, counts: RequestCounts, readiness: Readiness) -> None:
        self._runtime = runtime
        self._readiness = readiness
        self._fleet = fleet
        tallies = Tallies(fleet.endings)
        # What reads the figures whose names begin so.
        self._sections: Sequence[tuple[tuple[str, ...], Callable[[], Iterator[Metric]]]] = (
            (("grace_job", "grace_agent_", "grace_incidents", "grace_signals"), self._figures),
            (("grace_queue_",), self._lanes),
            (("grace_audit_",), self._audit),
            (("grace_instance", "grace_leader_"), self._nodes),
            (("grace_kernel_",), self._kernels),
            (("grace_ready",), self._ready),
            (("grace_playbooks",), self._playbooks),
            (("grace_breakers_", "grace_event"), self._operations),
            (("grace_language_model_",), self._model),
            (("grace_job",), tallies.collect),
            (("grace_api_",), counts.collect),
        )

    def collect(self, names: Collection[str] | None = None) -> Iterator[Metric]:
        """Yield every figure, or those of `names`. Raises TransientError when database or broker cannot be reached."""
        wanted = None if names is None else frozenset(names)
        for beginnings, section in self._sections:
            if wanted is None or any(name.startswith(beginnings) for name in wanted):
                yield from (one for one in section() if wanted is None or _is_of(one, wanted))

    def _figures(self) -> Iterator[Metric]:
        found = figures(self._runtime.ledger)
        yield _jobs(found.jobs)
        yield from _pools(found.pools)
        yield from self._slots(found.jobs)
        yield _incidents(found.incidents)
        yield _one("grace_incidents_parked", "Incidents that wait until another of their target ends", found.parked)
        span = f"in the last {WINDOW.total_seconds():.0f} s"
        yield _one(
            "grace_incidents_capped",
            f"Incidents capped because their sender opened too many urgent ones {span}",
            found.capped,
        )
        fates = {fate.value: found.signals.fates.get(fate.value, 0) for fate in Fate if fate is not Fate.REPEATED}
        yield _labelled("grace_signals", f"Signals {span}, by outcome", "fate", fates)
        yield _one("grace_signals_unmatched", f"Signals that name no declared target {span}", found.signals.unmatched)

    def _slots(self, jobs: Sequence[JobCount]) -> Iterator[GaugeMetricFamily]:
        limits = self._runtime.settings.limits
        used = GaugeMetricFamily("grace_agent_utilisation_ratio", "Running jobs divided by allowed jobs", labels=_POOL)
        free = GaugeMetricFamily("grace_agent_free_slots", "Jobs that could start now", labels=_POOL)
        for pool, load in agent_loads(jobs, per_agent=limits.per_agent, together=limits.agents).items():
            used.add_metric([pool.value], load.utilisation)
            free.add_metric([pool.value], load.free)
        yield from (used, free)

    def _lanes(self) -> Iterator[Metric]:
        family = GaugeMetricFamily(
            "grace_queue_depth", "Messages waiting on the broker", labels=["pool", "priority", "express"]
        )
        for lane, depth in self._runtime.doorbells.depths().items():
            family.add_metric([lane.pool.value, str(lane.priority), str(lane.express).lower()], depth)
        yield family
        parked = CounterMetricFamily("grace_queue_unreadable", "Messages that no job could be claimed with")
        parked.add_metric([], self._runtime.doorbells.unreadable(1).count)
        yield parked

    def _audit(self) -> Iterator[Metric]:
        found = self._fleet.audit()
        yield _one("grace_audit_sealed_entries", "Entries in the audit log", found.sealed)
        yield _one("grace_audit_inbox_entries", "Entries waiting to be sealed", found.waiting)
        age = max(0.0, found.longest.total_seconds())
        yield _one("grace_audit_inbox_age_seconds", "How long the oldest of them has waited", age)

    def _nodes(self) -> Iterator[Metric]:
        members = [one for one in self._fleet.instances() if one.in_fleet]
        alive = sum(not is_overdue(one) for one in members)
        yield _one("grace_instances_alive", "Nodes with a fresh heartbeat", alive)
        score = GaugeMetricFamily("grace_instance_score", "Health score of a node, from 0 to 1", labels=[_NODE])
        health = GaugeMetricFamily("grace_instance_health", "1 for the node's current health", labels=[_NODE, "health"])
        for one in members:
            score.add_metric([one.name], one.score)
            for each in InstanceHealth:
                health.add_metric([one.name, each.value], int(one.health is each))
        yield from (score, health)
        yield _one("grace_leader_present", "1 when a node leads", int(self._fleet.has_leader()))
        changes = CounterMetricFamily("grace_leader_changes", "How often a lease changed its holder", labels=["lease"])
        for name, epoch in self._fleet.lease_epochs().items():
            changes.add_metric([name], epoch)
        yield changes

    def _kernels(self) -> Iterator[Metric]:
        labels = [_NODE, "kernel"]
        state = GaugeMetricFamily("grace_kernel_state", "1 for the kernel's current state", labels=[*labels, "state"])
        restarts = GaugeMetricFamily("grace_kernel_restarts", "Restarts since its node started", labels=labels)
        for one in self._fleet.kernels():
            restarts.add_metric([one.instance, one.kernel], one.restarts)
            for each in KernelState:
                state.add_metric([one.instance, one.kernel, each.value], int(one.state == each.value))
        yield from (state, restarts)

    def _ready(self) -> Iterator[Metric]:
        found = {one.check: int(one.ok) for one in self._readiness.look()}
        yield _labelled("grace_ready", "1 for each check of /readyz that is fulfilled", "check", found)

    def _playbooks(self) -> Iterator[Metric]:
        library = self._runtime.shelf.current()
        acting = sum(one.enabled and not one.shadow for one in library)
        states = {
            "acting": acting,
            "shadow": sum(one.enabled and one.shadow for one in library),
            "disabled": sum(not one.enabled for one in library),
            "faulty": len(self._runtime.shelf.faults),
        }
        yield _labelled("grace_playbooks", "Playbooks, by what they may do; faulty: files left out", "state", states)

    def _operations(self) -> Iterator[Metric]:
        yield _labelled(
            "grace_breakers_open",
            "Circuit breakers that are not closed, over all processes",
            "breaker",
            self._open_breakers(),
        )
        yield _labelled(
            "grace_event_lag", "Events that a subscription has not yet read", "subscription", self._fleet.event_lag()
        )
        yield _labelled(
            "grace_events_parked", "Events set aside after failures", "subscription", self._fleet.parked_events()
        )

    def _model(self) -> Iterator[Metric]:
        declared = self._runtime.settings.model
        if declared.url is None:
            return
        use = used_today(self._runtime.ledger, self._runtime.clock)
        tokens = {"used": use.tokens, "pending": use.pending_tokens, "limit": declared.daily_tokens}
        yield _labelled(
            "grace_language_model_tokens", "Tokens of the language model since midnight, UTC", "part", tokens
        )
        cost = {"used": use.cost, "pending": use.pending_cost, "limit": declared.daily_cost}
        yield _labelled(
            "grace_language_model_cost", "What they cost, in the currency of the declared prices", "part", cost
        )
        yield _one("grace_language_model_answers", "Answers of the language model since midnight, UTC", use.answers)

    def _open_breakers(self) -> Mapping[str, int]:
        return Counter(one.name for one in self._fleet.open_breakers())


def render(collector: FleetCollector, names: Collection[str] | None = None) -> bytes:
    """Return all figures, or those of `names`, as Prometheus text."""
    # Not added to a process-wide registry: two apps in one process would then be one too many.
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once(list(collector.collect(names))))
    return generate_latest(registry)


class _Once(Collector):
    """Families that were collected before, because registering a collector collects it once more."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> list[Metric]:
        """Return them."""
        return self._families


def _is_of(family: Metric, names: Collection[str]) -> bool:
    # A counter is shown under another name than its family's, also while it has no samples.
    shown = {family.name, *(one.name for one in family.samples)}
    return any(name in shown or name.removesuffix("_total") == family.name for name in names)


def _jobs(counts: Iterable[JobCount]) -> GaugeMetricFamily:
    family = GaugeMetricFamily("grace_jobs", "Open and dead jobs", labels=["pool", "state", "priority"])
    for one in counts:
        family.add_metric([one.pool.value, one.state.value, str(one.priority)], one.count)
    return family


def _pools(pools: Mapping[Pool, PoolFigures]) -> Iterator[GaugeMetricFamily]:
    span = f"in the last {WINDOW.total_seconds():.0f} s"
    processed = GaugeMetricFamily("grace_jobs_processed", f"Jobs ended {span}", labels=_POOL)
    failed = GaugeMetricFamily("grace_jobs_failed", f"Jobs failed or dead {span}", labels=_POOL)
    completion = GaugeMetricFamily("grace_job_completion_seconds", f"Run time {span}", labels=["pool", "statistic"])
    wait = GaugeMetricFamily("grace_job_wait_seconds", f"Time from due to start {span}", labels=["pool", "statistic"])
    for pool, one in pools.items():
        processed.add_metric([pool.value], one.processed)
        failed.add_metric([pool.value], one.failed)
        for name in ("mean", "p50", "p95", "p99"):
            completion.add_metric([pool.value, name], getattr(one, f"completion_{name}").total_seconds())
        for name in ("mean", "p95"):
            wait.add_metric([pool.value, name], getattr(one, f"wait_{name}").total_seconds())
    yield from (processed, failed, completion, wait)


def _incidents(counts: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily("grace_incidents", "Incidents by state", labels=["state"])
    for state, count in counts.items():
        family.add_metric([state], count)
    return family


def _labelled(name: str, words: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=[label])
    for value, count in values.items():
        family.add_metric([value], count)
    return family


def _one(name: str, words: str, value: float) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words)
    family.add_metric([], value)
    return family
