from collections.abc import Sequence
from dataclasses import replace

import pytest

from grace_workers.diagnosis import Diagnosis, Engine, engines, rank
from grace_workers.diagnosis.engines import rules
from grace_workers.foundation.catalog import discover
from grace_workers.foundation.document import JsonValue
from tests.shipped_causes import CAUSES
from tests.unit.diagnosis.findings_of import DB, SHOP, evidence, findings, signal, subject

FULL = signal(summary="FATAL: sorry, too many clients already")


def diagnosed(*gathered: object, told: Sequence[str] = (), full: bool = True) -> Diagnosis:
    signals = (*((FULL,) if full else ()), *(signal(summary=text) for text in told))
    found = findings(*gathered, signals=signals or (signal(),))
    database = replace(found, subjects={SHOP: subject(SHOP, "postgres")})
    return rank(database, discover(engines, Engine, label="engine"))


def deployed(title: str, seconds_before: JsonValue = 600) -> object:
    return evidence("deployments", SHOP, [{"title": title, "seconds_before": seconds_before}])


@pytest.mark.parametrize(
    "text",
    [
        "Updated parameter max_connections to 100 with apply method pending-reboot",
        'LOG: parameter "max_connections" changed to "20"',
        "ModifyDBParameterGroup: parameterName=max_connections, parameterValue=100",
    ],
)
def test_a_changed_setting_goes_before_the_problem_that_depends_on_it(text: str) -> None:
    for found in (diagnosed(told=[text]), diagnosed(deployed(text))):
        assert [one.cause for one in found.hypotheses] == ["setting_changed", "connections_exhausted"]
        assert "max_connections was changed shortly before" in found.hypotheses[0].reasoning
        assert text[:40] in found.hypotheses[0].reasoning


def test_the_change_goes_first_where_a_reading_shows_the_problem_and_no_signal_names_it() -> None:
    shown = evidence("database_connections_ratio", SHOP, 0.99)
    found = diagnosed(shown, deployed("Lower max_connections"), full=False)
    assert [(one.cause, one.measured) for one in found.hypotheses] == [
        ("setting_changed", False),
        ("connections_exhausted", True),
    ]


def test_names_of_several_words_are_read_as_words() -> None:
    found = diagnosed(
        deployed("RevokeSecurityGroupIngress by terraform"), told=["dial tcp 10.0.0.7:5432: i/o timeout"], full=False
    )
    assert found.hypotheses[0].cause == "setting_changed"
    assert "security group" in found.hypotheses[0].reasoning


@pytest.mark.parametrize(
    "gathered",
    [
        [deployed("Lower work_mem")],
        [deployed("Lower max_connections", 7 * 60 * 60)],
        [deployed("Lower max_connections", -5)],
        [deployed("Lower max_connections", None)],
        [evidence("deployments", SHOP, ["Lower max_connections"])],
        [evidence("database_connections_ratio", SHOP, 0.2), deployed("Lower max_connections")],
    ],
)
def test_another_setting_an_old_or_later_change_and_a_refuted_problem_propose_nothing(gathered: list[object]) -> None:
    assert "setting_changed" not in [one.cause for one in diagnosed(*gathered).hypotheses]


def test_a_signal_that_only_names_a_setting_tells_of_no_change() -> None:
    found = diagnosed(told=["469 of max_connections 500 are in use", "max_connections is set to 100"])
    assert [one.cause for one in found.hypotheses] == ["connections_exhausted"]


def test_a_change_near_a_target_without_the_problem_proposes_nothing() -> None:
    assert (
        rules.propose(findings(evidence("deployments", DB, [{"title": "Lower max_connections", "seconds_before": 60}])))
        == []
    )


def test_settings_are_words_that_no_cause_repeats() -> None:
    for cause in CAUSES:
        assert len(set(cause.settings)) == len(cause.settings), cause.name
