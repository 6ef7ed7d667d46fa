from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from grace_workers.foundation.errors import InputError
from grace_workers.signals import SignalStatus
from grace_workers.signals.sources.probe import parse

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


def detection(**fields: Any) -> Any:
    return {
        "trigger": "heartbeat_stall",
        "check": "alive",
        "target": "shop",
        "severity": "critical",
        "summary": "shop: 2 signs of life missed in a row",
        "since": "2026-11-21T07:59:00Z",
        "observed_at": "2026-11-21T07:59:30Z",
        **fields,
    }


def test_a_detection_is_a_signal_named_after_its_trigger() -> None:
    [signal] = parse(detection(), {}, NOW)
    assert (signal.source, signal.name, signal.target) == ("probe", "heartbeat_stall", "shop")
    assert signal.signature.startswith("heartbeat_stall~")


def test_firing_and_end_of_one_condition_share_the_signature_and_not_the_delivery_key() -> None:
    [firing], [ended] = parse(detection(), {}, NOW), parse(detection(status="resolved"), {}, NOW)
    assert ended.status is SignalStatus.RESOLVED
    assert ended.signature == firing.signature
    assert ended.delivery_key != firing.delivery_key


def test_a_detection_told_twice_has_one_delivery_key() -> None:
    again = detection(observed_at="2026-11-21T07:59:40Z")
    assert parse(detection(), {}, NOW)[0].delivery_key == parse(again, {}, NOW)[0].delivery_key


def test_a_detection_from_the_future_counts_as_now() -> None:
    assert parse(detection(observed_at=(NOW + timedelta(hours=1)).isoformat()), {}, NOW)[0].observed_at == NOW


@pytest.mark.parametrize("body", [None, {}, detection(extra=1), detection(number=0), detection(summary="a\x00")])
def test_what_is_no_detection_is_refused(body: Any) -> None:
    with pytest.raises(InputError, match="detection"):
        parse(body, {}, NOW)
