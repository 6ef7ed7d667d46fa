import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grace_workers.signals.templates import MASK, TemplateMiner, key_of, shape

WORDS = ["user", "for", "from", "session", "closed", "opened", "disk", "on", "alice", "bob", "carol", "dave", "erin"]
WORDS += ["state=UP", "state=DOWN", "id=7", "10.0.0.1", "/var/log/x", "took", "5", "ms", "(3", "KB)", '"GET', "/a/b"]
LINES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=7).map(" ".join)


def ids(*lines: str) -> list[str]:
    miner = TemplateMiner()
    return miner.resolve(list(miner.signatures(lines)))


def one(*lines: str) -> bool:
    return len(set(ids(*lines))) == 1


@pytest.mark.parametrize(
    "lines",
    [
        ("order 17 failed after 3.2 s", "order 4711 failed after 90 ms"),
        ("deleting block blk_-7128 now", "deleting block blk_7128 now"),
        ("peer 10.0.0.1:5432 reset", "peer [::1]:80 reset", "peer db.example.com:5432 reset"),
        ("cannot open /var/lib/a.db", "cannot open C:\\data\\b.db", "cannot open s3://bucket/key"),
        ("commit 9f86d081884c of job 8c0e7f1e-9c2e-4d38-a8d1-7f8d3d3e0f11", "commit deadbeef of job 1"),
        ("node back at Fri Jun 17 07:07:00 2005", "node back at Mon Dec 1 00:00:59 2025"),
        ("sent 18 bytes (18.4 KB) to peer", "sent 18 bytes to peer"),
        ("login by user alice done", "login by user bob done"),
        ("wrote 1, 2, 3 to the ring", "wrote 1 to the ring"),
        ("heartbeat  late", "heartbeat late"),
    ],
)
def test_what_only_differs_in_values_is_one_template(lines: tuple[str, ...]) -> None:
    assert one(*lines)


@pytest.mark.parametrize(
    "lines",
    [
        ("connection opened by peer", "connection closed by peer"),
        ("unit moved from NEW to RUNNING", "unit moved from NEW to FAILED"),
        ("sshd startup succeeded", "cupsd startup succeeded"),
        ("order 17 failed", "payment 17 failed"),
        ("user alice logged in", "user alice logged out"),
        ("java.io.IOException while reading", "java.io.EOFException while reading"),
    ],
)
def test_what_differs_in_words_stays_apart(lines: tuple[str, ...]) -> None:
    assert len(set(ids(*lines))) == len(lines)


def test_a_place_where_many_words_stood_holds_values() -> None:
    lines = [f"mailbox of {name} is over its quota" for name in ("anna", "ben", "cleo", "dan", "eve")]
    assert one(*lines)
    assert not one(*lines[:2])


def test_the_meaning_of_an_id_changes_only_by_a_merge() -> None:
    miner = TemplateMiner()
    lines = [f"mailbox of {name} is over its quota" for name in ("anna", "ben", "cleo", "dan", "eve")]
    given_out = list(miner.signatures(lines))
    assert len(set(given_out)) > 1
    assert len(set(miner.resolve(given_out))) == 1
    assert miner.resolve([miner.sign(lines[0])]) == miner.resolve(given_out[:1])


@given(st.lists(LINES, max_size=25), st.randoms())
def test_the_order_of_lines_does_not_matter(lines: list[str], chance: random.Random) -> None:
    shuffled = chance.sample(lines, len(lines))
    assert dict(zip(lines, ids(*lines), strict=True)) == dict(zip(shuffled, ids(*shuffled), strict=True))


@given(st.text(max_size=200))
def test_any_text_has_a_template_and_it_is_the_same_again(text: str) -> None:
    miner = TemplateMiner()
    assert miner.sign(text) == miner.sign(text)
    assert MASK not in "".join(miner.templates().values())


@given(st.text(alphabet="ab01 =:,()[]<>\"'./\\-@", max_size=60), st.randoms())
def test_the_value_of_a_digit_never_matters(text: str, chance: random.Random) -> None:
    other = "".join(chance.choice("0123456789") if letter in "0123456789" else letter for letter in text)
    assert shape(key_of(other)) == shape(key_of(text))


@settings(max_examples=20)
@given(st.sampled_from(["((((", "a=", "<" * 50, "1 ", "[1,", "x:", "'", '"', "9-", MASK]))
def test_a_hostile_line_is_cut_before_it_is_read(piece: str) -> None:
    assert TemplateMiner().sign(piece * 500_000)


def test_templates_show_where_values_stood() -> None:
    miner = TemplateMiner()
    miner.sign("took 5 ms for user alice")
    assert list(miner.templates().values()) == ["took <*> ms for user <*>"]


def template(*lines: str) -> str:
    """Return the template that all the lines have."""
    miner = TemplateMiner()
    (one,) = set(miner.resolve([miner.sign(line) for line in lines]))
    return miner.templates()[one]


def test_a_template_is_what_its_lines_share_without_what_only_some_have() -> None:
    lines = ["sent 5 kB to peer alpha (10.0.0.1) as state=OPEN", "sent 7 kB to peer beta (10.0.0.2) as state=OPEN"]
    assert template(*lines) == "sent <*> kB to peer <*> (<*>) as state=OPEN"
    assert template(*lines, "sent 7 kB to peer gamma as state=OPEN") == "sent <*> kB to peer <*> as state=OPEN"


def test_a_unit_that_differs_belongs_to_the_value() -> None:
    lines = ["block 7 stored (size 5 kB, free 3 GB)", "block 8 stored (size 9.5 MB, free 2 GB)"]
    assert template(*lines) == "block <*> stored (size <*>, free <*>)"


def test_a_name_with_a_version_is_shown_once_it_proved_to_be_always_the_same() -> None:
    lines = [f"key of user {name} from 10.0.0.{at} by ssh2" for at, name in enumerate(("anna", "ben", "cleo", "dan"))]
    assert template(*lines[:2]) == "key of user <*> from <*> by <*>"
    assert template(*lines) == "key of user <*> from <*> by ssh2"
    assert template(*lines, "key of user eve from 10.0.0.9 by ssh1") == "key of user <*> from <*> by <*>"


def test_a_number_that_is_always_the_same_is_still_a_value() -> None:
    assert template(*(f"listens on port 80 as worker {at}" for at in range(5))) == "listens on port <*> as worker <*>"


@pytest.mark.slow
def test_what_is_remembered_is_bounded() -> None:
    miner = TemplateMiner()
    letters = "abcdefghij"
    for number in range(40_000):
        miner.sign(" ".join(letters[int(digit)] * 4 for digit in str(number)))
    assert len(miner.templates()) <= 20_000
    assert miner.sign("aaaa bbbb") == miner.sign("aaaa bbbb")
