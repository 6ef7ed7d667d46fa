"""The signatures given to texts, and their current names: what the whole fleet has recognised."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from grace_workers.signals import KnownSignature, Signature


class SignatureStore(Protocol):
    """The signatures given to texts, and their current names."""

    def lock(self) -> None:
        """Let one transaction at a time learn."""
        ...

    def known(self, signatures: Collection[Signature]) -> Mapping[Signature, Signature]:
        """Return the current name of each; those never given are absent."""
        ...

    def of_context(self, context: str) -> Sequence[KnownSignature]:
        """Return those of one context in the order in which they were given."""
        ...

    def count(self) -> int:
        """Return how many there are in all."""
        ...

    def put(self, signatures: Sequence[KnownSignature]) -> None:
        """Store them; for one that exists already, replace its current name."""
        ...

    def names(self, signature: Signature) -> Sequence[Signature]:
        """Return the signature, then all others with the same current name."""
        ...

    def relatives(self, signature: Signature) -> Sequence[Signature]:
        """Return the other signatures of the same family of faults, newest first, at most a hundred."""
        ...
