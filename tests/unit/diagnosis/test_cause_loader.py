"""A cause's file: what it may say, and that every fault is reported with its line."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from grace_workers.diagnosis import LEARNED_CAUSES, Cause, Subject, lint_causes, load_cause, load_causes
from grace_workers.foundation.ids import TargetKind, TargetName
from grace_workers.foundation.yaml_file import SourceError
from tests.shipped_causes import CAUSES, TERMS

TEXT = """\
name: slow_orders
summary: Orders wait for a lock.
kinds: [postgres]
symptoms:
  alerts: [Orders Slow]
  triggers: [queue_backlog]
words: [Orders Are Slow]
measures:
  - {check: lock_waiters, at_least: 4, means: sessions wait}
  - {check: dead_tuples, at_least: 10, says: confirms, means: dead rows}
bindings:
  table: dead_tuples.table
  unit: label.unit
examples:
  - signal: {name: x, summary: "orders are slow"}
    refuted_by: {lock_waiters: 0}
"""


CIRCLE = """\
name: NAME
summary: One of two that lead to each other.
words: [NAME phrase]
leads_to: [OTHER]
examples:
  - signal: {name: x, summary: NAME phrase}
"""


def test_causes_that_lead_to_themselves_are_refused_with_the_way(tmp_path: Path) -> None:
    for name, other in (("hen", "egg"), ("egg", "hen")):
        (tmp_path / f"{name}.yaml").write_text(CIRCLE.replace("NAME", name).replace("OTHER", other))
    with pytest.raises(SourceError, match="leads to itself: egg -> hen -> egg; remove one"):
        load_causes([tmp_path], TERMS)
    assert [one.file for one in lint_causes(tmp_path, TERMS)] == ["egg.yaml", "hen.yaml"]
    # One file alone is proved against the names of its folder and of what ships.
    assert lint_causes(tmp_path / "egg.yaml", TERMS) == []
    (tmp_path / "hen.yaml").unlink()
    with pytest.raises(SourceError, match=r"egg\.yaml:4: .*unknown cause 'hen'"):
        load_causes([tmp_path], TERMS)


def load(text: str = TEXT, name: str = "slow_orders.yaml") -> Cause:
    return load_cause(text, name, TERMS)


def test_a_cause_says_what_its_file_says() -> None:
    cause = load()
    assert (cause.name, cause.kinds, cause.words) == ("slow_orders", ("postgres",), ("orders are slow",))
    assert (cause.can_be_shown, cause.is_proposed_by_readings) == (True, False)
    assert {"ordersslow", "queuebacklog"} == cause.signal_names


def test_bindings_come_from_readings_and_labels() -> None:
    cause = load()
    subject = Subject(name=TargetName("db"), kind=TargetKind("postgres"), labels={"unit": "pg@1"})
    assert cause.bound_by(cause.measures[1], {"table": "orders"}, subject) == {"table": "orders", "unit": "pg@1"}
    assert cause.labelled(subject) == {"unit": "pg@1"}


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("kinds: [postgres]", "kinds: [mainframe]", 3, "unknown kind 'mainframe'; known: "),
        ("[queue_backlog]", "[queue_backlock]", 6, "unknown trigger 'queue_backlock'; known: "),
        ("{check: lock_waiters,", "{check: queue_len,", 9, "unknown check 'queue_len'; known: alive"),
        ("{check: lock_waiters,", "{check: flags,", 9, "check 'flags' reads a list of facts"),
        ("{check: lock_waiters,", "{check: serving_seconds,", 9, "check 'serving_seconds' is evidence for kernel"),
        ("{check: lock_waiters,", "{check: flag_variant_is,", 9, "is evidence for no kind of target"),
        ("kinds: [postgres]", "roles: [SqlConsol]", 3, "unknown role 'SqlConsol'; known: Backups, "),
        ("at_least: 4", "at_least: 4, at_most: 5", 9, "give either `at_least` or `at_most`"),
        ("at_least: 4", "at_least: 4, instead_of: alive", 1, "instead_of 'alive' is no other measure"),
        ("at_least: 4", "at_least: many", 9, "valid number"),
        ("at_least: 4, ", "", 9, "give either `at_least` or `at_most`"),
        ("dead_tuples.table", "dead_tuples.tabel", 12, "unknown param of dead_tuples 'tabel'; known: table"),
        ("dead_tuples.table", "alive.table", 12, "unknown measure 'alive'; known: lock_waiters, dead_tuples"),
        ("dead_tuples.table", "dead_tuples", 12, "bindings.table"),
        ('"orders are slow"', '"all is well"', 15, "this signal does not point to the cause"),
        ("{lock_waiters: 0}", "{lock_waiters: 9}", 16, "do not refute the cause"),
        ("{lock_waiters: 0}", "{alive: 9}", 16, "unknown measure 'alive'"),
        ('signal: {name: x, summary: "orders are slow"}', "readings: {lock_waiters: 9}", 15, "do not show the cause"),
        ("name: slow_orders", "name: slow_order", 1, "differs from the file's name; make it 'slow_orders'"),
        ("alerts: [Orders Slow]", "alerts: ['--']", 5, "has no letter or digit"),
        ("kinds:", "kind:", 3, "unknown key 'kind'"),
        ("words: [Orders Are Slow]", "words: ['  a ']", 7, "at least 3"),
        ("summary: Orders wait for a lock.", "summary: !!str Orders", 2, "uses a YAML tag"),
        ("kinds: [postgres]", "name: twice", 3, "duplicate key 'name'"),
    ],
)
def test_a_fault_is_named_with_its_line(old: str, new: str, line: int, words: str) -> None:
    assert old in TEXT
    with pytest.raises(SourceError) as found:
        load(TEXT.replace(old, new))
    assert words in str(found.value)
    assert str(found.value).startswith(f"slow_orders.yaml:{line}: ")


DELIVERY = "delivery: {source: SOURCE, body: {alerts: [{labels: {alertname: NAME, reason: REASON}}]}}"


def example(told: str) -> str:
    return TEXT.replace('signal: {name: x, summary: "orders are slow"}', told)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (DELIVERY.replace("SOURCE", "alertmanger"), "unknown source 'alertmanger'; known: alertmanager"),
        (DELIVERY.replace("SOURCE", "alertmanager"), "this signal does not point to the cause"),
        ("delivery: {source: alertmanager, body: no json}", "cannot be read"),
        ("delivery: {source: alertmanager, body: {alerts: []}}", "brings no signal"),
        ("log: all is well", "this signal does not point to the cause"),
        ("log: a\n    readings: {lock_waiters: 4}", "an example has one of `signal`, `delivery`, `log` and `readings`"),
    ],
)
def test_an_example_that_its_source_does_not_accept_is_a_fault(told: str, words: str) -> None:
    with pytest.raises(SourceError) as found:
        load(example(told))
    assert words in str(found.value)


@pytest.mark.parametrize(
    "told",
    [
        DELIVERY.replace("SOURCE", "alertmanager").replace("NAME", "OrdersSlow"),
        DELIVERY.replace("SOURCE", "alertmanager").replace("NAME", "AllOrdersAreSlowNow"),
        "log: ERROR shop orders are slow",
    ],
)
def test_an_example_may_be_what_a_sender_posts_or_what_a_log_says(told: str) -> None:
    assert load(example(told)).examples[0].ways == 1


def test_a_counterexample_that_is_recognised_is_a_fault() -> None:
    with pytest.raises(SourceError, match="points to the cause, because the signal is named OrdersSlow"):
        load(f"{TEXT}counterexamples:\n  - signal: {{name: OrdersSlow}}\n")
    assert load(f"{TEXT}counterexamples:\n  - signal: {{name: OrdersFast}}\n").counterexamples


def test_a_cause_without_examples_is_refused() -> None:
    with pytest.raises(SourceError, match="'examples' is missing"):
        load(TEXT[: TEXT.index("examples:")])


def test_a_folder_is_linted_whole(tmp_path: Path) -> None:
    (tmp_path / "slow_orders.yaml").write_text(TEXT.replace("lock_waiters", "lock_waiter"))
    (tmp_path / "other.yml").write_text("[]")
    assert [(one.file, one.line) for one in lint_causes(tmp_path, TERMS)][:2] == [
        (f"{tmp_path.name}/other.yml", 1),
        (f"{tmp_path.name}/slow_orders.yaml", 9),
    ]
    assert lint_causes(tmp_path / "slow_orders.yaml", TERMS)
    with pytest.raises(SourceError, match="other"):
        load_causes([tmp_path], TERMS)


def test_a_later_folder_takes_the_place_of_a_cause_before(tmp_path: Path) -> None:
    for folder, summary in (("one", "First words."), ("two", "Second words.")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "slow_orders.yaml").write_text(TEXT.replace("Orders wait for a lock.", summary))
    found = load_causes([tmp_path / "one", tmp_path / "two"], TERMS)
    assert found["slow_orders"].summary == "Second words."


def test_layout_does_not_change_the_digest_and_content_does() -> None:
    assert load().digest == load(f"# a comment\n{TEXT}").digest
    assert load().digest != load(TEXT.replace("at_least: 4", "at_least: 5")).digest


def test_the_shipped_causes_lead_their_symptoms_to_one_name_each() -> None:
    assert {"process_down", "disk_full", "table_bloat"} <= set(CAUSES.names)
    assert list(CAUSES.names) == sorted(CAUSES.names)


def test_an_accepted_cause_that_this_release_does_not_understand_is_left_out(tmp_path: Path) -> None:
    folder = tmp_path / LEARNED_CAUSES
    folder.mkdir()
    (folder / "slow_orders.yaml").write_text(TEXT)
    (folder / "older.yaml").write_text(TEXT.replace("slow_orders", "older").replace("lock_waiters", "lock_waiter"))
    with capture_logs() as logs:
        assert set(load_causes([folder], TERMS).names) == {"slow_orders"}
    assert {(one["event"], one["file"]) for one in logs} == {("learned_cause_left_out", "learned-causes/older.yaml")}
