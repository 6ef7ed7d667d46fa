"""Who may seal, and that entries without a sealer do not go unnoticed."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from structlog.testing import capture_logs

from grace_workers.adapters.files.audit_keys import FileSealingKeys
from grace_workers.adapters.postgres.audit import (
    NotTheSealer,
    PostgresAuditAppender,
    Rhythm,
    Sealed,
    Sealer,
    SealRefusedError,
)
from grace_workers.audit import Intact
from grace_workers.foundation.standby import STAND_IN_EVERY
from tests.integration.audit.conftest import Desk, entry
from tests.waiting import until

pytestmark = pytest.mark.servers


@pytest.fixture
def other(desk: Desk) -> Path:
    """The empty key folder of a second node."""
    return desk.folder / "other"


def test_a_log_without_an_owner_gets_its_key_from_only_one_node(desk: Desk, other: Path) -> None:
    folders = [other / str(number) for number in range(4)]
    sealers = [Sealer(desk.url, FileSealingKeys(one), [], organisation="test.example") for one in folders]
    threads = [threading.Thread(target=sealer.seal_once) for sealer in sealers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for sealer in sealers:
        sealer.seal_once()
        sealer.close()
    assert [(one / "key").exists() for one in folders].count(True) == 1


def test_a_node_without_the_key_does_not_seal_and_says_so_once(desk: Desk, other: Path) -> None:
    desk.append(1)
    desk.seal()
    desk.append(1)
    keyless = Sealer(desk.url, FileSealingKeys(other), [desk.anchor], organisation="test.example")
    stop = threading.Event()
    with capture_logs() as logs:
        running = threading.Thread(target=keyless.run, args=(stop,))
        running.start()
        until(lambda: any(line["event"] == "audit_not_sealed_here" for line in logs), within=10)
        stop.set()
        running.join()
    told = [line for line in logs if line["event"] == "audit_not_sealed_here"]
    assert len(told) == 1
    assert desk.keys.pinned().name in told[0]["why"]
    assert not other.exists()
    assert desk.value("SELECT count(*) FROM audit_inbox") == 1


def test_a_node_with_another_logs_key_does_not_seal(desk: Desk, other: Path) -> None:
    desk.append(1)
    desk.seal()
    stranger = FileSealingKeys(other)
    stranger.create("test.example")
    sealer = Sealer(desk.url, stranger, [desk.anchor])
    found = sealer.seal_once()
    sealer.close()
    assert isinstance(found, NotTheSealer)
    assert stranger.pinned().name in found.why


def test_a_node_that_is_given_the_keys_continues_sealing(desk: Desk, other: Path) -> None:
    desk.append(2)
    desk.seal()
    desk.append(1)
    (desk.folder / "keys").rename(other)
    sealer = Sealer(desk.url, FileSealingKeys(other), [desk.anchor])
    assert isinstance(sealer.seal_once(), Sealed)
    sealer.close()
    other.rename(desk.folder / "keys")
    assert isinstance(desk.archive.verify(), Intact)


def test_a_new_name_over_a_log_that_was_signed_here_is_refused_or_restored(desk: Desk) -> None:
    desk.append(2)
    desk.seal()
    desk.attack("UPDATE audit_head SET origin = 'evil.example/audit/1', size = 0, frontier = '', chain = ''")
    with pytest.raises(SealRefusedError, match="rolled back"):
        desk.sealer().seal_once()


def test_entries_that_wait_too_long_are_logged_as_an_error_once(desk: Desk, other: Path) -> None:
    desk.append(1)
    desk.seal()
    desk.append(3)
    desk.attack("UPDATE audit_inbox SET at = at - interval '6 seconds'")
    keyless = Sealer(desk.url, FileSealingKeys(other), [])
    stop = threading.Event()
    with capture_logs() as logs:
        running = threading.Thread(target=keyless.run, args=(stop,))
        running.start()
        until(lambda: any(line["event"] == "audit_entries_wait_for_seal" for line in logs), within=20)
        desk.seal()
        until(lambda: any(line["event"] == "audit_entries_sealed_again" for line in logs), within=20)
        stop.set()
        running.join()
    told = [line for line in logs if line["event"] == "audit_entries_wait_for_seal"]
    assert [line["log_level"] for line in told] == ["error"]
    assert told[0]["oldest_waits_seconds"] > 5


def test_the_oldest_waiting_entry_shows_in_the_head(desk: Desk) -> None:
    assert desk.archive.head().oldest_unsealed is None
    desk.append(1)
    with psycopg.connect(desk.url) as session:
        at = session.execute("SELECT at FROM audit_inbox").fetchone()
    desk.append(1, subject=entry().subject)
    assert at is not None
    assert desk.archive.head().oldest_unsealed == at[0]


def test_a_standby_sealer_seals_and_signs_nevertheless(desk: Desk) -> None:
    desk.append(3)
    with sealing(desk, Rhythm(leads=lambda: False)):
        until(lambda: desk.value("SELECT max(size) FROM audit_checkpoint") == 3, within=10)
        desk.append(2)
        until(lambda: desk.value("SELECT max(size) FROM audit_checkpoint") == 5, within=10)
    assert isinstance(desk.archive.verify(), Intact)


@pytest.mark.fleet
def test_a_standby_sealer_looks_often_when_no_other_seals(desk: Desk) -> None:
    began = time.monotonic()
    with sealing(desk, Rhythm(leads=lambda: False)):
        for size in range(1, 21):
            desk.append(1)
            until(lambda size=size: desk.value("SELECT max(size) FROM audit_checkpoint") == size, within=10)
    assert time.monotonic() - began < 15 * STAND_IN_EVERY.total_seconds(), "each of the twenty waited for half a second"


def test_a_lock_on_the_inbox_does_not_hold_the_sealer_for_good(desk: Desk) -> None:
    desk.append(1)
    with capture_logs() as logs, sealing(desk, Rhythm()):
        until(lambda: desk.value("SELECT max(size) FROM audit_checkpoint") == 1, within=10)
        with psycopg.connect(desk.url) as other:
            other.execute("LOCK TABLE audit_inbox IN ACCESS EXCLUSIVE MODE")
            until(lambda: any(line["event"] == "audit_seal_failed" for line in logs), within=10)
        desk.append(1)
        until(lambda: desk.value("SELECT max(size) FROM audit_checkpoint") == 2, within=10)


def test_an_entry_that_commits_late_below_all_others_is_sealed_by_a_sealer_that_runs(desk: Desk) -> None:
    with desk.engine.connect() as late, late.begin() as open_still:
        PostgresAuditAppender(late).append(entry())
        with desk.engine.begin() as connection:
            for _ in range(2_100):
                PostgresAuditAppender(connection).append(entry())
        with sealing(desk, Rhythm()):
            until(lambda: desk.value("SELECT max(size) FROM audit_checkpoint") == 2_100, within=20)
            open_still.commit()
            until(lambda: desk.value("SELECT max(size) FROM audit_checkpoint") == 2_101, within=10)
    assert desk.value("SELECT count(*) FROM audit_inbox") == 0
    assert isinstance(desk.archive.verify(), Intact)


@contextmanager
def sealing(desk: Desk, rhythm: Rhythm) -> Iterator[None]:
    """Run a sealer at that interval on a thread."""
    stop = threading.Event()
    running = threading.Thread(target=desk.sealer(rhythm=rhythm).run, args=(stop,))
    running.start()
    try:
        yield
    finally:
        stop.set()
        running.join()
