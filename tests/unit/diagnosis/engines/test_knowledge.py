import pytest

from grace_workers.diagnosis import Strength
from grace_workers.diagnosis.engines.knowledge import propose
from grace_workers.foundation.ids import TargetName
from tests.unit.diagnosis.findings_of import DB, FLAGS, LOGS, SHOP, evidence, findings, learned, signal


def test_a_learned_entry_proposes_its_cause_with_its_bindings_and_record() -> None:
    entry = learned("bad_flag", verified=3, unverified=1, subject=FLAGS, bindings={"flag": "a", "variant": "off"})
    [found] = propose(findings(known=(entry,)))
    assert (found.cause, found.subject, found.strength) == ("bad_flag", FLAGS, Strength.EXACT)
    assert found.bindings == {"flag": "a", "variant": "off"}
    assert found.confidence == entry.confidence
    assert "3 verified, 1 not" in found.reasoning


def test_a_learned_entry_whose_subject_is_gone_proposes_nothing() -> None:
    assert propose(findings(known=(learned("disk_full", verified=3, subject=TargetName("gone")),))) == []


def test_a_reading_that_says_otherwise_refutes_even_learned_knowledge() -> None:
    assert propose(findings(evidence("alive", SHOP, 1), known=(learned("process_down", verified=9),))) == []


@pytest.mark.parametrize(
    ("name", "summary", "text", "cause", "subject"),
    [
        ("TargetDown", "x", None, "process_down", SHOP),
        ("x", "connection refused by peer", None, "process_down", SHOP),
        ("x", "x", "ModuleNotFoundError: No module named 'shop.tax'", "missing_module", SHOP),
        ("x", "IndentationError: unexpected indent", None, "syntax_error", SHOP),
        ("x", "sqlite3.OperationalError: database is locked", None, "database_locked", DB),
        ("x", "x", "invalid page in block 7", "database_corrupt", DB),
        ("High Latency", "x", None, "high_latency", SHOP),
        ("x", "OOM-kill of python", None, "memory_leak", SHOP),
        ("x", "OSError: [Errno 28] No space left on device", None, "disk_full", LOGS),
        ("PostgresDeadTuples", "x", None, "table_bloat", DB),
        ("BadFlag", "x", None, "bad_flag", FLAGS),
    ],
)
def test_a_symptom_that_ships_points_at_its_cause(
    name: str, summary: str, text: str | None, cause: str, subject: str
) -> None:
    found = propose(findings(signals=(signal(name, summary=summary, text=text),)))
    assert (cause, subject) in [(one.cause, one.subject) for one in found]
    assert all(one.strength is Strength.SYMPTOM for one in found)


def test_a_traceback_is_recognised_by_its_exception() -> None:
    text = 'Traceback (most recent call last):\n  File "/srv/a.py", line 1, in x\n    y()\nImportError: whatever\n'
    assert [one.cause for one in propose(findings(signals=(signal(text=text),)))] == ["missing_module"]


def test_a_symptom_is_not_believed_against_a_reading() -> None:
    assert propose(findings(evidence("alive", SHOP, 1), signals=(signal("TargetDown"),))) == []
