from collections.abc import Sequence
from dataclasses import replace

import pytest

from grace_workers.diagnosis import Evidence, Hypothesis, Strength
from grace_workers.diagnosis.engines.rules import propose
from grace_workers.foundation.document import JsonValue
from tests.unit.diagnosis.findings_of import DB, FLAGS, LOGS, SHOP, SUBJECTS, evidence, findings, signal

CHECKOUT = {"key": "new_checkout", "enabled": True, "variant": "on", "variants": ["on", "off"]}
SEARCH = {"key": "fast-search", "enabled": True, "variant": "on", "variants": ["on", "off"]}


def causes(hypotheses: Sequence[Hypothesis]) -> list[tuple[str, str]]:
    return [(one.cause, one.subject) for one in hypotheses]


@pytest.mark.parametrize(
    ("gathered", "expected"),
    [
        ([evidence("alive", SHOP, 0)], [("process_down", SHOP)]),
        ([evidence("alive", SHOP, 1)], []),
        ([evidence("lock_waiters", DB, 3)], [("lock_pileup", DB)]),
        ([evidence("lock_waiters", DB, 2)], []),
        ([evidence("disk_used_ratio", LOGS, 0.9)], [("disk_full", LOGS)]),
        ([evidence("disk_used_ratio", LOGS, 0.89)], []),
        ([evidence("dead_tuples", DB, 20_000, table="orders")], [("table_bloat", DB)]),
        ([evidence("wal_bytes_since_checkpoint", DB, 2**31)], [("wal_backlog", DB)]),
        ([evidence("alive", SHOP, 1), evidence("http_status", SHOP, 0)], [("process_hung", SHOP)]),
        ([evidence("alive", SHOP, 1), evidence("http_status", SHOP, 200)], []),
        ([evidence("http_status", SHOP, 0)], []),
        ([evidence("alive", SHOP, 0), evidence("http_status", SHOP, 0)], [("process_down", SHOP)]),
        ([evidence("http_latency_ms", SHOP, 900), evidence("cache_files", LOGS, 800)], [("stale_cache", LOGS)]),
        ([evidence("http_latency_ms", SHOP, 20), evidence("cache_files", LOGS, 800)], []),
        ([evidence("alive", SHOP, "gibberish")], []),
        ([], []),
    ],
)
def test_a_reading_beyond_its_bound_shows_its_cause(gathered: list[Evidence], expected: list[tuple[str, str]]) -> None:
    assert causes(propose(findings(*gathered))) == expected


def test_the_table_that_is_bloated_is_handed_to_the_playbook() -> None:
    [found] = propose(findings(evidence("dead_tuples", DB, 20_000, table="orders")))
    assert found.bindings == {"table": "orders"}
    assert "orders" in found.reasoning


@pytest.mark.parametrize(("label", "shown"), [("7", False), ("6", True), ("many", True)])
def test_a_target_may_set_its_own_bound_by_a_label(label: str, shown: bool) -> None:
    labelled = replace(SUBJECTS[DB], labels={"lock_waiters_bound": label})
    given = findings(evidence("lock_waiters", DB, 6))
    assert bool(propose(replace(given, subjects={**SUBJECTS, DB: labelled}))) is shown


@pytest.mark.parametrize(
    "line",
    [
        "ERROR flag new_checkout: KeyError",
        "ERROR new-checkout failed",
        "Error in features.new_checkout.",
        "[new_checkout] price is negative",
        '{"flag": "new_checkout", "level": "error"}',
    ],
)
def test_error_lines_that_name_a_flag_blame_it(line: str) -> None:
    [found] = propose(findings(evidence("flags", FLAGS, [CHECKOUT, SEARCH]), evidence("recent_errors", SHOP, [line])))
    assert (found.cause, found.subject, found.strength) == ("bad_flag", FLAGS, Strength.MENTIONED)
    assert found.bindings == {"flag": "new_checkout", "variant": "off"}


@pytest.mark.parametrize("line", ["ERROR renew_checkouts", "ERROR new checkout", "all fine", ""])
def test_error_lines_that_do_not_name_the_flag_do_not_blame_it(line: str) -> None:
    assert propose(findings(evidence("flags", FLAGS, [CHECKOUT]), evidence("recent_errors", SHOP, [line]))) == []


@pytest.mark.parametrize(
    "flag",
    [
        {**CHECKOUT, "enabled": False},
        {**CHECKOUT, "variant": "off"},
        {**CHECKOUT, "variants": ["on", "blue"]},
        "no flag",
        {},
    ],
)
def test_a_flag_that_is_off_or_cannot_be_is_not_blamed(flag: JsonValue) -> None:
    lines = evidence("recent_errors", SHOP, ["ERROR new_checkout"])
    assert propose(findings(evidence("flags", FLAGS, [flag]), lines)) == []


def test_the_flag_named_most_often_comes_first() -> None:
    lines = ["fast-search", "new_checkout", "fast_search broke"]
    found = propose(findings(evidence("flags", FLAGS, [CHECKOUT, SEARCH]), evidence("recent_errors", SHOP, lines)))
    assert [one.bindings["flag"] for one in found] == ["fast-search", "new_checkout"]


def test_a_logger_at_debug_is_blamed_when_the_signal_speaks_of_logs() -> None:
    debug = evidence("log_level_is", SHOP, 1, level="DEBUG")
    assert causes(propose(findings(debug, signals=(signal(summary="too many logs"),)))) == [("log_flood", SHOP)]
    assert propose(findings(debug)) == []


def test_every_hypothesis_names_its_evidence_and_gives_a_reason() -> None:
    [found] = propose(findings(evidence("lock_waiters", DB, 7)))
    assert found.evidence == ("lock_waiters:shop-db",)
    assert "7" in found.reasoning
    assert "bound 3" in found.reasoning
