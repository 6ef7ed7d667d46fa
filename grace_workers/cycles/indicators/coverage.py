"""Incidents for which something could be done."""

from collections.abc import Sequence

from grace_workers.cycles.goals.indicator import Indicator, IndicatorKind, Measured
from grace_workers.cycles.outcome_count import FleetRecord


def read(record: FleetRecord) -> Sequence[Measured]:
    """Count the incidents that had a plan."""
    return [Measured(at=one.at, good=one.planned, total=one.incidents) for one in record.outcomes]


DEFINITION = Indicator(
    name="coverage",
    summary="The share of ended incidents for which there was a plan.",
    measure=IndicatorKind.SHARE,
    read=read,
    advice="teach causes and playbooks for what recurs: grace learn clusters",
)
