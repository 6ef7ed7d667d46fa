"""Bearer tokens, by the hash of their secret."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from grace_workers.adapters.postgres.statement import many, one
from grace_workers.adapters.postgres.transaction import PostgresTransaction
from grace_workers.foundation.errors import ConflictError, NotFoundError
from grace_workers.foundation.ids import TargetName
from grace_workers.governance import Role
from grace_workers.orchestration.stores import Token
from grace_workers.orchestration.stores.store import implements
from grace_workers.orchestration.stores.tokens import TokenStore

_COLUMNS = "name, role, hash, created_at, expires_at, revoked_at, rate_per_minute, person, targets"

_ADD = f"""
INSERT INTO tokens ({_COLUMNS}) VALUES (%(name)s, %(role)s, %(hash)s, %(created_at)s, %(expires_at)s, %(revoked_at)s,
    %(rate_per_minute)s, %(person)s, %(targets)s)
ON CONFLICT (name) DO NOTHING RETURNING name
"""  # noqa: S608 - only constants are put in

_BY_HASH = f"SELECT {_COLUMNS} FROM tokens WHERE hash = %(hash)s"  # noqa: S608

_ALL = f"SELECT {_COLUMNS} FROM tokens ORDER BY name"  # noqa: S608

_REVOKE = f"""
UPDATE tokens SET revoked_at = coalesce(revoked_at, %(at)s) WHERE name = %(name)s RETURNING {_COLUMNS}
"""  # noqa: S608


class PostgresTokenStore:
    """Implements `stores.TokenStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, token: Token) -> None:
        """Store a token.

        Raises:
            ConflictError: the name is taken.
        """
        values = {
            "name": token.name,
            "role": token.role.value,
            "hash": token.hash,
            "created_at": token.created_at,
            "expires_at": token.expires_at,
            "revoked_at": token.revoked_at,
            "rate_per_minute": token.rate_per_minute,
            "person": token.person,
            "targets": None if token.targets is None else list(token.targets),
        }
        if one(self._connection, _ADD, values) is None:
            raise ConflictError(
                f"a token named {token.name!r} exists; choose another name, because names are never reused"
            )

    def by_hash(self, token_hash: str) -> Token | None:
        """Return the token, revoked and expired ones included."""
        row = one(self._connection, _BY_HASH, {"hash": token_hash})
        return None if row is None else _token(row)

    def all(self) -> Sequence[Token]:
        """Return all tokens, by name."""
        return [_token(row) for row in many(self._connection, _ALL, {})]

    def revoke(self, name: str, at: datetime) -> Token:
        """Revoke a token; one already revoked keeps its first time.

        Raises:
            NotFoundError: there is no such token.
        """
        row = one(self._connection, _REVOKE, {"name": name, "at": at})
        if row is None:
            raise NotFoundError(f"no token named {name[:80]!r}; `grace token list` lists all")
        return _token(row)


def _token(row: Sequence[Any]) -> Token:
    name, role, secret_hash, created_at, expires_at, revoked_at, rate_per_minute, person, targets = row
    return Token(
        name=name,
        role=Role(role),
        hash=secret_hash,
        created_at=created_at,
        expires_at=expires_at,
        revoked_at=revoked_at,
        rate_per_minute=rate_per_minute,
        person=person or name,
        targets=None if targets is None else tuple(TargetName(target) for target in targets),
    )


def _make(tx: PostgresTransaction) -> PostgresTokenStore:
    return PostgresTokenStore(tx.connection)


DEFINITION = implements(TokenStore)(_make)
