"""Bearer tokens, by the hash of their secret."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert

from grace_workers.adapters.postgres.schema.line import tokens
from grace_workers.foundation.errors import ConflictError, NotFoundError
from grace_workers.foundation.ids import TargetName
from grace_workers.governance import Role
from grace_workers.orchestration.stores import Token


class PostgresTokenStore:
    """Implements `stores.TokenStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, token: Token) -> None:
        """Store a token.

        Raises:
            ConflictError: the name is taken.
        """
        statement = insert(tokens).values(
            name=token.name,
            role=token.role.value,
            hash=token.hash,
            created_at=token.created_at,
            expires_at=token.expires_at,
            revoked_at=token.revoked_at,
            rate_per_minute=token.rate_per_minute,
            person=token.person,
            targets=None if token.targets is None else list(token.targets),
        )
        statement = statement.on_conflict_do_nothing(index_elements=["name"])
        if self._connection.execute(statement.returning(tokens.c.name)).first() is None:
            raise ConflictError(f"a token named {token.name!r} exists; choose another name, names are never reused")

    def by_hash(self, token_hash: str) -> Token | None:
        """Return the token, revoked and expired ones included."""
        row = self._connection.execute(select(tokens).where(tokens.c.hash == token_hash)).first()
        return None if row is None else _token(row)

    def all(self) -> Sequence[Token]:
        """Return all tokens, by name."""
        return [_token(row) for row in self._connection.execute(select(tokens).order_by(tokens.c.name))]

    def revoke(self, name: str, at: datetime) -> Token:
        """Revoke a token; one already revoked keeps its first time.

        Raises:
            NotFoundError: there is no such token.
        """
        query = select(tokens).where(tokens.c.name == name).with_for_update()
        row = self._connection.execute(query).first()
        if row is None:
            raise NotFoundError(f"no token named {name[:80]!r}; `grace token list` shows those there are")
        if row.revoked_at is None:
            self._connection.execute(update(tokens).where(tokens.c.name == name).values(revoked_at=at))
            row = self._connection.execute(query).one()
        return _token(row)


def _token(row: Any) -> Token:
    return Token(
        name=row.name,
        role=Role(row.role),
        hash=row.hash,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        rate_per_minute=row.rate_per_minute,
        person=row.person or row.name,
        targets=None if row.targets is None else tuple(TargetName(name) for name in row.targets),
    )
