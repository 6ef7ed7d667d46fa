from typing import Any

import pytest

from grace_workers.foundation.errors import InputError
from grace_workers.signals import Signal, SignalStatus
from grace_workers.signals.detected import Detection, signal_of


def detection(**fields: Any) -> Any:
    return {
        "trigger": "heartbeat_stall",
        "check": "alive",
        "target": "shop",
        "severity": "critical",
        "summary": "shop: 2 heartbeats missed in a row",
        "since": "2026-11-21T07:59:00Z",
        "observed_at": "2026-11-21T07:59:30Z",
        **fields,
    }


def told(raw: Any) -> Signal:
    return signal_of(Detection.read(raw, "detection"))


def test_a_detection_is_a_signal_named_after_its_trigger() -> None:
    signal = told(detection())
    assert (signal.source, signal.name, signal.target) == ("probe", "heartbeat_stall", "shop")
    assert signal.signature.startswith("heartbeat_stall~")


def test_firing_and_end_of_one_condition_share_the_signature_and_not_the_delivery_key() -> None:
    firing, ended = told(detection()), told(detection(status="resolved"))
    assert ended.status is SignalStatus.RESOLVED
    assert ended.signature == firing.signature
    assert ended.delivery_key != firing.delivery_key


def test_a_detection_reported_twice_has_one_delivery_key() -> None:
    again = detection(observed_at="2026-11-21T07:59:40Z")
    assert told(detection()).delivery_key == told(again).delivery_key


@pytest.mark.parametrize("body", [None, {}, detection(extra=1), detection(number=0)])
def test_what_is_no_detection_is_refused(body: Any) -> None:
    with pytest.raises(InputError, match="detection"):
        told(body)
