"""What Prometheus reads, and that every query we ship asks for something that exists."""

import json
import re
from pathlib import Path

import psycopg
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from grace_workers.fleet import KernelState
from grace_workers.foundation.ids import uuid7
from tests.acceptance.api_world import ApiWorld, api_world
from tests.waiting import until

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[2]
SELECTOR = re.compile(r"\b(grace_[a-z0-9_]+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)(?:=~|!~|!=|=)"([^"]*)"')
GROUPED = re.compile(r"\bby \(([^)]*)\)")
SHOWN = re.compile(r"\{\{ ?(?:\$labels\.)?(\w+) ?\}\}")
PROMETHEUS_OWN = {"instance", "job"}
ENDED = """
INSERT INTO jobs (id, name, pool, payload, priority, state, attempt, max_attempts, audited, due_at, submitted_at,
    started_at, ended_at)
SELECT %(id)s, 'test', 'healing', '{}', 5, %(state)s, %(attempt)s, 5, false, t, t, t + interval '2 s',
    t + interval '5 s'
FROM (SELECT now() + interval '1 s' - interval '5 s' AS t) at
"""


@pytest.fixture
def world(database_url, broker_url, tmp_path):
    with api_world(database_url, broker_url, tmp_path) as made:
        yield made


def samples(world: ApiWorld) -> list[Sample]:
    """Everything on the page."""
    text = world.get("/metrics").text
    return [one for family in text_string_to_metric_families(text) for one in family.samples]


def scraped(world: ApiWorld) -> dict[tuple[str, ...], float]:
    """Every sample: its name and its labels' values, in the order of the labels' names."""
    return {(one.name, *(one.labels[label] for label in sorted(one.labels))): one.value for one in samples(world)}


def populate(url: str) -> None:
    """Create one of everything that is counted."""
    with psycopg.connect(url) as session:
        session.execute(
            "INSERT INTO instances (name, epoch, pools, roles, health, registered_at, heartbeat_at) "
            "VALUES ('alice', 1, '{healing}', '{}', 'degraded', now(), now())"
        )
        session.execute(
            "INSERT INTO kernels (instance, kernel, state, detail, restarts, failing, since, checked_at) "
            "VALUES ('alice', 'database', 'ready', '', 3, false, now(), now())"
        )
        session.execute("INSERT INTO leases (name, epoch, expires_at) VALUES ('leader', 7, now())")
        session.execute(
            "INSERT INTO breakers (instance, process, name, state, failures, openings) "
            "VALUES ('alice', 'w-1', 'broker', 'open', 5, 1), ('alice', 'w-2', 'broker', 'half_open', 5, 1)"
        )
        session.execute(
            "INSERT INTO event_parked (subscription, id, position, topic, attempts, error, parked_at) "
            "VALUES ('line', %s, 1, 'job', 5, 'no', now())",
            (uuid7(),),
        )
        session.execute("INSERT INTO event_cursors (name, position, epoch, updated_at) VALUES ('line', 0, 1, now())")
        session.execute("UPDATE event_head SET newest = 4")
        session.execute("INSERT INTO model_use VALUES ((now() AT TIME ZONE 'UTC')::date, 3, 4000, 0.5, 200, 0.25)")
        session.execute(
            "INSERT INTO incidents (id, version, state, signature, severity, title, signals, opened_at, "
            "last_signal_at, updated_at, dossier) "
            "VALUES (%s, 1, 'open', 's', 'error', 't', 1, now(), now(), now(), '{}')",
            (uuid7(),),
        )
        session.execute(
            "INSERT INTO jobs (id, name, pool, payload, priority, state, max_attempts, audited, due_at, submitted_at) "
            "VALUES (%s, 'test', 'healing', '{}', 5, 'queued', 5, false, now(), now())",
            (uuid7(),),
        )


def shipped_queries() -> list[tuple[str, str]]:
    """Every query we ship, and the text that shows its answer."""
    dashboard = json.loads((ROOT / "docker" / "grafana" / "grace.json").read_text())
    shown = [(one["expr"], one["legendFormat"]) for panel in dashboard["panels"] for one in panel["targets"]]
    alerts = yaml.safe_load((ROOT / "docker" / "prometheus" / "alerts.yml").read_text())
    return shown + [
        (one["expr"], one["annotations"]["summary"]) for group in alerts["groups"] for one in group["rules"]
    ]


def test_every_query_we_ship_asks_for_metrics_labels_and_values_that_there_are(world):
    populate(world.database)
    found: dict[str, dict[str, set[str]]] = {}
    for one in samples(world):
        labels = found.setdefault(one.name, {})
        for label, value in one.labels.items():
            labels.setdefault(label, set()).add(value)
    assert not any(PROMETHEUS_OWN & labels.keys() for labels in found.values())
    queries = shipped_queries()
    assert len(queries) > 25
    for query, shown in queries:
        selectors = SELECTOR.findall(query)
        assert selectors, query
        kept = {label.strip() for group in GROUPED.findall(query) for label in group.split(",")}
        for metric, matchers in selectors:
            assert metric in found, f"{query}: there is no {metric}"
            assert kept <= found[metric].keys(), f"{query}: {metric} has only {found[metric].keys()}"
            for label, values in MATCHER.findall(matchers):
                assert set(values.split("|")) <= found[metric][label], f"{query}: {label} is never {values}"
        assert set(SHOWN.findall(shown)) <= kept, f"{shown!r} shows what {query} does not keep"


def test_the_fleets_parts_are_there_by_name(world):
    populate(world.database)
    seen = scraped(world)
    assert seen["grace_instance_health", "degraded", "alice"] == 1
    assert seen["grace_instance_health", "healthy", "alice"] == 0
    assert seen["grace_instance_score", "alice"] == 1.0
    assert seen["grace_kernel_state", "database", "alice", "ready"] == 1
    assert sum(seen["grace_kernel_state", "database", "alice", state.value] for state in KernelState) == 1
    assert seen["grace_kernel_restarts", "database", "alice"] == 3
    assert seen["grace_leader_changes_total", "leader"] == 7
    assert seen["grace_breakers_open", "broker"] == 2
    assert seen["grace_event_lag", "line"] == 4
    assert seen["grace_events_parked", "line"] == 1
    assert [seen["grace_language_model_tokens", one] for one in ("used", "pending", "limit")] == [4000, 200, 1_000_000]
    assert [seen["grace_language_model_cost", one] for one in ("used", "pending", "limit")] == [0.5, 0.25, 10]
    assert seen["grace_language_model_answers",] == 3


def test_the_api_shows_every_figure_of_the_agents_and_pools_as_json_too(world):
    populate(world.database)
    told = world.get("/elite/status").json()
    assert told["agents"]["healing"] == {"running": 0, "utilisation": 0.0, "free": 5}
    wanted = {"processed", "failed", "completion_mean", "completion_p50", "completion_p95", "completion_p99"}
    assert {*wanted, "wait_mean", "wait_p95"} <= told["pools"]["healing"].keys()


def test_endings_are_counted_from_zero_once_each_and_never_go_down(world):
    before = scraped(world)
    assert before["grace_jobs_ended_total", "healing", "succeeded"] == 0
    with psycopg.connect(world.database) as session:
        for state, attempt in (("succeeded", 1), ("succeeded", 3), ("dead", 5)):
            session.execute(ENDED, {"id": uuid7(), "state": state, "attempt": attempt})

    def counted(seen):
        return seen["grace_jobs_ended_total", "healing", "succeeded"] == 2

    seen = until(lambda: found if counted(found := scraped(world)) else None, within=10, every=0.2)
    again = scraped(world)

    for key in [
        ("grace_jobs_ended_total", "healing", "dead"),
        ("grace_job_run_duration_seconds_bucket", "5.0", "healing"),
    ]:
        assert again[key] == seen[key]
    assert seen["grace_jobs_ended_total", "healing", "dead"] == 1
    assert seen["grace_job_retries_total", "healing"] == 2 + 4
    assert seen["grace_job_run_duration_seconds_count", "healing"] == 3
    assert seen["grace_job_run_duration_seconds_sum", "healing"] == pytest.approx(9.0)
    assert seen["grace_job_run_duration_seconds_bucket", "1.0", "healing"] == 0
    assert seen["grace_job_run_duration_seconds_bucket", "5.0", "healing"] == 3
    assert seen["grace_job_queue_wait_seconds_bucket", "1.0", "healing"] == 0
    assert seen["grace_job_queue_wait_seconds_bucket", "+Inf", "healing"] == 3
    assert seen["grace_job_queue_wait_seconds_sum", "healing"] == pytest.approx(6.0)


def families(text: str) -> set[str]:
    return {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (["grace_audit_sealed_entries"], {"grace_audit_sealed_entries"}),
        (["grace_jobs_processed", "grace_queue_depth"], {"grace_jobs_processed", "grace_queue_depth"}),
        (["grace_jobs_ended_total"], {"grace_jobs_ended_total"}),
        (["grace_job_run_duration_seconds_bucket"], {"grace_job_run_duration_seconds"}),
        (["grace_no_such_figure"], set()),
    ],
)
def test_metrics_give_only_the_figures_that_are_named(world, asked, given):
    response = world.get("/metrics", params={"name[]": asked})
    assert response.status_code == 200
    assert families(response.text) == given


def test_every_figure_can_be_asked_for_by_its_name(world):
    populate(world.database)
    for name in families(world.get("/metrics").text):
        assert name in families(world.get("/metrics", params={"name[]": name}).text)
