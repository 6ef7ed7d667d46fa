"""A safe point of five kinds of targets: kept by one plan, put back by another, both through the whole line."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from grace_workers.adapters.embedded import EmbeddedPostgres, EmbeddedValkey
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError
from grace_workers.foundation.ids import TargetName
from grace_workers.governance import Role
from grace_workers.orchestration import queries, safe_points
from grace_workers.orchestration.dossier import Closing
from grace_workers.orchestration.queries import IncidentView
from grace_workers.orchestration.work.plans import submit_plan
from grace_workers.orchestration.work.safe_point_plans import dropping, keeping, restoring
from grace_workers.orchestration.work.wishes import PlanTask
from grace_workers.playbooks import ReadyPlan
from tests.conformance.roles.safe_point_stands import files_stand, flags_stand, git_stand, postgres_stand, redis_stand
from tests.conftest import _database
from tests.drills.line import DrillLine, open_line

pytestmark = [pytest.mark.servers, pytest.mark.fleet]

DEPENDS: Mapping[str, Sequence[str]] = {"cache": ["db"], "db": [], "conf": [], "code": ["conf"], "switches": ["cache"]}
KINDS = {"cache": "redis", "db": "postgres", "conf": "files", "code": "git", "switches": "flags"}


@dataclass(frozen=True)
class Shop:
    """A line over the shop's targets. `look` tells all that they hold, by no means of the product."""

    line: DrillLine
    look: Callable[[], object]
    change: Callable[[], None]

    def keep(self, name: str, *targets: str) -> IncidentView:
        runtime = self.line.runtime
        chosen = [TargetName(one) for one in targets]
        return self.ran(keeping(runtime.ledger, self.now(), runtime.line.targets, name, chosen, "a test of points"))

    def restore(self, name: str) -> IncidentView:
        runtime = self.line.runtime
        point = safe_points.safe_point(runtime.ledger, self.now(), name)
        return self.ran(restoring(runtime.line.targets, point, "a test of points"))

    def drop(self, name: str) -> IncidentView:
        runtime = self.line.runtime
        point = safe_points.safe_point(runtime.ledger, self.now(), name)
        return self.ran(dropping(runtime.line.targets, point, "a test of points"))

    def now(self) -> datetime:
        return self.line.runtime.clock.now()

    def ran(self, plan: ReadyPlan) -> IncidentView:
        with self.line.runtime.ledger.transaction() as tx:
            submit_plan(tx, PlanTask(plan=plan), by="ann")
        self.line.attend_all()
        (newest,) = queries.incidents(self.line.runtime.ledger, limit=1)
        view = self.line.ended(newest.incident.id)
        if view.dossier.closing is None:
            self.line.agree(view, Role.ADMIN)
            view = self.line.ended(newest.incident.id)
        return view


@pytest.fixture
def shop(
    postgres_server: EmbeddedPostgres, migrated_template: str, valkey_server: EmbeddedValkey, tmp_path: Path
) -> Iterator[Shop]:
    with ExitStack() as stack:
        made: dict[str, Any] = {}
        for name, stand in (
            ("conf", files_stand),
            ("code", git_stand),
            ("switches", flags_stand),
            ("cache", redis_stand),
        ):
            folder = tmp_path / name
            folder.mkdir()
            made[name] = stack.enter_context(stand(folder))
        shop = stack.enter_context(_database(postgres_server, "template1"))
        made["db"] = stack.enter_context(postgres_stand(tmp_path, lambda: shop))
        url = stack.enter_context(_database(postgres_server, migrated_template))
        targets = [
            {"name": name, "kind": kind, "owner": "internal", "connection": made[name][0], "depends_on": DEPENDS[name]}
            for name, kind in KINDS.items()
        ]
        line = stack.enter_context(open_line(url, valkey_server.url, tmp_path / "data", targets))

        def change() -> None:
            for _, _, one in made.values():
                one()

        yield Shop(line, lambda: {name: look() for name, (_, look, _) in made.items()}, change)


def test_everything_comes_back_in_the_order_of_what_depends_on_what(shop: Shop) -> None:
    before = shop.look()
    kept = shop.keep("release-42")
    assert kept.dossier.closing is Closing.HEALED, kept.dossier.reasons
    order = [row.target for row in kept.steps]
    assert order.index("switches") < order.index("cache") < order.index("db")
    assert order.index("code") < order.index("conf")
    (point,) = safe_points.safe_points(shop.line.runtime.ledger, shop.now())
    assert (point.name, {part.target for part in point.parts}) == ("release-42", set(KINDS))
    shop.change()
    assert shop.look() != before
    back = shop.restore("release-42")
    assert back.dossier.closing is Closing.HEALED, back.dossier.reasons
    assert [row.target for row in back.steps] == order[::-1]
    assert shop.look() == before


def test_when_one_part_cannot_be_kept_there_is_no_point_and_no_part(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "code/shop/shop.py").write_text("a change that nobody committed")
    kept = shop.keep("release-43")
    assert kept.dossier.closing is not Closing.HEALED
    with pytest.raises(NotFoundError, match="no safe point 'release-43' is kept"):
        safe_points.safe_point(shop.line.runtime.ledger, shop.now(), "release-43")
    assert list((tmp_path / "data").rglob("release-43*")) == []


def test_a_point_that_is_dropped_leaves_no_copy_and_frees_its_name(shop: Shop, tmp_path: Path) -> None:
    shop.keep("release-44", "conf", "code", "switches")
    shop.keep("other", "conf")
    before = shop.look()
    gone = shop.drop("release-44")
    assert gone.dossier.closing is Closing.HEALED, gone.dossier.reasons
    assert [path.name for path in (tmp_path / "data").rglob("*.zip")] == ["other.zip"]
    assert [one.name for one in safe_points.safe_points(shop.line.runtime.ledger, shop.now())] == ["other"]
    assert shop.look() == before
    with pytest.raises(NotFoundError, match="no safe point 'release-44' is kept"):
        shop.restore("release-44")
    assert shop.keep("release-44", "conf").dossier.closing is Closing.HEALED


def test_bad_orders_are_refused_with_what_to_do(shop: Shop) -> None:
    shop.keep("one", "conf")
    with pytest.raises(ConflictError, match="'one' is kept already; choose another name"):
        shop.keep("one", "db")
    with pytest.raises(
        InputError, match="'nothing' is not declared; targets that can: cache, code, conf, db, switches"
    ):
        shop.keep("two", "nothing")
    with pytest.raises(NotFoundError, match="no safe point 'three' is kept"):
        shop.restore("three")
