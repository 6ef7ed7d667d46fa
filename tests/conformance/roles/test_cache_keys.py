"""What every `CacheKeys` promises. A stand is a cache of keys `page:…` and `item:…`, and a way to write."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from grace_workers.actions import CacheKeys
from grace_workers.foundation.errors import NotFoundError, PermanentError
from grace_workers.testing import MemoryCache
from tests.conformance.roles.implementations import implementations, stand


@dataclass(frozen=True)
class Cache:
    """A cache. `put` writes a key, cache or not."""

    role: CacheKeys
    put: Callable[[str, str], None]


@pytest.fixture(params=implementations(CacheKeys))
def cache(request: pytest.FixtureRequest) -> Iterator[Cache]:
    if request.param == "memory":
        memory = MemoryCache(prefixes=("page:", "item:"))
        made = Cache(memory, lambda name, value: memory.values.update({name: value.encode()}))
        _fill(made)
        yield made
        return
    with stand(request.param, CacheKeys, request) as (role, put):
        made = Cache(role, put)
        _fill(made)
        yield made


def _fill(cache: Cache) -> None:
    for name in ("page:1", "page:2", "item:[1]", "item:1", "session:1"):
        cache.put(name, f"value of {name}")


def test_only_keys_that_are_cache_are_found(cache: Cache) -> None:
    assert cache.role.find("*", most=10) == ["item:1", "item:[1]", "page:1", "page:2"]
    assert cache.role.find("session:*", most=10) == []
    assert cache.role.total() == 5


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("page:*", ["page:1", "page:2"]),
        ("*:1", ["item:1", "page:1"]),
        ("item:[1]", ["item:[1]"]),
        ("page:?", []),
        ("--help", []),
        ("page:\\*", []),
    ],
)
def test_every_character_except_the_star_matches_itself(cache: Cache, pattern: str, found: list[str]) -> None:
    assert cache.role.find(pattern, most=10) == found


def test_more_keys_than_allowed_are_neither_listed_nor_kept(cache: Cache) -> None:
    for ask in (lambda: cache.role.find("*", most=3), lambda: cache.role.stash("*", "many", most=3)):
        with pytest.raises(PermanentError, match="more than 3 keys"):
            ask()
    with pytest.raises(NotFoundError, match="many"):
        cache.role.remove("many")


def test_what_is_removed_comes_back(cache: Cache) -> None:
    assert cache.role.stash("page:*", "one", most=10).keys == 2
    assert cache.role.remove("one").removed == 2
    assert (cache.role.find("page:*", most=10), cache.role.present("one").missing) == ([], 2)
    assert (cache.role.unstash("one"), cache.role.unstash("one")) == (2, 0)
    assert (cache.role.find("page:*", most=10), cache.role.present("one").missing) == (["page:1", "page:2"], 0)


def test_what_was_written_since_is_neither_removed_nor_overwritten(cache: Cache) -> None:
    cache.role.stash("page:*", "one", most=10)
    cache.put("page:1", "newer")
    done = cache.role.remove("one")
    assert (done.removed, done.kept) == (1, 1)
    cache.put("page:2", "made anew")
    assert (cache.role.unstash("one"), cache.role.present("one").missing) == (0, 0)


def test_a_stash_is_taken_once(cache: Cache) -> None:
    cache.role.stash("page:*", "one", most=10)
    cache.put("page:3", "later")
    assert cache.role.stash("page:*", "one", most=10).keys == 2


def test_an_unknown_stash_is_an_error(cache: Cache) -> None:
    for ask in (cache.role.remove, cache.role.unstash, cache.role.present):
        with pytest.raises(NotFoundError, match="nowhere"):
            ask("nowhere")
