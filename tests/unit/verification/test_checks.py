"""What every check reads, in a world in memory."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from grace_workers.actions import Blocker, Flag
from grace_workers.adapters.memory.world import (
    MemoryConsole,
    MemoryErrorLog,
    MemoryFlags,
    MemoryLevels,
    MemoryProbe,
    MemoryService,
    MemoryTree,
)
from grace_workers.foundation.catalog import discover
from grace_workers.foundation.errors import GraceError, InputError, TransientError
from grace_workers.verification import Check, checks

CATALOG = discover(checks, Check, label="check")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
FLAG = Flag(key="checkout", enabled=True, variant="on", variants=("on", "off"))
BLOCKER = Blocker(
    pid=1, incarnation="a", waiting=4, transaction_age=timedelta(minutes=1), state="active", application="shop"
)


def tree() -> MemoryTree:
    made = MemoryTree(quota=100, now=NOW)
    made.put("__pycache__/a.pyc", b"x" * 25)
    made.put("a.log", b"x" * 25)
    return made


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
    ("log_level_is", MemoryLevels(configured={"shop": "INFO"}), {"logger": "shop", "level": "info"}, 1),
    ("log_level_is", MemoryLevels(), {"level": "DEBUG"}, 0),
]


@pytest.mark.parametrize(("name", "role", "params", "expected"), CASES)
def test_a_check_reads_what_is_there(name: str, role: Any, params: dict[str, Any], expected: float) -> None:
    check = CATALOG[name]
    assert check.probe(role, check.params.read(params, "params")) == pytest.approx(expected)


def test_every_check_is_tried() -> None:
    assert set(CATALOG.names) == {name for name, *_ in CASES}


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
