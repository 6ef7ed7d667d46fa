from datetime import UTC, datetime

from grace_workers.foundation.catalog import discover
from grace_workers.foundation.ids import TargetName
from grace_workers.signals import Severity, Signal, Signature, Source, aimed, sources


def signal(target: str | None, **labels: str) -> Signal:
    return Signal(
        source="plain",
        name="n",
        target=TargetName(target) if target else None,
        severity=Severity.ERROR,
        summary="s",
        labels=labels,
        signature=Signature("n~0"),
        delivery_key="k",
        observed_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def test_the_catalog_holds_what_ships() -> None:
    found = discover(sources, Source, label="source").names
    assert {"alertmanager", "cloudevents", "grafana", "pagerduty", "plain"} <= set(found)


def test_a_known_target_is_kept() -> None:
    assert aimed(signal("shop"), {TargetName("shop")}).target == "shop"


def test_a_label_that_names_a_known_target_replaces_an_unknown_one() -> None:
    assert aimed(signal("10.0.0.1:80", instance="10.0.0.1:80", job="shop"), {TargetName("shop")}).target == "shop"


def test_a_signal_that_names_nothing_known_has_no_target() -> None:
    assert aimed(signal("ghost", job="other"), {TargetName("shop")}).target is None
