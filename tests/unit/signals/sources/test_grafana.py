import contextlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.foundation.errors import InputError
from grace_workers.signals import Delivery, Parsed, Severity, SignalStatus, hmac_sha256
from grace_workers.signals.sources import alertmanager, grafana

DATA = Path(__file__).parents[3] / "data"
NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


def delivery(body: Any) -> Delivery:
    return Delivery(body=json.dumps(body).encode(), received_at=NOW)


def parse(body: Any) -> Parsed:
    return grafana.parse(delivery(body))


def sample(name: str) -> Any:
    return json.loads((DATA / name).read_text())


def signed(given: Delivery, secret: str, at: datetime) -> Delivery:
    stamp = str(int(at.timestamp()))
    digest = hmac_sha256(secret, f"{stamp}:".encode(), given.body).hex()
    return replace(given, headers={"x-grafana-alerting-timestamp": stamp, "x-grafana-alerting-signature": digest})


def test_a_rule_of_an_old_grafana_gives_one_signal() -> None:
    body = sample("grafana-7.json")
    assert grafana.fits(delivery(body))
    assert not alertmanager.fits(delivery(body))
    [signal] = parse(body).signals
    assert (signal.name, signal.target, signal.severity) == ("Shop answers slowly", "shop-web", Severity.CRITICAL)
    assert (signal.status, signal.summary) == (SignalStatus.FIRING, "The shop answers slowly")
    assert signal.attributes["values"] == {"shop {99th}": 15.748}


def test_the_end_of_a_rule_has_target_and_signature_of_its_beginning() -> None:
    [firing], [ended] = (parse(sample(name)).signals for name in ("grafana-7.json", "grafana-5-ok.json"))
    assert ended.status is SignalStatus.RESOLVED
    assert (ended.target, ended.signature) == (firing.target, firing.signature)


def test_the_series_that_matched_names_the_target_where_the_rule_names_none() -> None:
    body = sample("grafana-7.json") | {"tags": {}}
    assert parse(body).signals[0].target == "web-1:9100"


def test_missing_data_is_a_condition() -> None:
    body = sample("grafana-5-ok.json") | {"state": "no_data", "tags": None, "evalMatches": None}
    assert parse(body).signals[0].status is SignalStatus.FIRING


def test_a_long_tag_is_cut_and_named() -> None:
    found = parse(sample("grafana-7.json") | {"tags": {"a": "x" * 5000}})
    assert [(one.whole, "cut from 5000" in one.reason) for one in found.left_out] == [(False, True)]


@pytest.mark.parametrize("changes", [{"state": "paused"}, {"state": 1}, {"ruleName": None}])
def test_a_rule_that_neither_fires_nor_has_ended_is_refused_with_a_sentence(changes: Any) -> None:
    with pytest.raises(InputError, match="grafana webhook"):
        parse(sample("grafana-7.json") | changes)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abtagsvalue"), inner, max_size=3),
)


@given(st.dictionaries(st.sampled_from([*sample("grafana-7.json"), "x"]), JSON))
def test_any_json_is_either_a_signal_or_an_input_error(changes: Any) -> None:
    with contextlib.suppress(InputError):
        assert json.dumps(dict(parse(sample("grafana-7.json") | changes).signals[0].attributes), allow_nan=False)
