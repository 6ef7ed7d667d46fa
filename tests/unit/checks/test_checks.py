"""What every check reads in a world in memory."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from grace_workers.actions import (
    CacheFigures,
)
from grace_workers.checks import bound_of
from grace_workers.foundation.errors import GraceError, InputError, ThrottledError, TransientError
from grace_workers.testing import (
    MemoryCacheServer,
    MemoryConsole,
    MemoryProbe,
    MemoryService,
    MemoryTls,
)
from tests.unit.checks.cases import CASES, CATALOG, FACTS, FIGURES, TOLERANCES


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
