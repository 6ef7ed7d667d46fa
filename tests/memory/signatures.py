"""The signatures given to texts, and their current names, in memory."""

from collections.abc import Collection, Mapping, Sequence

from grace_workers.orchestration.stores.signatures import Kinship, SignatureStore
from grace_workers.orchestration.stores.store import implements
from grace_workers.signals import KnownSignature, Signature
from tests.memory.transaction import MemoryTransaction


class MemorySignatureStore:
    """Implements `stores.SignatureStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._given: dict[Signature, KnownSignature] = tx.table("signatures")

    def lock(self) -> None:
        """Do nothing: transactions take turns, so each learns alone."""

    def known(self, signatures: Collection[Signature]) -> Mapping[Signature, Signature]:
        """Return the current name of each; those never given are absent."""
        return {one: self._given[one].known_as for one in signatures if one in self._given}

    def of_context(self, context: str) -> Sequence[KnownSignature]:
        """Return those of one context in the order in which they were given."""
        return [one for one in self._given.values() if one.context == context]

    def count(self) -> int:
        """Return how many there are in all."""
        return len(self._given)

    def put(self, signatures: Sequence[KnownSignature]) -> None:
        """Store them; for one that exists already, replace its current name."""
        for one in signatures:
            self._given[one.signature] = one

    def names(self, signature: Signature) -> Sequence[Signature]:
        """Return the signature, then all others with the same current name."""
        mine = self._given.get(signature)
        others = [one.signature for one in self._given.values() if mine and one.known_as == mine.known_as]
        return [signature, *(one for one in others if one != signature)]

    def kinship(self, signature: Signature) -> Kinship:
        """Return the names of the signature, as `names` does, and its relatives."""
        return Kinship(names=self.names(signature), relatives=self._relatives(signature))

    def _relatives(self, signature: Signature) -> list[Signature]:
        mine = self._given.get(signature)
        if mine is None or not mine.family:
            return []
        found = [one.signature for one in self._given.values() if one.family == mine.family]
        return [one for one in reversed(found) if one != signature][:100]


DEFINITION = implements(SignatureStore)(MemorySignatureStore)
