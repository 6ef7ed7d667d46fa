"""Bearer tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from grace_workers.foundation.ids import TargetName
from grace_workers.governance import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A bearer token as stored: never the secret, only its hash.

    All tokens of one `person` count as one person. A reporter's token may report only on `targets`; None means all.
    """

    name: str
    role: Role
    hash: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    rate_per_minute: int
    person: str
    targets: tuple[TargetName, ...] | None = None

    @property
    def actor(self) -> str:
        """The name that appears as the actor: the person's, and the token's if it differs."""
        return self.name if self.person == self.name else f"{self.person}/{self.name}"


class TokenStore(Protocol):
    """Bearer tokens by hash."""

    def lock(self) -> None:
        """Let one transaction at a time open sessions, so that a person never gets two names."""

    def add(self, token: Token) -> None:
        """Store a token. Raises ConflictError when the name is taken."""

    def by_hash(self, token_hash: str) -> Token | None:
        """Return the token, revoked and expired ones included."""

    def all(self) -> Sequence[Token]:
        """Return all tokens, by name."""

    def revoke(self, name: str, at: datetime) -> Token:
        """Revoke a token; one already revoked keeps its first time. Raises NotFoundError."""

    def expire(self, name: str, at: datetime) -> None:
        """Let a token expire then if it would later; unlike one that is revoked, its answers still count."""
        ...

    def forget_sessions(self, before: datetime) -> int:
        """Remove the tokens of sessions that expired before then, and return their number; the audit log keeps them."""
        ...
