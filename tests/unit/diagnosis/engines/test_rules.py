from collections.abc import Sequence
from dataclasses import replace

import pytest

from grace_workers.diagnosis import Evidence, Hypothesis
from grace_workers.diagnosis.engines.rules import propose
from tests.unit.diagnosis.findings_of import DB, LOGS, SHOP, SUBJECTS, evidence, findings


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


def test_every_hypothesis_names_its_evidence_and_gives_a_reason() -> None:
    [found] = propose(findings(evidence("lock_waiters", DB, 7)))
    assert found.evidence == ("lock_waiters:shop-db",)
    assert "7" in found.reasoning
    assert "bound 3" in found.reasoning


def test_a_cause_of_several_measures_needs_them_all_and_reports_the_worst_of_each() -> None:
    slow = (evidence("http_latency_ms", SHOP, 700), evidence("http_latency_ms", DB, 900))
    assert propose(findings(*slow)) == []
    [found] = propose(findings(*slow, evidence("cache_files", LOGS, 800)))
    assert found.reasoning == (
        "shop-db: http_latency_ms is 900 (bound 500): ms for an answer; "
        "shop-logs: cache_files is 800 (bound 500): cache files"
    )
    assert found.evidence == ("http_latency_ms:shop-db", "cache_files:shop-logs")


def test_each_bloated_table_is_a_separate_hypothesis() -> None:
    counts = {"a": 20_000, "b": 5, "c": 30_000}
    read = [evidence("dead_tuples", DB, count, table=table) for table, count in counts.items()]
    assert [one.bindings["table"] for one in propose(findings(*read))] == ["a", "c"]
