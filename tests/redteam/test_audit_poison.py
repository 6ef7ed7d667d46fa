"""What one INSERT into the audit log's inbox can do: nothing that lasts."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from grace_workers.adapters.postgres.audit import PostgresAuditAppender
from grace_workers.adapters.postgres.audit.passes import SealRefusedError
from grace_workers.audit import (
    CannotTell,
    Intact,
    StreamPosition,
    Tampered,
    Written,
    commitment,
    evidence_json,
    write,
)
from grace_workers.foundation.ids import EntryId, uuid7
from tests.integration.audit.conftest import Desk, desk, entry  # noqa: F401 -- a fixture

pytestmark = pytest.mark.servers

FRESH = StreamPosition.fresh


def forged(**changes: object) -> Written:
    """Return a correct entry, except for some fields of its envelope."""
    made = write(entry(), FRESH())
    told = {**json.loads(made.envelope), **changes}
    return replace(made, envelope=json.dumps(told, separators=(",", ":"), ensure_ascii=False, sort_keys=True).encode())


def plain(text: str) -> Written:
    return Written(text.encode(), None, None)


def details(data: bytes, salt: bytes = bytes(16)) -> Written:
    return replace(forged(dh=commitment(salt, data).hex()), data=data, salt=salt)


def dated(at: datetime) -> Written:
    return write(entry(at=at), FRESH())


def later_id() -> str:
    return str(UUID(int=uuid7().int + (7200_000 << 80)))


POISONS: dict[str, Callable[[], Written]] = {
    "an empty object": lambda: plain("{}"),
    "a list": lambda: plain("[]"),
    "null": lambda: plain("null"),
    "a number": lambda: plain("1e400"),
    "a text": lambda: plain('"entry"'),
    "a deep list": lambda: plain("[" * 3000 + "]" * 3000),
    "a date in 2099": lambda: dated(datetime(2099, 1, 1, tzinfo=UTC)),
    "a date of yesterday": lambda: dated(datetime.now(UTC) - timedelta(days=1)),
    "a date in 1970": lambda: dated(datetime(1970, 1, 1, tzinfo=UTC)),
    "no date at all": lambda: forged(ts="2026-99-99T99:99:99.000000Z"),
    "a day that is not": lambda: forged(ts=f"{datetime.now(UTC):%Y}-02-31T00:00:00.000000Z"),
    "an unknown stream": lambda: write(entry(), replace(FRESH(), number=5)),
    "a first entry with a predecessor": lambda: write(entry(), replace(FRESH(), previous="a" * 64)),
    "a number of 5000 digits": lambda: plain(
        write(entry(data={}), FRESH()).envelope.decode().replace('"wn":0', '"wn":' + "9" * 5000)
    ),
    "a negative number": lambda: forged(wn=-1),
    "a number as text": lambda: forged(wn="0"),
    "an actor that is a list": lambda: forged(actor=["a"]),
    "an actor that is null": lambda: forged(actor=None),
    "another version": lambda: forged(v=2),
    "a further member": lambda: forged(z=1),
    "a member less": lambda: plain(forged(v=1).envelope.decode().replace('"v":1,', "")),
    "a NUL": lambda: plain(forged(subject="x").envelope.decode().replace('"subject":"x"', '"subject":"\\u0000"')),
    "a lone surrogate": lambda: plain(
        forged(subject="x").envelope.decode().replace('"subject":"x"', '"subject":"\\ud800"')
    ),
    "an escape that need not be": lambda: plain(
        write(entry(data={}, subject="x"), FRESH()).envelope.decode().replace('"subject":"x"', '"subject":"\\u0078"')
    ),
    "spaces": lambda: plain(json.dumps(json.loads(write(entry(data={}), FRESH()).envelope))),
    "a member twice": lambda: plain(write(entry(data={}), FRESH()).envelope.decode().replace('"v":1', '"v":1,"v":1')),
    "an action of 9000 letters": lambda: forged(
        action="".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=9000))
    ),
    "an id that is none": lambda: forged(id="0" * 36),
    "an id of version 4": lambda: forged(id=str(uuid4())),
    "an id of another time": lambda: forged(id=later_id()),
    "other details": lambda: replace(write(entry(), FRESH()), data=b'{"took":"9"}'),
    "no details": lambda: replace(write(entry(), FRESH()), data=None, salt=None),
    "details without salt": lambda: replace(write(entry(), FRESH()), salt=None),
    "salt without details": lambda: replace(write(entry(), FRESH()), data=None),
    "details without commitment": lambda: replace(write(entry(data={}), FRESH()), data=b"{}", salt=bytes(16)),
    "a salt of 15 bytes": lambda: details(b'{"a":1}', bytes(15)),
    "a salt of a megabyte": lambda: details(b'{"a":1}', bytes(1_000_000)),
    "an empty salt": lambda: details(b'{"a":1}', b""),
    "details with spaces": lambda: details(b'{"a": 1}'),
    "details out of order": lambda: details(b'{"b":1,"a":1}'),
    "details that are a list": lambda: details(b"[1]"),
    "details of 2000 levels": lambda: details(b'{"a":' + b"[" * 2000 + b"]" * 2000 + b"}"),
    "details of 100 levels": lambda: details(b'{"a":' + b"[" * 100 + b"]" * 100 + b"}"),
    "details with a number of 5000 digits": lambda: details(b'{"a":' + b"9" * 5000 + b"}"),
    "details of three megabytes": lambda: details(b'{"a":"' + b"x" * 3_000_000 + b'"}'),
    "an entry of three megabytes": lambda: forged(subject="x" * 3_000_000),
    "a rotation without a subject": lambda: plain('{"action":"audit.rotate"}'),
    "a rotation to an attacker's key": lambda: write(
        entry(action="audit.rotate", subject="test.example+0+AAAA"), FRESH()
    ),
    "a notice of its own": lambda: write(
        entry(action="audit.set_aside", subject="inbox:1", outcome="0" * 64, data={}), FRESH()
    ),
    "a notice that skips a stream": lambda: write(
        entry(action="audit.set_aside", subject=f"inbox:1 stream:{'a' * 32}/0/{'0' * 64}/{'b' * 64}", outcome="0" * 64),
        FRESH(),
    ),
}


def insert(desk: Desk, row: Written) -> None:  # noqa: F811
    with psycopg.connect(desk.url) as session:
        data = None if row.data is None else row.data.decode()
        session.execute(
            "INSERT INTO audit_inbox (entry, data, salt) VALUES (%s, %s, %s)", (row.envelope.decode(), data, row.salt)
        )


def assert_healthy(desk: Desk, aside: int) -> None:  # noqa: F811
    """Check that the log goes on, reports what it set aside, and can be read, proven and exported."""
    made = desk.append(2)
    desk.seal()
    found = desk.archive.verify()
    assert isinstance(found, Intact), found
    assert found.set_aside == aside
    assert desk.value("SELECT count(*) FROM audit_set_aside") == aside
    notices = [row for row in desk.archive.tail(1000) if row.envelope["action"] == "audit.set_aside"]
    assert len(notices) == aside
    assert all(row.data["why"] for row in notices)
    desk.archive.proof(made[0].id)


def test_no_row_of_any_kind_poisons_the_log(desk: Desk) -> None:  # noqa: F811
    desk.append(3)
    desk.seal()
    kept = {}
    for name, make in POISONS.items():
        row = make()
        insert(desk, row)
        kept[name] = row.envelope.decode()
        desk.append(1)
    assert isinstance(desk.archive.verify(), CannotTell | Tampered)
    desk.archive.tail(100)
    assert_healthy(desk, len(POISONS))
    with psycopg.connect(desk.url) as session:
        held = [row[0] for row in session.execute("SELECT entry::text FROM audit_set_aside ORDER BY seq")]
    assert held == list(kept.values())
    checkpoint = desk.archive.export(desk.folder / "bundle")
    assert checkpoint.size == 3 + 2 * len(POISONS) + 2


def test_each_poison_is_set_aside_when_the_log_is_still_empty(desk: Desk) -> None:  # noqa: F811
    far = {
        "a date of yesterday",
        "a date in 1970",
    }  # before the first anchor any date in the past is as good as another
    for name, make in POISONS.items():
        if name not in far:
            insert(desk, make())
    assert_healthy(desk, len(POISONS) - len(far))


def test_an_entry_that_claims_another_writers_stream_is_set_aside_and_the_writer_continues(desk: Desk) -> None:  # noqa: F811
    desk.append(2)
    desk.seal()
    with psycopg.connect(desk.url) as session:
        text = session.execute("SELECT entry::text FROM audit_log ORDER BY seq DESC LIMIT 1").fetchone()[0]
    told = json.loads(text)
    last = StreamPosition(told["w"], told["wn"], told["wp"])
    following = last.after(text.encode())
    for place in (last, replace(following, number=7), replace(following, previous="c" * 64), replace(last, number=0)):
        insert(desk, write(entry(), place))
    assert_healthy(desk, 4)


def test_an_id_that_the_log_holds_already_is_set_aside(desk: Desk) -> None:  # noqa: F811
    one = desk.append(1)[0]
    insert(desk, write(entry(id=one.id), FRESH()))
    desk.seal()
    insert(desk, write(entry(id=EntryId(one.id)), FRESH()))
    assert_healthy(desk, 2)


def test_an_honest_entry_that_arrives_too_late_is_skipped_and_its_stream_continues(desk: Desk) -> None:  # noqa: F811
    desk.append(1)
    desk.seal()
    desk.append(1, at=datetime.now(UTC) - timedelta(hours=5), id=EntryId(uuid7()))
    assert_healthy(desk, 1)
    desk.append(3)
    assert_healthy(desk, 1)


def test_inbox_ids_chosen_by_a_superuser_do_not_stop_the_sealer(desk: Desk) -> None:  # noqa: F811
    with psycopg.connect(desk.url) as session:
        for number in (2**63 - 1, -(2**63) + 1, 0):
            session.execute(
                "INSERT INTO audit_inbox (id, entry, at) OVERRIDING SYSTEM VALUE VALUES (%s, '{}', 'infinity')",
                (number,),
            )
    assert_healthy(desk, 3)


def test_an_entry_set_aside_cannot_be_changed_or_removed_unnoticed(desk: Desk) -> None:  # noqa: F811
    insert(desk, plain("{}"))
    assert_healthy(desk, 1)
    for statement in (
        """UPDATE audit_set_aside SET entry = '{"a":1}'""",
        "UPDATE audit_set_aside SET entry = '{}', salt = ''",
        "UPDATE audit_set_aside SET salt = NULL, seq = seq + 1",
        "DELETE FROM audit_set_aside",
    ):
        desk.attack("ALTER TABLE audit_set_aside DISABLE TRIGGER ALL", statement)
        assert isinstance(desk.archive.verify(), Tampered), statement


def test_a_missing_or_broken_head_is_a_finding_and_never_an_exception(desk: Desk) -> None:  # noqa: F811
    desk.append(3)
    desk.seal()
    for statement in (
        "UPDATE audit_head SET frontier = substr(frontier, 1, 31)",
        "UPDATE audit_head SET frontier = ''",
        "UPDATE audit_head SET size = 4611686018427387904",
        "UPDATE audit_head SET size = -1",
        "TRUNCATE audit_head",
    ):
        desk.attack(statement)
        assert isinstance(desk.archive.verify(), Tampered | CannotTell), statement
        desk.append(1)
        with pytest.raises(SealRefusedError):
            desk.sealer().seal_once()


def test_streams_sealed_by_an_earlier_release_are_recovered_from_the_log(desk: Desk) -> None:  # noqa: F811
    with desk.engine.connect() as connection:
        for _ in range(3):
            with connection.begin():
                PostgresAuditAppender(connection).append(entry())
            desk.seal()
        desk.attack(
            "ALTER TABLE audit_stream DISABLE TRIGGER ALL",
            "DELETE FROM audit_stream",
            "UPDATE audit_head SET streams = 0",
        )
        with connection.begin():
            PostgresAuditAppender(connection).append(entry())
    assert_healthy(desk, 0)


def test_details_too_large_to_be_sealed_are_named_and_not_lost_without_a_word(desk: Desk) -> None:  # noqa: F811
    desk.append(1, data={"log": "x" * 3_000_000}, subject="y" * 50_000)
    assert_healthy(desk, 0)
    assert evidence_json(desk.archive.tail(3)[2].data)["left_out_bytes"] > 3_000_000
