"""Incidents that needed no person."""

from collections.abc import Sequence

from grace_workers.cycles.goals.indicator import Indicator, IndicatorKind, Measured
from grace_workers.cycles.outcome_count import FleetRecord


def read(record: FleetRecord) -> Sequence[Measured]:
    """Count the incidents that were healed and asked no one."""
    return [Measured(at=one.at, good=one.alone, total=one.incidents) for one in record.outcomes]


DEFINITION = Indicator(
    name="autonomy",
    summary="The share of ended incidents that were healed without a person.",
    measure=IndicatorKind.SHARE,
    read=read,
    advice="let a playbook that has proved itself act without asking: grace learn summary",
)
