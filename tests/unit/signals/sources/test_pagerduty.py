import json
from datetime import UTC, datetime
from typing import Any

import pytest

from grace_workers.foundation.errors import InputError
from grace_workers.signals import Delivery, Parsed, Severity, SignalStatus
from grace_workers.signals.sources.pagerduty import DEFINITION

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
EVENT = json.loads(DEFINITION.example.body)


def delivery(body: Any) -> Delivery:
    return Delivery(body=json.dumps(body).encode(), received_at=NOW)


def parse(body: Any) -> Parsed:
    return DEFINITION.parse(delivery(body))


def test_a_trigger_names_its_target_by_component_or_source() -> None:
    [signal] = parse(EVENT).signals
    assert (signal.target, signal.severity, signal.member) == ("shop-web", Severity.CRITICAL, "shop-web/disk")
    payload = {"summary": "down", "source": "db-1", "severity": "warning"}
    [other] = parse(EVENT | {"payload": payload}).signals
    assert (other.target, other.severity, other.name) == ("db-1", Severity.WARNING, "down")


def test_a_resolve_continues_the_trigger_of_its_key() -> None:
    [begun] = parse(EVENT).signals
    [ended] = parse({"event_action": "resolve", "dedup_key": "shop-web/disk", "routing_key": "r"}).signals
    assert (ended.status, ended.continues, ended.member) == (SignalStatus.RESOLVED, begun.delivery_key, begun.member)
    assert ended.target is None


def test_an_acknowledgement_changes_nothing_and_is_answered() -> None:
    given = delivery({"event_action": "acknowledge", "dedup_key": "k"})
    found = DEFINITION.parse(given)
    assert not found.signals
    assert not any(one.whole for one in found.left_out)
    assert DEFINITION.answer is not None
    answer = DEFINITION.answer(given, found)
    assert (answer.status, json.loads(answer.body)["dedup_key"]) == (202, "k")


def test_without_a_key_the_same_event_has_the_same_one() -> None:
    keys = {
        parse({name: EVENT[name] for name in ("event_action", "payload")}).signals[0].delivery_key for _ in range(2)
    }
    assert len(keys) == 1


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ([], "must be an object"),
        ({"event_action": "change"}, "none of trigger, acknowledge, resolve"),
        ({"event_action": "resolve"}, "without a dedup_key"),
        ({"event_action": "trigger", "payload": {"source": "x"}}, r"without payload.summary"),
        ({"event_action": "trigger", "payload": []}, r"without payload.summary"),
    ],
)
def test_what_is_no_event_is_refused_with_what_it_lacks(event: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse(event)
