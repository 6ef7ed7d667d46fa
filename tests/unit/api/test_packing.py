"""Compressed bodies are decompressed up to a limit, and broken ones are refused."""

import gzip
import time
import tracemalloc
import zlib

import pytest

from grace_workers.entrypoints.api.packing import LargerError, encodings_of, unpacked
from grace_workers.entrypoints.api.problems import Refusal

BODY = b'{"name": "checkout fails", "target": "shop"}' * 50
BARE = zlib.compressobj(wbits=-15)
PACKED = {
    "gzip": ("gzip", gzip.compress(BODY)),
    "gzip of two members": ("gzip", gzip.compress(BODY[:100]) + gzip.compress(BODY[100:])),
    "gzip with padding": ("gzip", gzip.compress(BODY) + b"\0" * 64),
    "deflate": ("deflate", zlib.compress(BODY)),
    "bare deflate": ("deflate", BARE.compress(BODY) + BARE.flush()),
}


@pytest.mark.parametrize("case", PACKED)
def test_a_packed_body_is_as_it_was(case: str) -> None:
    encoding, raw = PACKED[case]
    assert unpacked(raw, encodings_of(encoding), len(BODY)) == BODY


@pytest.mark.parametrize("case", PACKED)
def test_one_byte_past_the_limit_is_too_many(case: str) -> None:
    encoding, raw = PACKED[case]
    with pytest.raises(LargerError):
        unpacked(raw, encodings_of(encoding), len(BODY) - 1)


def test_a_bomb_costs_no_more_than_the_limit() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(LargerError):
        unpacked(bomb, ["gzip"], 1_000_000)
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    assert time.process_time() - began < 1
    tracemalloc.stop()


def test_many_small_members_cost_their_unpacked_size() -> None:
    raw = gzip.compress(b"") * 20_000
    began = time.process_time()
    assert unpacked(raw, ["gzip"], 1_000) == b""
    assert time.process_time() - began < 5


BROKEN = {
    "not packed": b"not packed",
    "cut off": gzip.compress(BODY)[:-9],
    "more behind it": gzip.compress(BODY) + b"more",
    "a beginning": b"\x1f\x8b",
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_is_refused(case: str) -> None:
    raw = BROKEN[case]
    with pytest.raises(Refusal, match="is not valid gzip"):
        unpacked(raw, ["gzip"], 1_000_000)


@pytest.mark.parametrize("header", ["", "identity", " Identity , identity"])
def test_a_body_that_is_not_packed_is_unchanged(header: str) -> None:
    assert encodings_of(header) == []


@pytest.mark.parametrize("header", ["br, br", "gzip, gzip", "zstd", "gzip;q=1"])
def test_another_encoding_is_refused_with_those_that_are_taken(header: str) -> None:
    with pytest.raises(Refusal, match="send gzip, deflate, br or none") as refusal:
        encodings_of(header)
    assert (refusal.value.status, refusal.value.headers) == (415, {"Accept-Encoding": "gzip, deflate, br"})
