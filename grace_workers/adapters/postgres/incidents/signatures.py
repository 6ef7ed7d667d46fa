"""The signatures given to texts, and their current names."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from grace_workers.adapters.postgres.statement import many, run_each
from grace_workers.adapters.postgres.transaction import PostgresTransaction
from grace_workers.orchestration.stores.signatures import Kinship, SignatureStore
from grace_workers.orchestration.stores.store import implements
from grace_workers.signals import KnownSignature, Signature

_LOCK = "SELECT pg_advisory_xact_lock(hashtext('grace.signatures'), 0)"

_KNOWN = "SELECT signature, known_as FROM signatures WHERE signature = ANY(%(signatures)s::text[])"

_OF_CONTEXT = """
SELECT signature, known_as, context, shape, family FROM signatures WHERE context = %(context)s ORDER BY given
"""

_COUNT = "SELECT count(*) FROM signatures"

_PUT = """
INSERT INTO signatures (signature, known_as, context, shape, family)
VALUES (%(signature)s, %(known_as)s, %(context)s, %(shape)s, %(family)s)
ON CONFLICT (signature) DO UPDATE SET known_as = excluded.known_as
"""

_NAMES = """
SELECT other.signature FROM signatures mine JOIN signatures other ON other.known_as = mine.known_as
WHERE mine.signature = %(signature)s AND other.signature <> mine.signature ORDER BY other.given
"""

_KINSHIP = """
SELECT false, other.signature, other.given FROM signatures mine JOIN signatures other ON other.known_as = mine.known_as
WHERE mine.signature = %(signature)s AND other.signature <> mine.signature
UNION ALL
(SELECT true, other.signature, other.given FROM signatures mine JOIN signatures other ON other.family = mine.family
    WHERE mine.signature = %(signature)s AND mine.family <> '' AND other.signature <> mine.signature
    ORDER BY other.given DESC LIMIT 100)
ORDER BY 3
"""


class PostgresSignatureStore:
    """Implements `stores.SignatureStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self) -> None:
        """Let one transaction at a time learn."""
        many(self._connection, _LOCK, {})

    def known(self, signatures: Collection[Signature]) -> Mapping[Signature, Signature]:
        """Return the current name of each; those never given are absent."""
        rows = many(self._connection, _KNOWN, {"signatures": list(signatures)})
        return {Signature(row[0]): Signature(row[1]) for row in rows}

    def of_context(self, context: str) -> Sequence[KnownSignature]:
        """Return those of one context in the order in which they were given."""
        return [_known(row) for row in many(self._connection, _OF_CONTEXT, {"context": context})]

    def count(self) -> int:
        """Return how many there are in all."""
        [row] = many(self._connection, _COUNT, {})
        return int(row[0])

    def put(self, signatures: Sequence[KnownSignature]) -> None:
        """Store them; for one that exists already, replace its current name."""
        run_each(self._connection, _PUT, [_values(one) for one in signatures])

    def names(self, signature: Signature) -> Sequence[Signature]:
        """Return the signature, then all others with the same current name."""
        rows = many(self._connection, _NAMES, {"signature": signature})
        return [signature, *(Signature(row[0]) for row in rows)]

    def kinship(self, signature: Signature) -> Kinship:
        """Return the names of the signature, as `names` does, and its relatives."""
        rows = many(self._connection, _KINSHIP, {"signature": signature})
        names = [Signature(name) for related, name, _ in rows if not related]
        relatives = [Signature(name) for related, name, _ in reversed(rows) if related]
        return Kinship(names=[signature, *names], relatives=relatives)


def _known(row: Sequence[Any]) -> KnownSignature:
    signature, known_as, context, shape, family = row
    return KnownSignature(signature=signature, known_as=known_as, context=context, shape=shape, family=family)


def _values(one: KnownSignature) -> dict[str, Any]:
    return {
        "signature": one.signature,
        "known_as": one.known_as,
        "context": one.context,
        "shape": one.shape,
        "family": one.family,
    }


def _make(tx: PostgresTransaction) -> PostgresSignatureStore:
    return PostgresSignatureStore(tx.connection)


DEFINITION = implements(SignatureStore)(_make)
