"""Any interleaving of transactions, movers and crashes gives a log without gap, double or loss, in causal order."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.events import EventMover
from grace_workers.adapters.postgres.events.mover import _MOVE, _TAKE_HEAD
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.adapters.postgres.statement import one
from grace_workers.adapters.postgres.transaction import PostgresTransaction
from grace_workers.foundation.ids import EventId
from grace_workers.orchestration.events.topic import Event
from grace_workers.orchestration.events.topics.node_boot import DEFINITION as NODE_BOOT
from grace_workers.orchestration.events.topics.node_boot import NodeBoot

pytestmark = pytest.mark.servers

WRITERS = 3
ACTS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["publish", "commit", "roll back"]), st.integers(0, WRITERS - 1)),
        st.tuples(st.sampled_from(["move", "die moving"]), st.just(0)),
    ),
    min_size=1,
    max_size=30,
)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    yield made
    made.dispose()


class History:
    """Open transactions of several writers, and what must be true of the log in the end."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.mover = EventMover(engine)
        self.open: dict[int, tuple[Connection, list[EventId], int]] = {}
        self.committed: list[tuple[list[EventId], int, int]] = []
        self.moment = 0
        with PostgresLedger(engine).transaction() as tx:
            self.begin = tx.events.newest(limit=1).upto

    def act(self, what: str, writer: int) -> None:
        self.moment += 1
        match what:
            case "publish":
                if writer not in self.open:
                    self.open[writer] = (self.engine.connect(), [], self.moment)
                connection, ids, _ = self.open[writer]
                body = NodeBoot(instance=f"w{writer}", phase="p", step=str(len(ids)), state="passed")
                ids.append(PostgresTransaction(connection).events.publish(NODE_BOOT, body))
            case "commit" | "roll back" if writer in self.open:
                connection, ids, began = self.open.pop(writer)
                (connection.commit if what == "commit" else connection.rollback)()
                connection.close()
                if what == "commit":
                    self.committed.append((ids, began, self.moment))
            case "move":
                self.mover.move_once()
            case "die moving":
                with self.engine.connect() as connection:
                    newest = one(connection, _TAKE_HEAD, {})[0]
                    one(connection, _MOVE, {"newest": newest, "most": 2})
                    connection.rollback()
            case _:
                pass

    def close(self) -> list[Event]:
        for writer in [*self.open]:
            self.act("roll back", writer)
        while self.mover.move_once():
            continue
        with PostgresLedger(self.engine).transaction() as tx:
            return list(tx.events.read(after=self.begin, limit=1_000).events)


@given(acts=ACTS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_committed_event_is_in_the_log_once_without_gap_and_in_causal_order(
    engine: Engine, acts: list[tuple[str, int]]
) -> None:
    history = History(engine)
    for what, writer in acts:
        history.act(what, writer)
    log = history.close()
    assert [event.position for event in log] == list(range(history.begin + 1, history.begin + 1 + len(log)))
    place = {event.id: event.position for event in log}
    assert len(place) == len(log)
    assert {*place} == {one for ids, _, _ in history.committed for one in ids}
    for ids, began, _ in history.committed:
        assert [place[one] for one in ids] == sorted(place[one] for one in ids)
        for earlier, _, ended in history.committed:
            if ended < began:
                assert max(place[one] for one in earlier) < min(place[one] for one in ids)


def test_a_late_commit_is_neither_waited_for_nor_lost(engine: Engine) -> None:
    history = History(engine)
    history.act("publish", 0)
    history.act("publish", 1)
    history.act("commit", 1)
    history.act("move", 0)
    with PostgresLedger(engine).transaction() as tx:
        assert [event.key for event in tx.events.read(after=0).events] == ["w1"]
    history.act("commit", 0)
    assert [(event.position, event.key) for event in history.close()] == [(1, "w1"), (2, "w0")]


def test_two_movers_take_turns(engine: Engine) -> None:
    history = History(engine)
    history.act("publish", 0)
    history.act("commit", 0)
    with engine.connect() as other:
        other.execute(text(_TAKE_HEAD))
        assert history.mover.move_once() == 0
        assert history.mover.trim_once() == 0
        other.rollback()
    assert history.mover.move_once() == 1
