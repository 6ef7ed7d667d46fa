"""Runs that were verified."""

from collections.abc import Sequence

from grace_workers.cycles.goals.indicator import Indicator, IndicatorKind, Measured
from grace_workers.cycles.outcome_count import FleetRecord


def read(record: FleetRecord) -> Sequence[Measured]:
    """Count the runs that were verified, of all that ended clearly."""
    return [Measured(at=one.at, good=one.verified, total=one.verified + one.missed) for one in record.outcomes]


DEFINITION = Indicator(
    name="healing_success",
    summary="The share of runs whose expectations were met.",
    measure=IndicatorKind.SHARE,
    read=read,
    advice="change or retire the playbooks that fail most: grace learn summary",
)
