from grace_workers.learning import features_of
from tests.patients import CHECKS as PATIENT_CHECKS
from tests.shipped_causes import CHECKS
from tests.unit.diagnosis.findings_of import DB, SHOP, evidence, findings, signal


def test_what_was_seen_becomes_words_with_amounts():
    seen = findings(
        evidence("http_latency_ms", SHOP, 9000.0),
        evidence("lock_waiters", DB, 7),
        evidence("recent_errors", SHOP, ["db said no 17", "db said no 18"]),
        signals=(signal("Slow"), signal("Slow")),
    )
    found = features_of(seen, CHECKS)
    assert found["signature wrong~0"] == 1
    assert found["kind process"] == 1
    assert found["signal Slow"] == 2
    assert found["reading own http_latency_ms"] == 9000
    assert found["beyond own http_latency_ms"] == 1
    assert found["reading near lock_waiters"] == 7
    assert [amount for name, amount in found.items() if name.startswith("line ")] == [2]


def test_a_traceback_gives_its_fault_and_family():
    text = 'Traceback (most recent call last):\n  File "/srv/a.py", line 1, in x\n    y()\nKeyError: 7\n'
    names = [name for name in features_of(findings(signals=(signal(text=text),)), CHECKS) if name.startswith("fault ")]
    assert len(names) == 2


def test_the_names_of_targets_are_no_features():
    found = features_of(findings(evidence("alive", SHOP, 0)), CHECKS)
    assert not [name for name in found if SHOP in name]


def test_there_are_never_more_than_sixty_four_and_none_is_long():
    lines = [f"{'word ' * 100}kind{chr(97 + at % 26)}{chr(97 + at // 26)}" for at in range(300)]
    texts = tuple(signal(f"N{chr(97 + at % 26)}{chr(97 + at // 26)}" + "x" * 500) for at in range(90))
    found = features_of(findings(evidence("recent_errors", SHOP, lines), signals=texts), CHECKS)
    assert len(found) == 64
    assert max(map(len, found)) < 200


def test_secrets_are_none():
    found = features_of(findings(signals=(signal(text="login failed password=hunter2butlonger"),)), CHECKS)
    assert not [name for name in found if "hunter2" in name]


def test_a_reading_of_a_removed_check_is_left_out():
    seen = findings(evidence("alive", SHOP, 1.0))
    assert "reading own alive" not in features_of(seen, PATIENT_CHECKS)
