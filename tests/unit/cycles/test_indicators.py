"""What each indicator counts."""

from datetime import UTC, datetime, timedelta

import pytest

from grace_workers.cycles.goals import declared_indicators
from grace_workers.cycles.outcome_count import FleetRecord, OutcomeCount

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=3)
DAY = OutcomeCount(at=NOW, incidents=9, healed=8, alone=7, planned=6, ruled=5, promptly=4, verified=3, missed=2)
CASES = {
    "autonomy": [(NOW, 7, 9)],
    "coverage": [(NOW, 6, 9)],
    "error_patterns": [(NOW, 1, 1), (LATER, 2, 1)],
    "healing_success": [(NOW, 3, 5)],
    "prompt_response": [(NOW, 4, 5)],
}


@pytest.mark.parametrize("name", declared_indicators().names)
def test_an_indicator_counts_what_its_summary_says(name: str) -> None:
    definition = declared_indicators()[name]
    found = definition.read(FleetRecord(outcomes=[DAY], first_healed=[NOW, LATER]))
    assert [(one.at, one.good, one.total) for one in found] == CASES[name]
    assert definition.summary.endswith(".")
    assert definition.advice
