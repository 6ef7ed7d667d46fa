"""Incidents that were answered at once."""

from collections.abc import Sequence

from grace_workers.cycles.goals.indicator import Indicator, IndicatorKind, Measured
from grace_workers.cycles.outcome_count import FleetRecord


def read(record: FleetRecord) -> Sequence[Measured]:
    """Count the incidents that were decided about promptly."""
    return [Measured(at=one.at, good=one.promptly, total=one.ruled) for one in record.outcomes]


DEFINITION = Indicator(
    name="prompt_response",
    summary="The share of incidents that governance decided about within two seconds of their first signal.",
    measure=IndicatorKind.SHARE,
    read=read,
    advice="see where the line waits: grace incident show, and the pools' waits in grace fleet list",
)
