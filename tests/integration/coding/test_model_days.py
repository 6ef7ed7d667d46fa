"""The fleet's limits of a day for the language model: real HTTP and PostgreSQL, workers at once, and a crash."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from grace_workers.adapters.guard import BreakerRegistry
from grace_workers.adapters.llm import open_model
from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.bootstrap.coding import workshop_in
from grace_workers.coding import Bench, CodingWork, ModelMessage, ModelUse, Speaker, undertake
from grace_workers.foundation.clock import SystemClock
from grace_workers.foundation.errors import PermanentError, TransientError
from grace_workers.orchestration.work.model_use import DailyModel, used_today, within_the_day
from grace_workers.settings.model import ModelSettings
from grace_workers.testing import FakeClock
from tests.integration.coding.model_server import ModelServer, broken, hung, model_server, said, sent
from tests.integration.coding.repositories import COMMAND, repository
from tests.integration.coding.test_model import BODY, PAIRS, TESTS, blocks
from tests.unconfined import UnconfinedSandbox
from tests.waiting import until

pytestmark = pytest.mark.servers

QUESTION = [ModelMessage(Speaker.USER, "x" * 270)]
ASKED = 98
PRICED = {"price_sent": 1_000.0, "price_received": 1_000.0}


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as side:
        yield side


@pytest.fixture
def ledger(database_url: str) -> Iterator[PostgresLedger]:
    engine = make_engine(database_url, application="test", pool_size=8)
    yield PostgresLedger(engine)
    engine.dispose()


def day_model(server: ModelServer, ledger: PostgresLedger, clock: Any, **more: Any) -> DailyModel:
    declared = ModelSettings.model_validate({"url": server.url, "name": "small", "patience": 20.0, **more})
    model = open_model(declared, BreakerRegistry())
    assert model is not None
    return DailyModel(model, ledger, clock)


def ask(model: DailyModel, tokens: int = 4_000) -> str:
    return model.answer(QUESTION, tokens=tokens, seconds=20.0).text


def test_an_answer_is_counted_as_the_api_says_and_the_next_day_begins_at_nothing(
    server: ModelServer, ledger: PostgresLedger
) -> None:
    clock = FakeClock()
    server.plays = [said("fine")]
    model = day_model(server, ledger, clock, daily_tokens=4_000)
    assert ask(model) == "fine"
    assert server.asked[0]["max_tokens"] == 4_000 - ASKED
    assert used_today(ledger, clock) == ModelUse(day=clock.now().date(), answers=1, tokens=550)
    clock.advance(timedelta(days=1))
    assert used_today(ledger, clock) == ModelUse(day=clock.now().date())


def test_workers_at_once_never_spend_more_than_the_day_has(server: ModelServer, ledger: PostgresLedger) -> None:
    released = threading.Event()
    server.plays = [hung(released)]
    clock = FakeClock()
    # Each token costs a thousandth, so this is money for two questions with whole answers and half of a third.
    models = [day_model(server, ledger, clock, **PRICED, daily_cost=2.5 * (ASKED + 1_000) / 1_000) for _ in range(6)]
    ends: list[Exception] = []

    def work(model: DailyModel) -> None:
        try:
            ask(model, 1_000)
        except (TransientError, PermanentError) as error:
            ends.append(error)

    threads = [threading.Thread(target=work, args=(one,)) for one in models]
    for one in threads:
        one.start()
    until(lambda: len(server.asked) + len(ends) == 6, within=20)
    assert len(server.asked) == 3
    assert 2.74 < used_today(ledger, clock).pending_cost <= 2.745
    released.set()
    for one in threads:
        one.join(20)
    refused = [one for one in ends if isinstance(one, PermanentError)]
    assert len(refused) == 3
    assert "of 2.745 in money are used" in str(refused[0])


@pytest.mark.parametrize(
    ("play", "error", "tokens"),
    [
        (
            sent(200, b'{"choices": [{"message": {}}], "usage": {"prompt_tokens": 1%s}}' % (b"0" * 30)),
            PermanentError,
            ASKED + 4_000,
        ),
        (sent(503, b"{}"), TransientError, 0),
        (sent(401, b"{}"), PermanentError, 0),
        (broken, TransientError, ASKED + 4_000),
        (sent(200, b"<html>"), PermanentError, ASKED + 4_000),
    ],
)
def test_a_question_without_an_answer_costs_nothing_if_it_was_not_taken_and_else_the_most_it_can(
    server: ModelServer, ledger: PostgresLedger, play: Any, error: type[Exception], tokens: int
) -> None:
    clock = FakeClock()
    server.plays = [play]
    with pytest.raises(error):
        ask(day_model(server, ledger, clock))
    use = used_today(ledger, clock)
    assert (use.tokens, use.pending_tokens) == (tokens, 0)


def _die_while_asking(url: str, database: str) -> None:
    """Ask as a worker does; the parent kills it while it waits for the answer."""
    side = ModelServer(url=url)
    ask(day_model(side, PostgresLedger(make_engine(database, application="worker", pool_size=1)), SystemClock()))


def test_a_worker_that_dies_while_it_asks_keeps_its_share_of_that_day_only(
    server: ModelServer, ledger: PostgresLedger, database_url: str
) -> None:
    released = threading.Event()
    server.plays = [hung(released), said("fine")]
    worker = multiprocessing.get_context("spawn").Process(target=_die_while_asking, args=(server.url, database_url))
    worker.start()
    until(lambda: bool(server.asked), within=60)
    os.kill(worker.pid or 0, signal.SIGKILL)
    worker.join(20)
    released.set()
    use = used_today(ledger, SystemClock())
    assert (use.tokens, use.pending_tokens) == (0, ASKED + 4_000)
    assert ask(day_model(server, ledger, SystemClock())) == "fine"
    use = used_today(ledger, SystemClock())
    assert (use.tokens, use.pending_tokens) == (550, ASKED + 4_000)
    tomorrow = FakeClock(SystemClock().now() + timedelta(days=1))
    assert used_today(ledger, tomorrow) == ModelUse(day=tomorrow.now().date())


def test_a_repair_beyond_the_limits_of_the_day_goes_on_without_the_model_and_says_so_with_figures(
    server: ModelServer, ledger: PostgresLedger, tmp_path: Path
) -> None:
    folder = repository(tmp_path / "repo", {"pairs.py": PAIRS, "tests/test_pairs.py": TESTS, "conftest.py": ""})
    server.plays = [said("no idea"), said("still none"), said(blocks(BODY))]
    clock = FakeClock()
    model = open_model(
        ModelSettings.model_validate({"url": server.url, "name": "small", "daily_tokens": 1_100, "answer_tokens": 500}),
        BreakerRegistry(),
    )
    workshop = within_the_day(workshop_in(UnconfinedSandbox(), model=model), ledger, clock)
    bench = Bench(
        workshop=workshop, repository=workshop.open_branch(folder, "main"), command=COMMAND, seconds=30.0, label="x"
    )
    work: CodingWork = undertake("fix_bug", {"suspects": ["pairs.py::version"]}, bench)
    assert work.reason is not None
    assert len(server.asked) == 2
    (told,) = (one for one in work.story if "was asked no further" in one)
    assert "the fleet's limits of a day: since midnight, UTC, 1100 of 1100 tokens are used" in told
    assert "gave 2 answers: 1000 tokens were sent and 100 received" in work.story[-1]
