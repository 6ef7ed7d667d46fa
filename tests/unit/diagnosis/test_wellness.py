"""What the readings around a target say if no cause matches."""

from dataclasses import replace

import pytest

from grace_workers.diagnosis import Evidence, wellness
from tests.shipped_causes import CHECKS
from tests.unit.diagnosis.findings_of import DB, LOGS, SHOP, SUBJECTS, evidence, findings


@pytest.mark.parametrize(
    "ill",
    [
        evidence("alive", SHOP, 0),
        evidence("http_status", SHOP, 0),
        evidence("http_status", SHOP, 503),
        evidence("http_latency_ms", SHOP, 900),
        evidence("lock_waiters", DB, 4),
        evidence("disk_used_ratio", LOGS, 0.95),
    ],
)
def test_a_reading_beyond_its_bound_is_unhealthy(ill: Evidence) -> None:
    found = wellness(findings(ill), CHECKS)
    assert [words.split()[0] for words in found.ill] == [ill.kind]
    assert found.well == ()


def test_only_the_complaining_target_itself_is_called_well() -> None:
    found = wellness(findings(evidence("alive", SHOP, 1), evidence("lock_waiters", DB, 0)), CHECKS)
    assert (found.well, found.ill) == (("alive of shop is 1",), ())


def test_errors_are_listed_apart_because_they_may_predate_the_cure() -> None:
    found = wellness(findings(evidence("error_count", SHOP, 3)), CHECKS)
    assert (found.errors, found.ill, found.well) == (("error_count of shop is 3",), (), ())


def test_a_path_that_is_named_for_health_must_answer_200() -> None:
    labelled = replace(SUBJECTS[SHOP], labels={"health_path": "/healthz"})
    given = findings(evidence("http_status", SHOP, 404))
    assert wellness(given, CHECKS).ill == ()
    assert wellness(replace(given, subjects={**SUBJECTS, SHOP: labelled}), CHECKS).ill == (
        "http_status of shop is 404",
    )


def test_no_reading_does_not_count_as_healthy() -> None:
    assert wellness(findings(), CHECKS).well == ()
