"""A database made anew from a backup through the whole line: a person agrees, it is verified, and it is taken back."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from grace_workers.adapters.embedded import EmbeddedPostgres, EmbeddedValkey
from grace_workers.governance import Role
from grace_workers.orchestration import queries
from grace_workers.orchestration.dossier import Closing
from grace_workers.orchestration.queries import IncidentView
from grace_workers.orchestration.work.plans import submit_plan
from grace_workers.orchestration.work.wishes import PlanTask
from grace_workers.playbooks import ReadyPlan
from grace_workers.signals import IncidentState
from tests.conformance.roles.backup_stands import dumped
from tests.conftest import _database
from tests.drills.line import DrillLine, open_line

pytestmark = [pytest.mark.servers, pytest.mark.fleet]

WHOLE, LEFT = [(1, "bread"), (2, "milk"), (3, "salt")], [(1, "bread")]
Shop = tuple[DrillLine, Callable[[], object], str]


@pytest.fixture
def shop(
    postgres_server: EmbeddedPostgres, migrated_template: str, valkey_server: EmbeddedValkey, tmp_path: Path
) -> Iterator[Shop]:
    with ExitStack() as stack:
        url = stack.enter_context(_database(postgres_server, "template1"))
        connection, look = stack.enter_context(dumped(tmp_path, url))
        own = stack.enter_context(_database(postgres_server, migrated_template))
        target = {"name": "shop-db", "kind": "postgres", "owner": "internal", "connection": connection}
        line = stack.enter_context(open_line(own, valkey_server.url, tmp_path / "data", [target]))
        yield line, look, url


def ran(line: DrillLine, params: Mapping[str, Any], rows: int) -> IncidentView:
    """Submit the plan, see that a person is asked, agree, and return how it ended."""
    plan = {
        "name": "make_the_shop_anew",
        "target": "shop-db",
        "reason": "half of the orders are gone",
        "aspect": "data",
        "budget": "5m",
        "steps": [{"id": "anew", "primitive": "recreate_from_backup", "params": dict(params)}],
        "expectations": [
            {"id": "answers", "check": "database_answers", "operator": "==", "bound": 1, "within": "10s"},
            {
                "id": "sessions",
                "check": "database_connections_ratio",
                "operator": "<",
                "bound": rows,
                "within": "1s",
                "proves": False,
            },
        ],
    }
    with line.runtime.ledger.transaction() as tx:
        submit_plan(tx, PlanTask(plan=ReadyPlan.read(plan, "plan")), by="ann")
    line.attend_all()
    (newest,) = queries.incidents(line.runtime.ledger, limit=1)
    view = line.ended(newest.incident.id)
    assert view.dossier.incident.state is IncidentState.AWAITING_APPROVAL, view.dossier.reasons
    line.agree(view, Role.ADMIN)
    return line.ended(newest.incident.id)


def databases(url: str) -> Sequence[str]:
    with psycopg.connect(url) as session:
        own = session.execute("SELECT current_database()").fetchall()[0][0]
        found = session.execute("SELECT datname FROM pg_database WHERE datname ~ ('^' || %s || '_')", [own])
        return sorted(str(row[0]).removeprefix(own).rpartition("_")[0] for row in found.fetchall())


def test_a_person_agrees_and_the_copy_serves(shop: Shop) -> None:
    line, look, url = shop
    assert look() == LEFT
    view = ran(line, {"switch": True}, 1)
    assert view.dossier.closing in {Closing.HEALED, Closing.DONE}, view.dossier.reasons
    assert (look(), databases(url)) == (WHOLE, ["_before"])


def test_a_run_that_does_not_help_lets_what_served_before_serve_again(shop: Shop) -> None:
    line, look, url = shop
    view = ran(line, {"switch": True}, 0)
    assert view.dossier.closing is not Closing.HEALED
    assert [one.outcome["status"] for one in view.steps] == ["done"]
    assert (look(), databases(url)) == (LEFT, ["_served"])


def test_without_a_switch_it_waits_beside(shop: Shop) -> None:
    line, look, url = shop
    view = ran(line, {}, 1)
    assert view.dossier.closing in {Closing.HEALED, Closing.DONE}, view.dossier.reasons
    assert (look(), databases(url)) == (LEFT, ["_copy"])
