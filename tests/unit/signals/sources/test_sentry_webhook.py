import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from grace_workers.foundation.errors import InputError
from grace_workers.signals import Delivery, Parsed, Severity, SignalStatus, hmac_sha256
from grace_workers.signals.sources.sentry_webhook import DEFINITION

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
ISSUE = json.loads(DEFINITION.example.body)["data"]["issue"]
EVENT = {
    "event_id": "e1",
    "issue_id": ISSUE["id"],
    "level": "fatal",
    "tags": [["service", "shop-web"], ["browser", "x"]],
    "exception": {"values": [{"type": "KeyError", "value": "'cart'"}]},
    "web_url": "https://sentry.example/1",
}


def signed(delivery: Delivery, secret: str, at: datetime) -> Delivery:
    del at
    return replace(delivery, headers={"sentry-hook-signature": hmac_sha256(secret, delivery.body).hex()})


def parse(action: str, **data: Any) -> Parsed:
    return DEFINITION.parse(Delivery(body=json.dumps({"action": action, "data": data}).encode(), received_at=NOW))


def test_the_end_of_an_issue_continues_the_alert_of_it() -> None:
    [alert] = parse("triggered", event=EVENT).signals
    [ended] = parse("resolved", issue=ISSUE).signals
    assert (alert.target, alert.severity, alert.name) == ("shop-web", Severity.CRITICAL, "KeyError")
    assert (ended.status, ended.continues, ended.member) == (SignalStatus.RESOLVED, alert.delivery_key, alert.member)


def test_an_issue_says_its_project_where_it_came_first() -> None:
    [signal] = parse("created", issue=ISSUE).signals
    assert (signal.target, signal.name, signal.status) == ("shop-web", "ZeroDivisionError", SignalStatus.FIRING)


def test_a_metric_alert_begins_and_ends_as_one_condition() -> None:
    alert = {"id": "7", "alert_rule": {"id": "1", "name": "Too many errors"}, "projects": ["shop-web"]}
    [begun] = parse("critical", metric_alert=alert, description_text="1000 events in 10 minutes").signals
    [ended] = parse("resolved", metric_alert=alert).signals
    assert (begun.target, begun.severity, begun.summary) == ("shop-web", Severity.CRITICAL, "1000 events in 10 minutes")
    assert (begun.signature, begun.member, ended.status) == (ended.signature, ended.member, SignalStatus.RESOLVED)


@pytest.mark.parametrize(("action", "data"), [("created", {"installation": {}}), ("assigned", {"issue": ISSUE})])
def test_what_is_no_condition_is_noted(action: str, data: Any) -> None:
    found = parse(action, **data)
    assert not found.signals
    assert [one.whole for one in found.left_out] == [False]


def test_a_body_without_an_action_is_refused() -> None:
    with pytest.raises(InputError, match="no action"):
        DEFINITION.parse(Delivery(body=b"{}", received_at=NOW))
