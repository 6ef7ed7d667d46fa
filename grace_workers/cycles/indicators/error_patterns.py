"""Problems that the fleet has healed."""

from collections.abc import Sequence

from grace_workers.cycles.goals.indicator import Indicator, IndicatorKind, Measured
from grace_workers.cycles.outcome_count import FleetRecord


def read(record: FleetRecord) -> Sequence[Measured]:
    """Count the signatures that were healed for the first time up to each day."""
    return [Measured(at=first, good=count, total=1) for count, first in enumerate(record.first_healed, 1)]


DEFINITION = Indicator(
    name="error_patterns",
    summary="The number of signatures that were healed at least once.",
    measure=IndicatorKind.LEVEL,
    read=read,
    advice="teach causes and playbooks for what recurs: grace learn clusters",
)
