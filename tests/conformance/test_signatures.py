"""What the store of signatures promises, in memory and PostgreSQL."""

from dataclasses import replace

from grace_workers.orchestration.stores.signatures import SignatureStore
from grace_workers.signals import KnownSignature, Signature
from tests.conformance.line_worlds import World, clock, world

__all__ = ["clock", "world"]

A, B, C, D = (Signature(f"line~{name}") for name in "abcd")


def known(signature: Signature, *, context: str = "shop", family: str = "") -> KnownSignature:
    return KnownSignature(
        signature=signature, known_as=signature, context=context, shape=f"shape of {signature}", family=family
    )


def test_a_signature_goes_under_its_newest_name_and_stays_in_its_place(world: World) -> None:
    with world.ledger.transaction() as tx:
        store = tx[SignatureStore]
        store.lock()
        store.put([known(B), known(A), known(C, context="other")])
        store.put([replace(known(A), known_as=B)])
    with world.ledger.transaction() as tx:
        store = tx[SignatureStore]
        assert store.known([A, B, D]) == {A: B, B: B}
        assert [one.signature for one in store.of_context("shop")] == [B, A]
        assert store.of_context("shop")[1] == replace(known(A), known_as=B)
        assert store.count() == 3
        assert list(store.names(A)) == [A, B]
        assert list(store.names(B)) == [B, A]
        assert list(store.names(D)) == [D]


def test_relatives_are_the_others_of_a_family_newest_first(world: World) -> None:
    with world.ledger.transaction() as tx:
        tx[SignatureStore].put([known(one, context="", family="KeyError") for one in (A, B, C)])
        tx[SignatureStore].put([known(D, context="")])
    with world.ledger.transaction() as tx:
        assert list(tx[SignatureStore].kinship(A).relatives) == [C, B]
        assert list(tx[SignatureStore].kinship(D).relatives) == []


def test_names_and_relatives_come_together(world: World) -> None:
    with world.ledger.transaction() as tx:
        tx[SignatureStore].put([replace(known(one, context="", family="KeyError"), known_as=A) for one in (B, A, C)])
        tx[SignatureStore].put([known(D, context="", family="KeyError")])
    with world.ledger.transaction() as tx:
        found = tx[SignatureStore].kinship(A)
        assert (list(found.names), list(found.relatives)) == ([A, B, C], [D, C, B])
        assert list(found.names) == list(tx[SignatureStore].names(A))
        assert list(tx[SignatureStore].kinship(Signature("never given")).names) == ["never given"]
