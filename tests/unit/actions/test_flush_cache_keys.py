from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis

from grace_workers.actions import OutcomeStatus, covers
from grace_workers.actions.primitives.flush_cache_keys import DEFINITION, FlushKeysParams
from grace_workers.adapters.embedded import EmbeddedValkey
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryCache
from tests.conformance.primitive_cases import InMemory, Real


def in_memory() -> InMemory:
    cache = MemoryCache(values={"page:1": b"one", "page:2": b"two", "other": b"x"})
    return InMemory(role=cache, params={"pattern": "page:*"}, look=lambda: dict(cache.values))


@contextmanager
def real(folder: Path) -> Iterator[Real]:
    server = EmbeddedValkey(folder / "valkey", durable=False)
    server.start()
    try:
        with Redis.from_url(server.url) as client:
            client.set("page:1", b"\x00\xff binary", ex=1000)
            client.hset("page:2", mapping={"title": "shop", "body": "x" * 500})
            client.set(b"page:\xff", "a name that is no text")
            client.set("session:1", "stays")

            def look() -> object:
                names = sorted(client.keys("*"))
                return [(name, client.dump(name), client.expiretime(name)) for name in names]

            yield Real(
                kind=TargetKind("redis"),
                connection={"url": server.url, "cache_prefixes": ["page:"]},
                params={"pattern": "*"},
                look=look,
            )
    finally:
        server.stop()


def test_only_keys_that_match_go() -> None:
    cache, params = in_memory().role, FlushKeysParams(pattern="page:*")
    DEFINITION.apply(cache, params, DEFINITION.snapshot(cache, params))
    assert set(cache.values) == {"other"}


def test_a_key_written_after_the_snapshot_stays_and_is_reported() -> None:
    cache, params = in_memory().role, FlushKeysParams(pattern="page:*")
    kept = DEFINITION.snapshot(cache, params)
    cache.values["page:1"] = b"newer"
    outcome = DEFINITION.apply(cache, params, kept)
    assert (outcome.data, outcome.detail) == (
        {"removed": 1, "kept": 1},
        "removed 1 keys; 1 were written since and stay",
    )


def test_without_keys_nothing_is_done() -> None:
    cache, params = MemoryCache(), FlushKeysParams(pattern="page:*")
    outcome = DEFINITION.apply(cache, params, DEFINITION.snapshot(cache, params))
    assert outcome.status is OutcomeStatus.UNCHANGED


def test_a_long_list_is_shortened_and_a_hostile_name_stays_on_its_line() -> None:
    cache = MemoryCache(values={f"page:{number:02}": b"" for number in range(30)} | {"page:\nremove key x": b""})
    preview = DEFINITION.preview(cache, FlushKeysParams(pattern="*"))
    assert (len(preview.changes), preview.changes[-1]) == (21, "and 11 more keys")
    assert "\n" not in preview.changes[0]


@pytest.mark.parametrize("pattern", ["", "a\nb", "x" * 201, "*a*b*c*", "\x00"])
def test_a_pattern_that_is_hostile_is_refused(pattern: str) -> None:
    with pytest.raises(InputError, match="pattern"):
        FlushKeysParams.read({"pattern": pattern}, "params")


@pytest.mark.parametrize("most", [0, 100_001])
def test_a_bound_out_of_bounds_is_refused(most: int) -> None:
    with pytest.raises(InputError, match="most"):
        FlushKeysParams.read({"pattern": "*", "most": most}, "params")


@pytest.mark.parametrize(
    ("pattern", "key", "expected"),
    [
        ("a*c", "abc", True),
        ("a*c", "ac", True),
        ("ab*bc", "abc", False),
        ("*b*", "abc", True),
        ("*b*d", "abcd", True),
        ("*bd*", "abcd", False),
        ("abc", "abcd", False),
        ("a?c", "abc", False),
    ],
)
def test_a_star_matches_any_characters(pattern: str, key: str, expected: bool) -> None:
    assert covers(pattern, key) is expected
