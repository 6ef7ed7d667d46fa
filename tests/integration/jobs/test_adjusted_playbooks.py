"""An adjustment from the step that puts it into force to the playbook that every process works with."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from grace_workers.actions import ServiceLimits
from grace_workers.actions.primitives.set_limit import DEFINITION, SetLimitParams
from grace_workers.adapters.adjusted_playbooks import AdjustedPlaybooks
from grace_workers.adapters.fleet_world import FleetWorld
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.cycles import FLEET
from grace_workers.foundation.errors import InputError, NotFoundError, TransientError
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.adjustments import AdjustmentStore
from grace_workers.playbooks import AdjustedFigure, Adjustment, Mode
from grace_workers.settings import Settings
from grace_workers.testing import MemoryWorld
from tests.patients import library

pytestmark = pytest.mark.servers
FILES = library()


@pytest.fixture
def limits(engine: Engine) -> ServiceLimits:
    with PostgresLedger(engine).transaction() as tx:
        for figure in AdjustedFigure:
            at, base = datetime.now(UTC), FILES["cure"].digest
            tx[AdjustmentStore].offer(Adjustment(playbook="cure", figure=figure, base=base, at=at))
    return FleetWorld(MemoryWorld(), (), engine, Settings().levers).role(FLEET, ServiceLimits)


def test_what_a_plan_sets_is_in_force_in_every_process_and_its_restore_brings_back_the_file(
    engine: Engine, limits: ServiceLimits
) -> None:
    processes = [AdjustedPlaybooks(PostgresLedger(engine), lambda: FILES, fresh_for=0) for _ in range(2)]
    assert all(one.current() is FILES for one in processes)
    params = SetLimitParams(limit="cure.mode", value=1, instead_of=0)
    kept = DEFINITION.snapshot(limits, params)
    DEFINITION.apply(limits, params, kept)
    assert [one.current()["cure"].mode for one in processes] == [Mode.REVIEW, Mode.REVIEW]
    assert processes[0].current() is processes[0].current()
    DEFINITION.restore(limits, params, kept)
    assert all(one.current() is FILES for one in processes)


def test_a_figure_of_a_newer_release_means_nothing_to_this_one(engine: Engine, limits: ServiceLimits) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE playbook_adjustments SET figure = 'patience' WHERE figure = 'mode'")
    assert AdjustedPlaybooks(PostgresLedger(engine), lambda: FILES).current() is FILES
    assert [one.name for one in limits.limits() if one.name.startswith("cure.")] == ["cure.min_confidence"]


def test_limits_that_do_not_exist_or_do_not_fit_are_refused_in_words(limits: ServiceLimits) -> None:
    with pytest.raises(NotFoundError, match=r"named 'ghost\.mode'; proposed so far: cure"):
        limits.limit("ghost.mode")
    with pytest.raises(InputError, match=r"limit 'cure\.mode' may be 0 to 2 \(0 as in the file"):
        limits.set_limit("cure.mode", 3)
    assert {"cure.mode", "relay_batch"} <= {one.name for one in limits.limits()}


class Waiting:
    """A ledger that lets reads through once it is `open`, and reaches nothing while `down`."""

    def __init__(self, engine: Engine) -> None:
        self._ledger = PostgresLedger(engine)
        self.asked, self.open, self.down = threading.Event(), threading.Event(), False

    @contextmanager
    def reading(self) -> Iterator[LineTransaction]:
        self.asked.set()
        assert self.open.wait(10)
        if self.down:
            raise TransientError("PostgreSQL is unreachable")
        with self._ledger.reading() as tx:
            yield tx


def test_no_playbook_is_looser_than_what_is_in_force_while_a_process_starts(
    engine: Engine, limits: ServiceLimits
) -> None:
    limits.set_limit("cure.mode", 1)
    ledger = Waiting(engine)
    playbooks = AdjustedPlaybooks(ledger, lambda: FILES, fresh_for=0)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(playbooks.current)
        assert ledger.asked.wait(10)
        second = threads.submit(playbooks.current)
        ledger.open.set()
        assert [one.result(10)["cure"].mode for one in (first, second)] == [Mode.REVIEW, Mode.REVIEW]
    ledger.down = True
    assert playbooks.current()["cure"].mode is Mode.REVIEW
    with pytest.raises(TransientError, match="unreachable"):
        AdjustedPlaybooks(ledger, lambda: FILES).current()
