"""Signing in through an identity provider: what it says of a person becomes a token, for one session."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from grace_workers.audit import Entry
from grace_workers.foundation.clock import Clock
from grace_workers.governance import Role
from grace_workers.orchestration import tokens
from grace_workers.orchestration.stores import LineLedger, LineTransaction, Token

_FORGOTTEN_AFTER = timedelta(days=90)
_NOT_OF_A_NAME = re.compile(r"[^a-z0-9._-]+")
_LONGEST_NAME = 40
_MARK = 10
_RANDOM_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInAttempt:
    """What binds an answer of the provider to the browser that asked: it stays with that browser, all of it secret."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenPerson:
    """Who signed in, as the provider's signature proves. Only `issuer` and `subject` together never change."""

    issuer: str
    subject: str
    name: str
    values: frozenset[str]


class IdentityProvider(Protocol):
    """Where people prove who they are."""

    @property
    def label(self) -> str:
        """What people call it."""
        ...

    @property
    def home(self) -> str:
        """The address at which browsers reach the dashboard."""
        ...

    def address(self, attempt: SignInAttempt) -> str:
        """Return where the browser goes to sign in. Raises as `identity` does."""
        ...

    def identity(self, code: str, attempt: SignInAttempt) -> ProvenPerson:
        """Return who signed in, for the code with which the provider sent the browser back.

        Raises:
            InputError: the provider refuses the code, or what it says of the person is not proven.
            TransientError: it does not answer.
            PermanentError: it is not what the settings say, or does not know this client.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInRule:
    """The role for each value of the claim, and how long a session lasts."""

    claim: str
    roles: Mapping[str, Role]
    session: timedelta


def begin() -> SignInAttempt:
    """Return an attempt that no one can guess."""
    state, nonce, verifier = (secrets.token_urlsafe(_RANDOM_BYTES) for _ in range(3))
    return SignInAttempt(state=state, nonce=nonce, verifier=verifier)


def role_of(identity: ProvenPerson, rule: SignInRule) -> Role | None:
    """Return the highest role that the person's values give; None when none does."""
    order = list(Role)
    return max((rule.roles[one] for one in identity.values if one in rule.roles), key=order.index, default=None)


def open_session(
    ledger: LineLedger, clock: Clock, identity: ProvenPerson, role: Role, span: timedelta
) -> tuple[Token, str]:
    """Make the token of a session; return it and its secret, which is stored nowhere.

    A person keeps the name of the first session that is known. Else whoever renames themselves at the provider could
    answer a question that they caused, as someone else.
    """
    mark = hashlib.sha256(f"{identity.issuer}\n{identity.subject}".encode()).hexdigest()[:_MARK]
    now = clock.now()
    with ledger.transaction() as tx:
        tx.tokens.lock()
        tx.tokens.forget_sessions(now - _FORGOTTEN_AFTER)
        person = _known_as(tx, mark) or _named(identity.name, mark)
        name = f"{tokens.SESSION}{secrets.token_hex(8)}"
        wanted = tokens.NewToken(name=name, role=role, expires_in=span, person=person)
        return tokens.create_own_in(tx, now, wanted, by=person)


def end_session(ledger: LineLedger, clock: Clock, token: Token, *, by: str) -> bool:
    """Let the token of a session expire; return False for one that was made otherwise, which stays in force.

    It is not revoked, because an answer by a revoked token does not count.
    """
    if not tokens.is_of_session(token.name):
        return False
    now = clock.now()
    with ledger.transaction() as tx:
        tx.tokens.expire(token.name, now)
        tx.audit.append(Entry(at=now, actor=by, action="session.ended", subject=f"token:{token.name}"))
    return True


def _known_as(tx: LineTransaction, mark: str) -> str | None:
    own = [one for one in tx.tokens.all() if tokens.is_of_session(one.name) and one.person.endswith(f"-{mark}")]
    return min(own, key=lambda one: one.created_at).person if own else None


def _named(name: str, mark: str) -> str:
    plain = _NOT_OF_A_NAME.sub("-", name.partition("@")[0].lower()).strip("._-")[:_LONGEST_NAME]
    return f"{plain or 'person'}-{mark}"
