"""Bearer tokens: made once, shown once, stored as a hash."""

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from grace_workers.audit import Entry
from grace_workers.foundation.clock import Clock
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import ConflictError, InputError
from grace_workers.foundation.ids import TargetName
from grace_workers.governance import Role
from grace_workers.orchestration.stores import LineLedger, LineTransaction, Token

PREFIX = "grace_"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_SECRET_BYTES = 32
_SHORTEST = 40
_GIVEN_RATE = 6000
LONGEST = timedelta(days=3650)
CLI = "cli"
SESSION = "session-"

# Names under which the fleet, its programs and its policy act; the last four hold the tokens given to nodes.
_RESERVED = frozenset(
    {
        *("beat", "celery", "client", "demo", "fleet", "governance", "grace", "instance", "leader", "node", "policy"),
        *("relay", "rescue", "scheduler", "sealer", "sweep", "system", "task", "unknown", CLI, "admin", "viewer"),
        "reporter",
    }
)
_OF_SESSION = re.compile(rf"{SESSION}[0-9a-f]{{16}}")
_MADE_HERE = re.compile(rf"(?:{CLI}|{'|'.join(Role)})-[0-9a-f]{{8}}|{_OF_SESSION.pattern}")
_ALIKE = str.maketrans("0134578i", "oleastbl", "._-")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """The properties of a token to be made. Without `expires_in` it is in force until revoked.

    Without `person` it acts for a person of its own name. `targets` binds a reporter to these; None sets no limit.
    """

    name: str
    role: Role
    expires_in: timedelta | None = None
    rate_per_minute: int = 600
    person: str | None = None
    targets: tuple[TargetName, ...] | None = None


def create(ledger: LineLedger, clock: Clock, wanted: NewToken, *, by: str) -> tuple[Token, str]:
    """Make a token; return it and its secret, which is stored nowhere.

    Raises:
        InputError: the name, the rate or the span is invalid.
        ConflictError: the name is taken.
    """
    for name in (wanted.name, wanted.person or wanted.name):
        if is_reserved(name):
            raise InputError(f"the name {name[:80]!r} is or resembles a name of the fleet itself; choose another")
    return _made(ledger, clock, wanted, by=by)


def create_own(ledger: LineLedger, clock: Clock, wanted: NewToken, *, by: str) -> tuple[Token, str]:
    """Make a token for the fleet itself, under a name that is reserved. Raises as `create` does."""
    return _made(ledger, clock, wanted, by=by)


def create_own_in(tx: LineTransaction, now: datetime, wanted: NewToken, *, by: str) -> tuple[Token, str]:
    """Do as `create_own` does, within a transaction."""
    secret = _new_secret()
    return _put(tx, now, wanted, secret, by=by), secret


def is_reserved(name: str) -> bool:
    """Return whether a name is, or could be read as, one under which the fleet itself acts."""
    alike = name.translate(_ALIKE)
    return _MADE_HERE.fullmatch(name) is not None or alike in {one.translate(_ALIKE) for one in _RESERVED}


def is_of_session(name: str) -> bool:
    """Return whether the token of this name was made by signing in through an identity provider."""
    return _OF_SESSION.fullmatch(name) is not None


def _taken(name: str) -> bool:
    """Return whether a token has one of the fleet's own names; an older release made such tokens for anyone."""
    return is_reserved(name) and _MADE_HERE.fullmatch(name) is None


def _made(ledger: LineLedger, clock: Clock, wanted: NewToken, *, by: str) -> tuple[Token, str]:
    secret = _new_secret()
    return _enter(ledger, clock, wanted, secret, by=by), secret


def _new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(_SECRET_BYTES)


def adopt(ledger: LineLedger, clock: Clock, secret: str, *, role: Role = Role.ADMIN, by: str) -> Token:
    """Put a token in force whose secret was made elsewhere, and return it; doing so again changes nothing.

    Its name comes from its hash, so that another secret is another token: a rotated one starts beside the old one,
    which is then revoked by name.

    Raises:
        InputError: the secret does not begin with `grace_`, or is too short to be safe.
        ConflictError: this very token has been revoked.
    """
    if not secret.startswith(PREFIX) or len(secret) < _SHORTEST:
        raise InputError(f"a token begins with {PREFIX} and has {_SHORTEST} characters or more; make a new one")
    name = f"{role.value}-{hash_of(secret)[:8]}"
    # All these tokens belong to one person, so that a rotation does not turn a proposer into an approver.
    wanted = NewToken(name=name, role=role, rate_per_minute=_GIVEN_RATE, person=role.value)
    known = verify(ledger, clock, secret)
    if known is not None:
        return known
    try:
        return _enter(ledger, clock, wanted, secret, by=by)
    except ConflictError as error:
        # Another node may have registered it a moment ago.
        known = verify(ledger, clock, secret)
        if known is None:
            raise ConflictError(f"the token {wanted.name} has been revoked; choose another secret") from error
        return known


def _enter(ledger: LineLedger, clock: Clock, wanted: NewToken, secret: str, *, by: str) -> Token:
    with ledger.transaction() as tx:
        return _put(tx, clock.now(), wanted, secret, by=by)


def _put(tx: LineTransaction, now: datetime, wanted: NewToken, secret: str, *, by: str) -> Token:
    _check(wanted)
    token = Token(
        name=wanted.name,
        role=wanted.role,
        hash=hash_of(secret),
        created_at=now,
        expires_at=None if wanted.expires_in is None else now + wanted.expires_in,
        revoked_at=None,
        rate_per_minute=wanted.rate_per_minute,
        person=wanted.person or wanted.name,
        targets=wanted.targets,
    )
    details: dict[str, JsonValue] = {"role": wanted.role.value, "person": token.person}
    if token.targets is not None:
        details["targets"] = [str(name) for name in token.targets]
    tx.tokens.add(token)
    tx.audit.append(Entry(at=now, actor=by, action="token.created", subject=f"token:{token.name}", data=details))
    return token


def _check(wanted: NewToken) -> None:
    for name in (wanted.name, wanted.person or wanted.name):
        if not _NAME.fullmatch(name):
            raise InputError(f"token name {name[:80]!r} must consist of at most 63 of a-z, 0-9, ., _ and -")
    if wanted.targets is not None and (wanted.role is not Role.REPORTER or not wanted.targets):
        raise InputError(
            f"only a token of role {Role.REPORTER} can be limited to targets, and to at least one; leave them out"
        )
    if wanted.rate_per_minute < 1:
        raise InputError(f"rate {wanted.rate_per_minute} per minute is below 1")
    if wanted.expires_in is not None and wanted.expires_in <= timedelta(0):
        raise InputError("a token cannot expire before it is created; give a positive span")
    if wanted.expires_in is not None and wanted.expires_in > LONGEST:
        raise InputError("a token is valid for at most ten years; leave the span out for one that does not expire")


def verify(ledger: LineLedger, clock: Clock, secret: str) -> Token | None:
    """Return the token of `secret` if it is in force; one with a name of the fleet's own never is."""
    if not secret.startswith(PREFIX):
        return None
    with ledger.transaction() as tx:
        token = tx.tokens.by_hash(hash_of(secret))
    if token is None or token.revoked_at is not None or _taken(token.name):
        return None
    return None if token.expires_at is not None and token.expires_at <= clock.now() else token


def revoke(ledger: LineLedger, clock: Clock, name: str, *, by: str) -> Token:
    """Revoke a token at once.

    Raises:
        NotFoundError: there is no such token.
    """
    now = clock.now()
    with ledger.transaction() as tx:
        token = tx.tokens.revoke(name, now)
        tx.audit.append(Entry(at=now, actor=by, action="token.revoked", subject=f"token:{name}"))
    return token


def tokens(ledger: LineLedger) -> Sequence[Token]:
    """Return all tokens, by name."""
    with ledger.transaction() as tx:
        return tx.tokens.all()


def hash_of(secret: str) -> str:
    """Return the hash to store for a secret. The secret has 256 random bits, so a plain hash cannot be searched."""
    return hashlib.sha256(secret.encode()).hexdigest()
