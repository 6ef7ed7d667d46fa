"""Signatures of texts that were given, and the names they go under: what the whole fleet has recognised."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from grace_workers.signals import KnownSignature, Signature


class SignatureStore(Protocol):
    """Signatures of texts that were given, and the names they go under."""

    def lock(self) -> None:
        """Let one transaction at a time learn."""
        ...

    def known(self, signatures: Collection[Signature]) -> Mapping[Signature, Signature]:
        """Return the name that each goes under; one that was never given is absent."""
        ...

    def of_context(self, context: str) -> Sequence[KnownSignature]:
        """Return those of one context in the order they were given."""
        ...

    def count(self) -> int:
        """Return how many there are in all."""
        ...

    def put(self, signatures: Sequence[KnownSignature]) -> None:
        """Keep them; of one that is there already, the name that it goes under now."""
        ...

    def names(self, signature: Signature) -> Sequence[Signature]:
        """Return the signature, then every other one that goes under its name."""
        ...

    def relatives(self, signature: Signature) -> Sequence[Signature]:
        """Return the other signatures of the same family of faults, the newest first, a hundred at most."""
        ...
