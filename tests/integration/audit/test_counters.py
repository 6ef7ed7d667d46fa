"""The writers' counters in Valkey: a tail cut off before its seal is missed, and nothing else raises an alarm."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import redis
import sqlalchemy as sa

from grace_workers.adapters.postgres.audit import PostgresAuditAppender, PostgresAuditArchive, Rhythm
from grace_workers.adapters.postgres.audit.counting import CounterPublisher
from grace_workers.adapters.redis.audit_counters import RedisAuditCounters
from grace_workers.audit import Finding, Intact, Tampered
from grace_workers.bootstrap.archive import open_audit
from grace_workers.bootstrap.runtime import open_runtime
from grace_workers.foundation.errors import TransientError
from grace_workers.governance import Role
from grace_workers.orchestration import tokens
from grace_workers.settings import Settings
from tests.integration.audit.conftest import Desk, entry
from tests.waiting import until

pytestmark = pytest.mark.servers

NOWHERE = "redis://127.0.0.1:1"


@dataclass
class Office:
    """A ledger whose streams are counted in a second place."""

    desk: Desk
    place: RedisAuditCounters
    publisher: CounterPublisher

    @property
    def counters(self) -> dict[str, int]:
        return dict(self.place.published(self.desk.keys.pinned().name))

    def verify(self) -> Finding:
        desk = self.desk
        return PostgresAuditArchive(desk.url, desk.keys, [desk.anchor], counters=self.place).verify()


@pytest.fixture
def office(desk: Desk, broker_url: str) -> Iterator[Office]:
    with opened(desk, broker_url) as made:
        yield made


def test_the_unsealed_tail_of_a_stream_that_was_cut_off_is_missed(office: Office) -> None:
    office.desk.append(3)
    office.desk.seal()
    office.desk.append(2)
    office.publisher.publish()
    assert isinstance(office.verify(), Intact)
    office.desk.attack("DELETE FROM audit_inbox")
    (writer,) = office.counters
    found = office.verify()
    assert found == Tampered(3, f"the writer's stream {writer} ends after 3 entries, but 5 were committed")


def test_a_stream_that_was_cut_off_whole_is_missed_though_others_go_on(office: Office) -> None:
    with office.desk.engine.connect() as other:
        _append(other)
        office.desk.seal()
        office.desk.append(1)
        office.publisher.publish()
        office.desk.attack("DELETE FROM audit_inbox")
        _append(other)
    office.desk.seal()
    found = office.verify()
    assert isinstance(found, Tampered), found
    assert "ends after 0 entries, but 1 were committed" in found.why


def test_numbers_go_out_by_themselves_and_the_last_ones_at_the_end(office: Office) -> None:
    office.desk.append(1)
    office.desk.seal()
    until(lambda: list(office.counters.values()) == [1], within=10)
    office.desk.append(4)
    office.publisher.close()
    assert list(office.counters.values()) == [5]


def test_a_process_of_the_fleet_counts_what_it_appends(desk: Desk, broker_url: str) -> None:
    desk.append(1)
    desk.seal()
    settings = Settings(
        data_dir=desk.folder,
        database={"url": desk.url},
        broker={"url": broker_url},
        audit={"keys_dir": desk.folder / "keys", "anchor_file": desk.folder / "anchors.jsonl"},
    )
    runtime = open_runtime(settings)
    try:
        tokens.create(runtime.ledger, runtime.clock, tokens.NewToken(name="one", role=Role.ADMIN), by="test")
    finally:
        runtime.close()
    found = open_audit(settings).verify()
    assert isinstance(found, Intact), found
    assert (found.counted, found.unsealed) == (1, 1)


def test_numbers_wait_for_a_log_that_has_no_owner_yet(office: Office) -> None:
    office.desk.append(1)
    office.publisher.publish()
    assert office.counters == {}
    office.desk.seal()
    office.publisher.publish()
    assert list(office.counters.values()) == [1]


def test_counters_disappear_by_themselves_and_another_log_s_are_not_read(office: Office, broker_url: str) -> None:
    office.place.publish("another.example/audit/1", {"f" * 32: 7})
    assert office.counters == {}
    with redis.Redis.from_url(broker_url) as client:
        assert 0 < client.ttl("grace.audit.writer:" + "f" * 32) <= 24 * 3600


def test_without_the_second_place_a_log_is_intact_as_before_and_numbers_wait(desk: Desk) -> None:
    with opened(desk, NOWHERE) as office:
        desk.append(3)
        desk.seal()
        for _ in range(2):
            with pytest.raises(TransientError, match="unreachable"):
                office.publisher.publish()
        found = office.verify()
        assert isinstance(found, Intact), found
        assert found.counted == 0


def test_an_emptied_second_place_is_no_finding(office: Office, broker_url: str) -> None:
    office.desk.append(3)
    office.desk.seal()
    office.publisher.publish()
    with redis.Redis.from_url(broker_url) as client:
        client.flushall()
    assert isinstance(office.verify(), Intact)


@pytest.mark.parametrize("ending", ["rolled back", "lost", "refused", "refused in silence", "back to a savepoint"])
def test_what_did_not_surely_commit_is_not_counted(office: Office, ending: str) -> None:
    office.desk.append(1)
    END[ending](office.desk)
    office.desk.append(1)
    office.desk.seal()
    office.publisher.publish()
    found = office.verify()
    assert isinstance(found, Intact), found
    assert found.counted
    assert sum(office.counters.values()) <= found.checkpoint.size == 2


def test_a_commit_torn_before_it_was_sent_is_not_counted(office: Office) -> None:
    office.desk.append(1)
    office.desk.seal()
    sa.event.listen(office.desk.engine, "commit", _torn)
    with pytest.raises(KeyboardInterrupt), office.desk.engine.begin() as connection:
        PostgresAuditAppender(connection).append(entry())
    sa.event.remove(office.desk.engine, "commit", _torn)
    office.desk.engine.connect().close()
    office.publisher.publish()
    found = office.verify()
    assert isinstance(found, Intact), found
    assert list(office.counters.values()) == [1]
    office.desk.append(1)
    assert isinstance(office.verify(), Intact)


@pytest.mark.fleet
def test_writers_under_way_never_raise_an_alarm(office: Office) -> None:
    stop = threading.Event()
    office.desk.append(1)
    sealer = office.desk.sealer(rhythm=Rhythm(batch=50))
    sealer.seal_once()

    def work() -> None:
        while not stop.wait(0.01):
            office.desk.append(1)

    def publish() -> None:
        while not stop.wait(0.01):
            office.publisher.publish()

    threads = [threading.Thread(target=one) for one in (work, work, work, work, publish)]
    threads.append(threading.Thread(target=sealer.run, args=(stop,)))
    for thread in threads:
        thread.start()
    try:
        found = [office.verify() for _ in range(25)]
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert [one for one in found if isinstance(one, Tampered)] == []
    assert any(isinstance(one, Intact) and one.counted >= 4 for one in found)


def _torn(_connection: sa.Connection) -> None:
    raise KeyboardInterrupt


def _append(connection: sa.Connection) -> None:
    PostgresAuditAppender(connection).append(entry())
    connection.commit()


def _roll_back(desk: Desk) -> None:
    with desk.engine.connect() as connection:
        PostgresAuditAppender(connection).append(entry())
        connection.rollback()


def _lose(desk: Desk) -> None:
    with desk.engine.connect() as connection:
        PostgresAuditAppender(connection).append(entry())
        desk.end_session_of(connection)
        with pytest.raises(sa.exc.OperationalError):
            connection.commit()


def _refuse(desk: Desk) -> None:
    with desk.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE one (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    with desk.engine.connect() as connection:
        PostgresAuditAppender(connection).append(entry())
        connection.exec_driver_sql("INSERT INTO one VALUES (1), (1)")
        with pytest.raises(sa.exc.IntegrityError):
            connection.commit()


def _refuse_in_silence(desk: Desk) -> None:
    with desk.engine.connect() as connection:
        PostgresAuditAppender(connection).append(entry())
        with pytest.raises(sa.exc.ProgrammingError):
            connection.exec_driver_sql("SELECT nothing")
        connection.commit()


def _back_to_a_savepoint(desk: Desk) -> None:
    with desk.engine.begin() as connection:
        point = connection.begin_nested()
        PostgresAuditAppender(connection).append(entry())
        point.rollback()


END: dict[str, Callable[[Desk], None]] = {
    "rolled back": _roll_back,
    "lost": _lose,
    "refused": _refuse,
    "refused in silence": _refuse_in_silence,
    "back to a savepoint": _back_to_a_savepoint,
}


@contextmanager
def opened(desk: Desk, url: str) -> Iterator[Office]:
    place, own = RedisAuditCounters(url), RedisAuditCounters(url)
    publisher = CounterPublisher(desk.engine, place)
    try:
        yield Office(desk, own, publisher)
    finally:
        publisher.close()
        own.close()
