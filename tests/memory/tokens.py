"""Bearer tokens, by the hash of their secret, in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from grace_workers.foundation.errors import ConflictError, NotFoundError
from grace_workers.orchestration.stores import Token
from grace_workers.orchestration.stores.store import implements
from grace_workers.orchestration.stores.tokens import TokenStore
from grace_workers.orchestration.tokens import is_of_session
from tests.memory.transaction import MemoryTransaction


class MemoryTokenStore(TokenStore):
    """Implements `stores.TokenStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._tokens: dict[str, Token] = tx.table("tokens")

    def lock(self) -> None:
        """Do nothing: one transaction at a time runs in memory."""

    def add(self, token: Token) -> None:
        if token.name in self._tokens:
            raise ConflictError(
                f"a token named {token.name!r} exists; choose another name, because names are never reused"
            )
        self._tokens[token.name] = token

    def by_hash(self, token_hash: str) -> Token | None:
        return next((one for one in self._tokens.values() if one.hash == token_hash), None)

    def all(self) -> Sequence[Token]:
        return [self._tokens[name] for name in sorted(self._tokens)]

    def revoke(self, name: str, at: datetime) -> Token:
        token = self._tokens.get(name)
        if token is None:
            raise NotFoundError(f"no token named {name[:80]!r}; `grace token list` lists all")
        self._tokens[name] = replace(token, revoked_at=token.revoked_at or at)
        return self._tokens[name]

    def expire(self, name: str, at: datetime) -> None:
        if (token := self._tokens.get(name)) is not None:
            self._tokens[name] = replace(token, expires_at=min(at, token.expires_at or at))

    def forget_sessions(self, before: datetime) -> int:
        over = [
            one.name
            for one in self._tokens.values()
            if is_of_session(one.name) and one.expires_at is not None and one.expires_at < before
        ]
        for name in over:
            del self._tokens[name]
        return len(over)


DEFINITION = implements(TokenStore)(MemoryTokenStore)
