"""How many slots a node starts with when memory is short."""

from hypothesis import given
from hypothesis import strategies as st

from grace_workers.fleet import throttle
from grace_workers.fleet.throttle import MEBIBYTE, NODE_BYTES, SLOT_BYTES

WANTED = {"healing": 8, "coding": 2, "orchestration": 8}


def test_with_memory_to_spare_every_pool_gets_what_it_wants() -> None:
    found = throttle(WANTED, 8192 * MEBIBYTE)
    assert (found.slots, found.why) == (WANTED, None)


def test_with_little_memory_the_pools_share_what_there_is_and_the_node_says_so() -> None:
    found = throttle(WANTED, NODE_BYTES + 288 * MEBIBYTE)
    assert found.slots == {"healing": 4, "coding": 1, "orchestration": 4}
    assert found.why == (
        "928 MiB of memory are free, so pools get fewer slots: healing 8 → 4, coding 2 → 1, orchestration 8 → 4"
    )


@given(
    st.dictionaries(st.sampled_from(sorted(SLOT_BYTES)), st.integers(1, 64)),
    st.integers(0, 16384),
    st.integers(0, 4096),
)
def test_no_pool_is_left_without_a_slot_none_gets_more_than_it_wants_and_memory_never_takes_slots(
    wanted, mebibytes, more
) -> None:
    found = throttle(wanted, mebibytes * MEBIBYTE)
    richer = throttle(wanted, (mebibytes + more) * MEBIBYTE)
    assert all(1 <= found.slots[pool] <= richer.slots[pool] <= wanted[pool] for pool in wanted)
    assert (found.why is None) == (found.slots == wanted)


@given(st.integers(1, 64), st.integers(1, 64), st.integers(1, 64), st.integers(900, 8192))
def test_what_is_started_fits_in_the_memory(healing, coding, orchestration, mebibytes) -> None:
    found = throttle({"healing": healing, "coding": coding, "orchestration": orchestration}, mebibytes * MEBIBYTE)
    taken = sum(SLOT_BYTES[pool] * slots for pool, slots in found.slots.items())
    assert taken <= max(mebibytes * MEBIBYTE - NODE_BYTES, sum(SLOT_BYTES.values()))
