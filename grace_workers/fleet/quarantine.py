"""Quarantine: which instances are quarantined, repaired, validated, readmitted or retired. Facts in, moves out.

Two guards hold in every turn: each pool and role keeps an instance that serves it, and only a share of the fleet is
quarantined at once. A score must stay low for a while before anything happens, and must rise clearly before the count
is reset.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from grace_workers.fleet.instance import Instance, InstanceHealth, is_overdue, is_serving
from grace_workers.fleet.score import WELL_FROM, lateness, total
from grace_workers.foundation.errors import ConflictError
from grace_workers.foundation.ids import InstanceName


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineRules:
    """When the fleet acts. `share` is the largest part of the fleet in quarantine at once, though always one instance.

    `end_within` is how long a node may take to end its processes once the grace of its drain is over.
    """

    below: float = 0.4
    well_from: float = WELL_FROM
    sick_for: timedelta = timedelta(seconds=4)
    repair_within: timedelta = timedelta(seconds=60)
    validate_within: timedelta = timedelta(seconds=30)
    end_within: timedelta = timedelta(seconds=10)
    attempts: int = 3
    share: float = 0.34
    canaries: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryCount:
    """The state of the canary jobs of one validation."""

    asked: int = 0
    succeeded: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What the judge knows about one instance: how long its score has been low, and the state of its canaries."""

    instance: Instance
    sick_for: timedelta | None = None
    canaries: CanaryCount = field(default_factory=CanaryCount)


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthChange:
    """One change of one instance's health; it applies only if the instance has not changed since it was judged."""

    name: InstanceName
    epoch: int
    before: InstanceHealth
    after: InstanceHealth
    why: str
    attempts: int = 0
    held: bool = False


def score_of(instance: Instance) -> float:
    """Return the score as others see it: what the node reports about itself, and how late its heartbeat is."""
    return round(instance.score * total([lateness(instance.silent_for)]), 4)


def sick_since(earlier: float | None, score: float, now: float, rules: QuarantineRules) -> float | None:
    """Return since when a score counts as low, in the judge's own monotonic seconds; None when it does not."""
    if score < rules.below:
        return now if earlier is None else earlier
    return None if score >= rules.well_from else earlier


def next_moves(charts: Sequence[Chart], rules: QuarantineRules) -> Sequence[HealthChange]:
    """Return the changes to make now. The lowest score is quarantined first; both guards count the earlier moves."""
    ordered = sorted(charts, key=lambda chart: (score_of(chart.instance), chart.instance.name))
    fleet = {chart.instance.name: chart.instance for chart in ordered}
    moves: list[HealthChange] = []
    for chart in ordered:
        others = [one for name, one in fleet.items() if name != chart.instance.name]
        move = _next(chart, others, rules)
        if move is not None:
            moves.append(move)
            # A readmitted instance serves from the next turn on, because its move may still fail.
            if not move.after.consumes:
                fleet[move.name] = replace(chart.instance, health=move.after)
    return moves


def uncovered(instance: Instance, others: Sequence[Instance]) -> frozenset[str]:
    """Return the pools and roles that would have no healthy instance without `instance`."""
    return instance.duties.difference(*(one.duties for one in others if is_serving(one)))


def require_dispensable(instance: Instance, others: Sequence[Instance]) -> None:
    """Raise ConflictError when the fleet would lose a pool or role with `instance`."""
    alone = uncovered(instance, others)
    if instance.health.consumes and (alone or not any(is_serving(one) for one in others)):
        duties = ", ".join(sorted(alone)) or "anything"
        raise ConflictError(
            f"{instance.name} is the last healthy instance that serves {duties}; start another first, or use --force"
        )


def _next(chart: Chart, others: Sequence[Instance], rules: QuarantineRules) -> HealthChange | None:
    instance = chart.instance
    if not instance.in_fleet or is_overdue(instance):
        return None
    if instance.health.consumes:
        return _set_apart(chart, others, rules)
    if instance.health is InstanceHealth.QUARANTINED and not instance.held:
        return _move(instance, InstanceHealth.REPAIRING, "repair begins", instance.attempts)
    if instance.health is InstanceHealth.REPAIRING and instance.health_for > rules.repair_within:
        return _failed(instance, f"not repaired within {rules.repair_within.total_seconds():g} s", rules)
    if instance.health is InstanceHealth.VALIDATING:
        return _validated(chart, rules)
    return None


def _set_apart(chart: Chart, others: Sequence[Instance], rules: QuarantineRules) -> HealthChange | None:
    instance = chart.instance
    if chart.sick_for is None or chart.sick_for < rules.sick_for or score_of(instance) >= rules.below:
        return None
    # When no instance is healthy, a shared dependency (such as their broker) fails, and removing one instance does not
    # help.
    serving = [one for one in others if is_serving(one) and score_of(one) >= rules.below]
    size = 1 + sum(one.in_fleet for one in others)
    apart = 1 + sum(one.in_fleet and one.health.apart for one in others)
    if not serving or uncovered(instance, serving) or apart > max(1, int(size * rules.share)):
        return None
    return _move(instance, InstanceHealth.QUARANTINED, f"score {score_of(instance):.2f}: {worst_of(instance)}", 0)


def worst_of(instance: Instance) -> str:
    """Return the lowest part of the score in words."""
    parts = [*instance.parts, lateness(instance.silent_for)]
    worst = min(parts, key=lambda part: part.value)
    return f"{worst.name} {worst.value:.2f}, {worst.why}"


def _validated(chart: Chart, rules: QuarantineRules) -> HealthChange | None:
    instance, canaries = chart.instance, chart.canaries
    if canaries.failed:
        return _failed(instance, f"{canaries.failed} of {canaries.asked} canary jobs failed", rules)
    if not instance.pools and score_of(instance) >= rules.well_from:
        return _move(
            instance, InstanceHealth.HEALTHY, f"it has no pool to test, and a score of {score_of(instance):.2f}", 0
        )
    if canaries.asked and canaries.succeeded == canaries.asked:
        return _move(instance, InstanceHealth.HEALTHY, f"{canaries.asked} canary jobs succeeded", 0)
    if instance.health_for > rules.validate_within:
        done = f"{canaries.succeeded} of {canaries.asked}"
        return _failed(instance, f"{done} canary jobs done in {rules.validate_within.total_seconds():g} s", rules)
    return None


def _failed(instance: Instance, why: str, rules: QuarantineRules) -> HealthChange:
    attempts = instance.attempts + 1
    after = InstanceHealth.RETIRED if attempts >= rules.attempts else InstanceHealth.REPAIRING
    return _move(instance, after, f"{why}; attempt {attempts} of {rules.attempts}", attempts)


def _move(instance: Instance, after: InstanceHealth, why: str, attempts: int) -> HealthChange:
    return HealthChange(
        name=instance.name, epoch=instance.epoch, before=instance.health, after=after, why=why, attempts=attempts
    )
