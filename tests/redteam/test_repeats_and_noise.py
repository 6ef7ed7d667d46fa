"""What real senders do all day, over HTTP and a real database: repeats, single ends, churning labels, noise."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from grace_workers.foundation.ids import IncidentId, parse_uuid
from grace_workers.orchestration import operations, switches
from grace_workers.orchestration.dossier import Closing, Happening
from grace_workers.orchestration.line.arrows import Mover
from grace_workers.orchestration.line.transition import moved
from grace_workers.signals import IncidentState
from tests.acceptance.api_world import ApiWorld

pytestmark = [pytest.mark.redteam, pytest.mark.servers]

BEGAN = (datetime.now(UTC) - timedelta(hours=1)).isoformat()


def alert(pod: str = "a", *, status: str = "firing", name: str = "PodDown", **labels: str) -> dict[str, Any]:
    every = {"alertname": name, "grace_target": "shop-web", "severity": "critical", "pod": pod, **labels}
    return {
        "status": status,
        "labels": every,
        "annotations": {"summary": f"{pod} is down"},
        "startsAt": BEGAN,
        "endsAt": datetime.now(UTC).isoformat() if status == "resolved" else "0001-01-01T00:00:00Z",
        "fingerprint": "-".join(sorted(every.values())),
    }


def flush(api: ApiWorld, *alerts: dict[str, Any]) -> list[dict[str, Any]]:
    """Send what Alertmanager sends at a flush of the group."""
    body = {"version": "4", "groupKey": "g", "truncatedAlerts": 0, "receiver": "grace", "alerts": list(alerts)}
    answer = api.post("/api/v1/signals/alertmanager", body)
    assert answer.status_code == 202, answer.text
    found: list[dict[str, Any]] = answer.json()["receipts"]
    return found


def fates(receipts: list[dict[str, Any]]) -> list[str]:
    return [one["fate"] for one in receipts]


def state(api: ApiWorld, incident: str) -> str:
    found: str = api.get(f"/api/v1/incidents/{incident}").json()["state"]
    return found


def stage(api: ApiWorld, incident: str, to: IncidentState, *, gate: str = "", closing: Closing | None = None) -> None:
    """Do what the line's workers would: move the incident, say why."""
    runtime = api.runtime
    with runtime.ledger.transaction() as tx:
        before = tx.incidents.load(IncidentId(parse_uuid(incident, "incident")))
        path = {IncidentState.REFUSED: ["diagnosed", "planned", "refused"], IncidentState.ESCALATED: ["escalated"]}
        healed = ["diagnosed", "planned", "granted", "contracted", "snapshotted", "executed", "verified", "closed"]
        after = before
        for step in path.get(to, healed):
            after = moved(after, IncidentState(step), runtime.clock.now(), Mover.STAGE)
        tx.incidents.save(
            type(after)(incident=after.incident, signal=after.signal, closing=closing), expected_version=1
        )
        told = Happening(
            at=runtime.clock.now(), stage="test", state=to.value, headline="t", took=0.0, data={"gate": gate}
        )
        tx.incidents.note(before.incident.id, told)


def test_an_alert_refused_during_a_freeze_is_handled_after_it(api: ApiWorld) -> None:
    first = flush(api, alert())[0]
    switches.turn(api.runtime.ledger, api.runtime.clock, "freeze", on=True, reason="r", by="ann")
    stage(api, first["incident"], IncidentState.REFUSED, gate="freeze", closing=Closing.REFUSED)
    assert fates(flush(api, alert())) == ["joined"]
    switches.turn(api.runtime.ledger, api.runtime.clock, "freeze", on=False, reason="r", by="ann")
    assert fates(flush(api, alert())) == ["revived"]
    assert state(api, first["incident"]) == "open"
    waiting = api.get("/api/v1/jobs?state=queued").json()
    assert sum(job["incident"] == first["incident"] for job in waiting) == 2


def test_an_alert_that_fires_again_under_its_old_start_opens_again(api: ApiWorld) -> None:
    told = [
        flush(api, alert(status=one))[0] for one in ("firing", "resolved", "firing", "firing", "resolved", "firing")
    ]
    assert fates(told) == ["opened", "resolved", "opened", "repeated", "resolved", "opened"]


def test_an_alert_that_began_before_a_heal_but_first_arrives_after_it_opens_an_incident(api: ApiWorld) -> None:
    first = flush(api, alert("a"))[0]
    stage(api, first["incident"], IncidentState.CLOSED, closing=Closing.HEALED)
    echo, late = flush(api, alert("a"), alert("b"))
    assert (echo["fate"], late["fate"]) == ("repeated", "opened")


def test_what_a_person_closed_without_fixing_it_opens_at_the_second_repeat(api: ApiWorld) -> None:
    first = flush(api, alert())[0]
    stage(api, first["incident"], IncidentState.ESCALATED, closing=Closing.ESCALATED)
    incident = IncidentId(parse_uuid(first["incident"], "incident"))
    operations.close(api.runtime.ledger, api.runtime.clock, incident, by="ann", reason="looks fine")
    with psycopg.connect(api.database) as session:
        session.execute("UPDATE incidents SET closed_at = closed_at - interval '1 minute'")
    assert fates(flush(api, alert())) == ["opened"]


def test_what_fires_on_at_the_end_of_a_large_delivery_keeps_its_incident_open(api: ApiWorld) -> None:
    first = flush(api, alert("a"))[0]
    others = [alert(name=f"Other{chr(97 + n % 26)}{chr(97 + n // 26)}") for n in range(260)]
    told = flush(api, alert("a", status="resolved"), *others, alert("b"))
    assert (told[0]["fate"], told[-1]["fate"]) == ("joined", "joined")
    assert state(api, first["incident"]) == "open"


def test_two_pods_of_one_rule_close_their_incident_with_the_last(api: ApiWorld) -> None:
    one, other = flush(api, alert("a"), alert("b"))
    assert one["incident"] == other["incident"]
    ended = flush(api, alert("a", status="resolved"), alert("b"))
    assert fates(ended) == ["joined", "repeated"]
    assert state(api, one["incident"]) == "open"
    assert fates(flush(api, alert("b", status="resolved"))) == ["resolved"]


def test_a_storm_of_pods_ends_with_the_last_of_them_in_any_order(api: ApiWorld) -> None:
    pods = [f"pod-{number}" for number in range(300)]
    incident = flush(api, *(alert(pod) for pod in pods))[0]["incident"]
    flush(api, *(alert(pod, status="resolved") for pod in reversed(pods[1:])))
    assert state(api, incident) == "open"
    flush(api, alert(pods[0], status="resolved"))
    assert state(api, incident) == "closed"


@pytest.mark.parametrize(
    ("label", "values"),
    [
        ("value", ["0.9731", "0.98", "1"]),
        ("current_value", ["high 1", "high 2"]),
        ("usage", ["93.2%", "94%", "9.5e+01"]),
        ("free", ["12.3GiB", "900 MiB"]),
        ("pending", ["3m 22s", "1h 4m 2s"]),
        ("depth", ["1204", "1207"]),
        ("detail", ["disk at 93% of /var", "disk at 94.5% of /var"]),
        ("seen", ["2026-11-21 06:32:13.84 +0000 UTC", "2026-11-21 06:33:13.84 +0000 UTC"]),
        ("trace_id", ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7a3ce929d0e0e4736"]),
    ],
)
def test_a_measured_value_in_a_label_makes_no_incident_per_evaluation(
    api: ApiWorld, label: str, values: list[str]
) -> None:
    first = flush(api, alert(name="DiskFull", **{label: values[0]}))[0]
    for old, new in itertools.pairwise(values):
        ended = alert(name="DiskFull", status="resolved", **{label: old})
        receipts = flush(api, ended, alert(name="DiskFull", **{label: new}))
        assert {one["incident"] for one in receipts} == {first["incident"]}
    assert fates(flush(api, alert(name="DiskFull", status="resolved", **{label: values[-1]}))) == ["resolved"]


def test_five_hundred_urgent_names_take_few_workers_and_an_operators_heal_runs_first(api: ApiWorld) -> None:
    noise = [alert(name=f"Noise{chr(97 + n % 26)}{chr(97 + n // 26)}") for n in range(500)]
    receipts = flush(api, *noise)
    assert set(fates(receipts)) == {"opened"}
    assert sum("capped" in one["reason"] for one in receipts) == 495
    assert sum("parked" in one["reason"] for one in receipts) == 496
    order = {"target": "partner", "reason": "it is slow"}
    assert api.post("/elite/healing/task", order).status_code == 202
    other = flush(api, alert(name="RealTrouble", grace_target="partner"))[0]
    assert other["reason"] == "a new incident"
    jobs = api.get("/api/v1/jobs?state=queued").json()
    assert sorted(job["priority"] for job in jobs) == [5, 9, 9, 9, 9, 9]
    page = api.get("/metrics").text
    assert "grace_incidents_parked 496.0" in page
    assert "grace_incidents_capped 495.0" in page


def test_signals_of_no_declared_target_are_listed_counted_and_matched_later(api: ApiWorld) -> None:
    lost = alert(name="HighErrorRate", grace_target="checkout")
    receipt = flush(api, lost)[0]
    assert (receipt["fate"], receipt["incident"]) == ("ignored", None)
    assert "signal list --unmatched" in receipt["reason"]
    flush(api, lost, alert())
    for query in ("unmatched", "unmatched=true", "unmatched=1"):
        found = api.get(f"/api/v1/signals?{query}").json()
        assert [(one["name"], one["labels"]["grace_target"]) for one in found] == [("HighErrorRate", "checkout")]
    assert len(api.get("/api/v1/signals?unmatched=false").json()) == 2
    assert api.get("/api/v1/signals?unmatched=perhaps").status_code == 422
    page = api.get("/metrics").text
    assert "grace_signals_unmatched 1.0" in page
    assert 'grace_signals{fate="opened"} 1.0' in page


def test_peers_that_flush_the_same_group_at_once_in_any_order_open_each_incident_once(api: ApiWorld) -> None:
    group = [
        alert(name=f"Peer{letter}", grace_target=target) for letter in "abcdef" for target in ("shop-web", "partner")
    ]
    orders = [group, group[::-1], group[6:] + group[:6], group[::2] + group[1::2]]
    with ThreadPoolExecutor(max_workers=len(orders)) as peers:
        flushed = [receipt for receipts in peers.map(lambda one: flush(api, *one), orders) for receipt in receipts]
    assert fates(flushed).count("opened") == len(group)
    assert fates(flushed).count("repeated") == len(group) * (len(orders) - 1)
    assert len({one["incident"] for one in flushed}) == len(group)


def test_a_senders_key_swallows_no_signal_of_another_target(api: ApiWorld) -> None:
    order = {"name": "Down", "key": "k"}
    one = api.post("/api/v1/signals", {**order, "target": "shop-web"}).json()["receipts"][0]
    other = api.post("/api/v1/signals", {**order, "target": "partner"}).json()["receipts"][0]
    assert fates([one, other]) == ["opened", "opened"]
