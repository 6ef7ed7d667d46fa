"""The signatures given to texts, and their current names: what the whole fleet has recognised."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from grace_workers.signals import KnownSignature, Signature


@dataclass(frozen=True, slots=True)
class Kinship:
    """All names of a signature, itself first; others of its family of faults, newest first, at most a hundred."""

    names: Sequence[Signature]
    relatives: Sequence[Signature]


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

    def kinship(self, signature: Signature) -> Kinship:
        """Return the names of the signature, as `names` does, and its relatives."""
        ...
