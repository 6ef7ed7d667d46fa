import pytest

from grace_workers.diagnosis.engines.rules import propose
from tests.unit.diagnosis.findings_of import SHOP, evidence, findings, signal


def test_a_logger_at_debug_is_blamed_when_the_signal_speaks_of_logs() -> None:
    debug = evidence("log_level_is", SHOP, 1, level="DEBUG")
    (found,) = propose(findings(debug, signals=(signal(summary="too many logs"),)))
    assert (found.cause, found.subject) == ("log_flood", SHOP)
    assert propose(findings(debug)) == []


@pytest.mark.parametrize(("name", "summary", "measured"), [("too many logs", "x", True), ("x", "too many logs", False)])
def test_only_the_name_of_a_signal_is_trusted(name: str, summary: str, measured: bool) -> None:
    debug = evidence("log_level_is", SHOP, 1, level="DEBUG")
    (found,) = propose(findings(debug, signals=(signal(name, summary=summary),)))
    assert found.measured is measured
