"""What every check reads in a world in memory."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from grace_workers import checks
from grace_workers.actions import (
    Blocker,
    CacheFigures,
    DeclaredCommand,
    Flag,
    Limit,
    Package,
    ProcessEntry,
    QueuedMessage,
)
from grace_workers.checks import Check, bound_of
from grace_workers.foundation.catalog import discover
from grace_workers.foundation.errors import GraceError, InputError, ThrottledError, TransientError
from grace_workers.testing import (
    MemoryCacheServer,
    MemoryCodebase,
    MemoryCommands,
    MemoryConsole,
    MemoryConsumers,
    MemoryDatabase,
    MemoryEndpoint,
    MemoryEnvironment,
    MemoryErrorLog,
    MemoryFlags,
    MemoryHost,
    MemoryLevels,
    MemoryLimits,
    MemoryPackages,
    MemoryParking,
    MemoryParts,
    MemoryProbe,
    MemoryProcesses,
    MemoryQueues,
    MemoryRevisions,
    MemoryService,
    MemoryTls,
    MemoryTree,
)

CATALOG = discover(checks, Check, label="check")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
FLAG = Flag(key="checkout", enabled=True, variant="on", variants=("on", "off"))
FIGURES = MemoryCacheServer().figures()
MACHINE = MemoryHost().figures()
STATUS = MemoryDatabase().status()
BLOCKER = Blocker(
    pid=1, incarnation="a", waiting=4, transaction_age=timedelta(minutes=1), state="active", application="shop"
)


def tree() -> MemoryTree:
    made = MemoryTree(quota=100, now=NOW)
    made.put("__pycache__/a.pyc", b"x" * 25)
    made.put("a.log", b"x" * 25)
    return made


def locks() -> MemoryTree:
    made = MemoryTree(running={7})
    for path, content in (("ended.lock", b"8"), ("alive.lock", b"7"), ("a.log", b"x" * (2 << 20)), ("b.log", b"x")):
        made.put(path, content)
    return made


def database(**said: Any) -> MemoryDatabase:
    return MemoryDatabase(replace(STATUS, **said))


def branch() -> MemoryRevisions:
    made = MemoryRevisions()
    made.good = {made.add("good", {"a": "1"}).id}
    for number in "23":
        made.add("later", {"a": number})
    return made


def code() -> MemoryCodebase:
    made = MemoryCodebase()
    base = made.main.add("first", {"shop.py": "a = 1\n"})
    patch = "diff --git a/shop.py b/shop.py\n--- a/shop.py\n+++ b/shop.py\n@@ -1 +1 @@\n-a = 1\n+a = 2\n"
    made.propose("grace/fix", patch, "Fix a\n", base=base.id, at=NOW)
    return made


PACKAGES = {
    "shop": Package(name="shop", version="1.0", intact=False, damaged=3),
    "other": Package(name="other", version=None, intact=False),
}
STALE = MemoryConsole(
    tables={"orders": (0, 5000), "few": (0, 3)},
    changed={"orders": 10_000, "few": 3},
    indexes={"by_date": (2_000_000, 100_000)},
)
PARKING = MemoryParking(
    {"mail": [QueuedMessage(id="1", task="a", fault=None), QueuedMessage(id="2", task="b", fault="expired")]},
    {"mail": [QueuedMessage(id=str(number), task="c", fault=None) for number in (3, 4)]},
)
TABLE = MemoryProcesses(
    [
        ProcessEntry(pid=one, incarnation="a", parent=1, name="convert", user="shop", memory=one << 20, zombies=ended)
        for one, ended in ((64, 2), (32, 9))
    ]
)
COMMANDS = MemoryCommands(
    {name: DeclaredCommand(name=name, changes="the balancer") for name in ("drain", "open")}, {"drain"}
)
CASES: list[tuple[str, Any, dict[str, Any], float]] = [
    ("alive", MemoryService(), {}, 1),
    ("alive", MemoryService(running=False), {}, 0),
    ("serving_seconds", MemoryService(serving=timedelta(seconds=12)), {}, 12),
    ("serving_seconds", MemoryService(running=False), {}, 0),
    ("http_status", MemoryProbe(status=503), {"path": "/health"}, 503),
    ("http_status", MemoryProbe(seconds=9), {"timeout": 1}, 0),
    ("http_latency_ms", MemoryProbe(seconds=0.25), {"requests": 3}, 250),
    ("lock_waiters", MemoryConsole(blocking=[BLOCKER]), {}, 4),
    ("error_count", MemoryErrorLog(lines=[(NOW - timedelta(seconds=s), "x") for s in (1, 5, 50)], now=NOW), {}, 2),
    ("error_count", MemoryErrorLog(lines=[(NOW - timedelta(seconds=50), "x")], now=NOW), {"window": 60}, 1),
    ("disk_used_ratio", tree(), {}, 0.5),
    ("cache_files", tree(), {}, 1),
    ("cache_files", tree(), {"patterns": ["*.log", "*.gone"]}, 1),
    ("dead_tuples", MemoryConsole(tables={"orders": (7, 1)}), {"table": "orders"}, 7),
    ("wal_bytes_since_checkpoint", MemoryConsole(pending=4096), {}, 4096),
    ("flag_variant_is", MemoryFlags({"checkout": FLAG}), {"flag": "checkout", "variant": "on"}, 1),
    ("flag_variant_is", MemoryFlags({"checkout": FLAG}), {"flag": "checkout", "variant": "off"}, 0),
    (
        "flag_variant_is",
        MemoryFlags({"checkout": replace(FLAG, enabled=False)}),
        {"flag": "checkout", "variant": "on"},
        0,
    ),
    ("service_limit", MemoryLimits({"a": Limit(name="a", value=7, lowest=1, highest=9)}), {"limit": "a"}, 7),
    ("service_limit", MemoryLimits({"a": Limit(name="a", value=None, lowest=1, highest=9)}), {"limit": "a"}, -1),
    ("log_level_is", MemoryLevels(configured={"shop": "INFO"}), {"logger": "shop", "level": "info"}, 1),
    ("log_level_is", MemoryLevels(), {"level": "DEBUG"}, 0),
    ("cache_memory_ratio", MemoryCacheServer(replace(FIGURES, memory_used=7, memory_limit=10)), {}, 0.7),
    ("cache_evicted_keys", MemoryCacheServer(replace(FIGURES, evicted_keys=12)), {}, 12),
    ("cache_clients_ratio", MemoryCacheServer(replace(FIGURES, clients=30, client_limit=40)), {}, 0.75),
    ("replication_lag_bytes", MemoryCacheServer(replace(FIGURES, replica_lags=(5, 900))), {"replicas": 2}, 900),
    ("host_memory_ratio", MemoryHost(replace(MACHINE, memory=0.75)), {}, 0.75),
    ("host_load_per_core", MemoryHost(replace(MACHINE, load_per_core=2.5)), {}, 2.5),
    ("host_open_files_ratio", MemoryHost(replace(MACHINE, open_files=0.25)), {}, 0.25),
    ("host_disk_ratio", MemoryHost(disks={"/var": 0.625}), {"path": "/var"}, 0.625),
    ("name_resolves", MemoryEndpoint(), {}, 1),
    ("name_resolves", MemoryEndpoint(known=False), {}, 0),
    ("tcp_connects", MemoryEndpoint(), {}, 1),
    ("tcp_connects", MemoryEndpoint(accepts=False), {}, 0),
    ("database_answers", MemoryDatabase(), {}, 1),
    ("database_answers", MemoryDatabase(answers=False), {}, 0),
    ("database_answers", MemoryDatabase(refuses=True), {}, 0.5),
    ("database_connections_ratio", database(connections=90, connection_limit=120), {}, 0.75),
    ("database_idle_transaction_seconds", database(idle_transaction=timedelta(minutes=5)), {}, 300),
    ("database_query_seconds", database(longest_query=timedelta(minutes=2)), {}, 120),
    ("database_replica_lag_seconds", database(replica_lag=timedelta(minutes=15)), {}, 900),
    ("database_retained_bytes", database(retained_bytes=4096), {}, 4096),
    ("database_transaction_ids_ratio", database(transaction_ids=0.75), {}, 0.75),
    ("revisions_since_good", branch(), {}, 2),
    ("branch_is_there", code(), {"branch": "grace/fix"}, 1),
    ("branch_is_there", code(), {"branch": "grace/other"}, 0),
    ("unmerged_files", code(), {"branch": "grace/fix"}, 1),
    ("unmerged_files", code(), {"branch": "grace/other"}, 1),
    ("answer_schema", MemoryProbe(body=b"{}"), {}, 46564042241544),
    ("files_changed_in_place", MemoryRevisions(in_place=["a", "b"]), {}, 2),
    ("damaged_package_files", MemoryPackages(PACKAGES), {}, 4),
    ("consumers", MemoryConsumers({"a@x": {"mail", "other"}, "b@x": {"other"}}), {"queues": ["mail", "other"]}, 1),
    ("changed_rows_ratio", STALE, {"table": "orders"}, 2),
    ("changed_rows_ratio", STALE, {"table": "few"}, 0.003),
    ("index_bytes_per_row", STALE, {"index": "by_date", "table": "orders"}, 400),
    ("faulty_messages", PARKING, {"queue": "mail"}, 1),
    ("parked_messages", PARKING, {"queue": "mail"}, 2),
    ("process_memory_mib", TABLE, {"name": "convert"}, 64),
    ("process_memory_mib", TABLE, {"name": "gone"}, 0),
    ("uncollected_children", TABLE, {"name": "convert"}, 9),
    ("command_holds", COMMANDS, {"command": "drain"}, 1),
    ("command_holds", COMMANDS, {"command": "open"}, 0),
    ("unhealthy_parts", MemoryParts(unhealthy={"a", "b"}), {}, 2),
    ("stale_locks", locks(), {"pattern": "*.lock"}, 1),
    ("largest_file_mib", locks(), {"pattern": "*.log"}, 2),
    ("largest_file_mib", locks(), {"pattern": "*.gone"}, 0),
    ("cache_answers", MemoryCacheServer(), {}, 1),
    ("cache_answers", MemoryCacheServer(answers=False), {}, 0),
    ("cache_answers", MemoryCacheServer(refuses=True), {}, 0.5),
    ("package_differs", MemoryPackages(PACKAGES), {"package": "shop", "version": "1.0"}, 0),
    ("package_differs", MemoryPackages(PACKAGES), {"package": "shop", "version": "2.0"}, 1),
    ("package_differs", MemoryPackages(PACKAGES), {"package": "other", "version": "1.0"}, 1),
    ("damaged_package_files", MemoryPackages(PACKAGES), {"package": "other"}, 1),
    ("queue_length", MemoryQueues({"celery": 90, "mail": 12}), {"queues": ["celery", "mail", "idle"]}, 102),
]
FACTS: list[tuple[str, Any, list[Any]]] = [
    ("environment", MemoryEnvironment("memory:one"), ["memory:one"]),
    ("recent_errors", MemoryErrorLog(lines=[(NOW, "one"), (NOW, "two")], now=NOW), ["one", "two"]),
    (
        "flags",
        MemoryFlags({"checkout": FLAG}),
        [{"key": "checkout", "enabled": True, "variant": "on", "variants": ["on", "off"]}],
    ),
]
TOLERANCES: list[tuple[str, float, dict[str, str], bool]] = [
    ("alive", 1, {}, True),
    ("alive", 0, {}, False),
    ("serving_seconds", 11, {}, True),
    ("serving_seconds", 10, {}, False),
    ("http_status", 200, {}, True),
    ("http_status", 404, {}, True),
    ("http_status", 404, {"health_path": "/"}, False),
    ("http_status", 500, {}, False),
    ("http_status", 0, {}, False),
    ("http_latency_ms", 499, {}, True),
    ("http_latency_ms", 500, {}, False),
    ("http_latency_ms", 900, {"http_latency_ms_bound": "1000"}, True),
    ("lock_waiters", 3, {}, False),
    ("lock_waiters", 3, {"lock_waiters_bound": "many"}, False),
    ("error_count", 0, {}, True),
    ("error_count", 1, {}, False),
    ("disk_used_ratio", 0.9, {}, False),
    ("dead_tuples", 9_999, {}, True),
    ("wal_bytes_since_checkpoint", 2**30, {}, False),
    ("cache_clients_ratio", 0.9, {}, False),
    ("replication_lag_bytes", 10 << 20, {}, False),
    ("host_memory_ratio", 0.95, {}, False),
    ("host_load_per_core", 3.9, {}, True),
    ("host_open_files_ratio", 0.9, {}, False),
    ("host_disk_ratio", 0.89, {}, True),
    ("name_resolves", 0, {}, False),
    ("tcp_connects", 1, {}, True),
    ("certificate_days", 7, {}, False),
    ("certificate_days", 8, {}, True),
    ("database_answers", 0, {}, False),
    ("database_answers", 0.5, {}, False),
    ("cache_answers", 0.5, {}, False),
    ("database_connections_ratio", 0.9, {}, False),
    ("database_idle_transaction_seconds", 299, {}, True),
    ("database_query_seconds", 120, {}, False),
    ("database_replica_lag_seconds", 60, {}, False),
    ("database_retained_bytes", 2**30, {}, False),
    ("database_transaction_ids_ratio", 0.4, {}, True),
    ("consumers", 0, {}, False),
    ("queue_length", 100, {}, False),
    ("queue_length", 100, {"queue_length_bound": "500"}, True),
]


@pytest.mark.parametrize(("name", "role", "params", "expected"), CASES)
def test_a_check_reads_what_is_there(name: str, role: Any, params: dict[str, Any], expected: float) -> None:
    check = CATALOG[name]
    assert check.probe(role, check.params.read(params, "params")) == pytest.approx(expected)


@pytest.mark.parametrize(("name", "role", "expected"), FACTS)
def test_a_check_without_a_unit_reads_facts(name: str, role: Any, expected: list[Any]) -> None:
    check = CATALOG[name]
    assert check.unit is None
    assert check.probe(role, check.params()) == expected


class Throttled:
    """A role of any kind whose every call our own rate limit holds back."""

    def __getattr__(self, name: str) -> Any:
        def refused(*_args: Any, **_options: Any) -> Any:
            raise ThrottledError(f"{name} is called more than 50 times a second")

        return refused


@pytest.mark.parametrize(("name", "params"), sorted({name: params for name, _, params, _ in CASES}.items()))
def test_a_call_that_we_held_back_ourselves_gives_no_reading(name: str, params: dict[str, Any]) -> None:
    check = CATALOG[name]
    with pytest.raises(ThrottledError):
        check.probe(Throttled(), check.params.read(params, "params"))


def test_every_check_is_tried() -> None:
    told_by_the_clock = {"certificate_days"}
    assert set(CATALOG.names) == {name for name, *_ in (*CASES, *FACTS)} | told_by_the_clock


@pytest.mark.parametrize(("name", "value", "labels", "fine"), TOLERANCES)
def test_a_check_says_which_readings_show_nothing_wrong(
    name: str, value: float, labels: dict[str, str], fine: bool
) -> None:
    tolerates = CATALOG[name].tolerates
    assert tolerates is not None
    assert tolerates(value, labels) is fine


def test_a_label_that_is_no_finite_number_sets_no_bound() -> None:
    assert [bound_of("alive", 3, {"alive_bound": text}) for text in ("7", "many", "inf", "nan")] == [7, 3, 3, 3]


@pytest.mark.parametrize("name", CATALOG.names)
def test_what_is_evidence_asks_for_params_that_the_check_takes(name: str) -> None:
    check = CATALOG[name]
    labels = {
        "tables": "orders, carts",
        "health_path": "/healthz",
        "logger": "shop",
        "queues": "celery, mail",
        "replicas": "2",
        "indexes": "orders_pkey on orders, nonsense",
        "memory_limited": "convert",
        "collects_children": "convert",
        "must_hold": "drain",
        "locks": "run/*.lock",
        "logs": "*.log",
        "packages": "requests",
        "pins": "requests==2.32.0, nonsense",
    }
    for params in check.from_labels(labels) if check.evidence_for else ():
        assert check.params.read(dict(params), "params")


@pytest.mark.parametrize("name", CATALOG.names)
def test_what_explains_a_reading_is_a_check_of_facts_of_the_same_role(name: str) -> None:
    detail = CATALOG[name].detail
    if detail is not None:
        assert (CATALOG[detail].unit, CATALOG[detail].role) == (None, CATALOG[name].role)


@pytest.mark.parametrize("name", CATALOG.names)
def test_an_unknown_param_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="surprise"):
        CATALOG[name].params.read({"surprise": 1}, "params")


def test_what_does_not_say_since_when_it_serves_has_not_served_for_ever() -> None:
    check = CATALOG["serving_seconds"]
    with pytest.raises(GraceError, match="since when"):
        check.probe(MemoryService(serving=None), check.params())


def test_no_answer_has_no_latency() -> None:
    check = CATALOG["http_latency_ms"]
    with pytest.raises(TransientError, match="no answer"):
        check.probe(MemoryProbe(seconds=9), check.params())


def test_a_reading_that_cannot_be_had_is_an_error_and_no_number() -> None:
    check = CATALOG["dead_tuples"]
    with pytest.raises(GraceError):
        check.probe(MemoryConsole(), check.params.read({"table": "ghosts"}, "params"))


@pytest.mark.parametrize(
    ("name", "figures", "words"),
    [
        ("cache_memory_ratio", replace(FIGURES, memory_limit=0), "maxmemory"),
        ("cache_clients_ratio", replace(FIGURES, client_limit=0), "maxclients"),
        ("replication_lag_bytes", FIGURES, "0 of 1 replicas"),
    ],
)
def test_a_figure_that_the_server_does_not_give_is_an_error(name: str, figures: CacheFigures, words: str) -> None:
    check = CATALOG[name]
    with pytest.raises(GraceError, match=words):
        check.probe(MemoryCacheServer(figures), check.params())


@pytest.mark.parametrize("label", ["", "0", "-1", "two", "1e9", "9999", "²"])
def test_a_label_that_is_no_number_of_replicas_asks_for_no_reading(label: str) -> None:
    assert CATALOG["replication_lag_bytes"].from_labels({"replicas": label}) == []


def test_the_days_of_a_certificate_are_counted_from_now_and_below_zero_after_its_end() -> None:
    check, now = CATALOG["certificate_days"], datetime.now(UTC)
    for days in (30, -2):
        read = check.probe(MemoryTls(now + timedelta(days=days)), check.params())
        assert days - 0.01 < read <= days
