"""Bearer tokens, by the hash of their secret."""

from collections.abc import Sequence
from datetime import datetime

from grace_workers.adapters.postgres.columns import Columns
from grace_workers.adapters.postgres.statement import lock, many, one, run
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.foundation.errors import ConflictError, NotFoundError
from grace_workers.orchestration.stores import Token
from grace_workers.orchestration.stores.store import implements
from grace_workers.orchestration.stores.tokens import TokenStore

# A token made by an older release has no person.
_TOKEN = Columns(Token, person="coalesce(nullif(person, ''), name)")

_ADD = f"""
INSERT INTO tokens ({", ".join(_TOKEN.names)}) VALUES ({_TOKEN.marks})
ON CONFLICT (name) DO NOTHING RETURNING name
"""  # noqa: S608 - only constants are put in

_BY_HASH = f"SELECT {_TOKEN} FROM tokens WHERE hash = %(hash)s"  # noqa: S608

_ALL = f"SELECT {_TOKEN} FROM tokens ORDER BY name"  # noqa: S608

_REVOKE = f"""
UPDATE tokens SET revoked_at = coalesce(revoked_at, %(at)s) WHERE name = %(name)s RETURNING {_TOKEN}
"""  # noqa: S608

_EXPIRE = "UPDATE tokens SET expires_at = least(%(at)s, expires_at) WHERE name = %(name)s"

_FORGET = "DELETE FROM tokens WHERE name ~ '^session-[0-9a-f]{16}$' AND expires_at < %(before)s"


class PostgresTokenStore(PostgresStore, TokenStore):
    """Implements `stores.TokenStore`."""

    def lock(self) -> None:
        lock(self._connection, "grace.sessions")

    def add(self, token: Token) -> None:
        if one(self._connection, _ADD, _TOKEN.values(token)) is None:
            raise ConflictError(
                f"a token named {token.name!r} exists; choose another name, because names are never reused"
            )

    def by_hash(self, token_hash: str) -> Token | None:
        row = one(self._connection, _BY_HASH, {"hash": token_hash})
        return None if row is None else _TOKEN.read(row)

    def all(self) -> Sequence[Token]:
        return [_TOKEN.read(row) for row in many(self._connection, _ALL, {})]

    def revoke(self, name: str, at: datetime) -> Token:
        row = one(self._connection, _REVOKE, {"name": name, "at": at})
        if row is None:
            raise NotFoundError(f"no token named {name[:80]!r}; `grace token list` lists all")
        return _TOKEN.read(row)

    def expire(self, name: str, at: datetime) -> None:
        run(self._connection, _EXPIRE, {"name": name, "at": at})

    def forget_sessions(self, before: datetime) -> int:
        return run(self._connection, _FORGET, {"before": before})


DEFINITION = implements(TokenStore)(PostgresTokenStore)
