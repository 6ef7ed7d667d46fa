"""Look up tokens in the database: few at a time, with bounded, counted and logged failures.

A stranger's guesses cost little and are visible. A token that this process has seen valid before is always looked
up, so guesses lock no one out.
"""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus

import structlog
from anyio import CapacityLimiter, to_thread
from starlette.requests import Request

from grace_workers.bootstrap.runtime import Runtime
from grace_workers.entrypoints.api.counts import RequestCounts
from grace_workers.entrypoints.api.problems import Refusal, not_now
from grace_workers.entrypoints.api.rates import Rates
from grace_workers.entrypoints.api.violations import AccessWatch
from grace_workers.orchestration import tokens
from grace_workers.orchestration.stores import Token

log = structlog.get_logger()

FAILURES_PER_MINUTE = 60
_OF_ALL = 600
_LONGEST = 512
_KNOWN = 10_000
_TOLD_EVERY = 10.0
_AT_ONCE = 4


class Logins:
    """Looks tokens up for one process."""

    def __init__(
        self,
        runtime: Runtime,
        counts: RequestCounts,
        violations: AccessWatch,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._runtime = runtime
        self._violations = violations
        self._counts = counts
        self._clock = clock
        self._failures = Rates(clock)
        self._known: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()
        self._told: dict[str, tuple[float, int]] = {}
        self._doors, self._own_door = CapacityLimiter(_AT_ONCE), CapacityLimiter(1)
        self._own = _OwnToken(runtime)

    def is_own(self, secret: str) -> bool:
        """Return whether this is the token of this machine, with which its node tests itself."""
        return self._own.is_(secret)

    async def token_of(self, request: Request, secret: str | None) -> Token:
        """Return the token in force. Raises Refusal: 401 when there is none, 429 after too many failures."""
        if not secret:
            self._counts.login("missing")
            raise _unauthorised("no bearer token; send `Authorization: Bearer <token>`", "")
        address = _address(request)
        if not secret.startswith(tokens.PREFIX) or len(secret) > _LONGEST:
            await self._violations.note(f"address {address}", "the token is malformed")
            raise self._failed(request, address, "malformed")
        known = self._is_known(secret)
        if not known:
            self._within_bounds(request, address)
        door = self._own_door if self.is_own(secret) else self._doors
        runtime = self._runtime
        token = await to_thread.run_sync(tokens.verify, runtime.ledger, runtime.clock, secret, limiter=door)
        if token is None:
            self._forget(secret)
            await self._violations.note(f"address {address}", "the token is not in force")
            raise self._failed(request, address, "refused")
        if not known:
            self.pardon(request)
            self._remember(secret)
        return token

    def bound(self, request: Request) -> None:
        """Count an attempt to sign in without a token. Raises Refusal 429 after too many failures."""
        self._within_bounds(request, _address(request))

    def pardon(self, request: Request) -> None:
        """Count the attempt no longer, because it succeeded."""
        self._failures.charge(_address(request), FAILURES_PER_MINUTE, -1)
        self._failures.charge("", _OF_ALL, -1)

    async def missed(self, request: Request, why: str) -> None:
        """Count, log and watch a failed attempt to sign in without a token."""
        self._note(request, _address(request), "refused")
        await self._violations.note(f"address {_address(request)}", why)

    def _within_bounds(self, request: Request, address: str) -> None:
        wait = self._failures.wait_for(address, FAILURES_PER_MINUTE) or self._failures.wait_for("", _OF_ALL)
        if wait:
            self._note(request, address, "throttled")
            detail = "too many invalid tokens were tried from this address; wait"
            retry = {"Retry-After": str(max(1, round(wait + 0.5)))}
            raise not_now(request, HTTPStatus.TOO_MANY_REQUESTS, detail, retry)

    def _failed(self, request: Request, address: str, why: str) -> Refusal:
        self._note(request, address, why)
        return _unauthorised(
            "the token is unknown, expired, revoked or has a name reserved for the fleet; ask an admin for another",
            ', error="invalid_token"',
        )

    def _note(self, request: Request, address: str, why: str) -> None:
        """Count the failure and log it: the first of an address at once, later ones in intervals with their number."""
        self._counts.login(why)
        now = self._clock()
        with self._lock:
            if len(self._told) > _KNOWN:
                self._told.clear()
            told, since = self._told.get(address, (-_TOLD_EVERY, 0))
            due = now - told >= _TOLD_EVERY
            self._told[address] = (now, 0) if due else (told, since + 1)
        if due:
            log.warning("login_failed", address=address, path=request.url.path[:200], why=why, failures=since + 1)

    def _is_known(self, secret: str) -> bool:
        with self._lock:
            return _digest(secret) in self._known

    def _remember(self, secret: str) -> None:
        with self._lock:
            self._known[_digest(secret)] = None
            if len(self._known) > _KNOWN:
                self._known.popitem(last=False)

    def _forget(self, secret: str) -> None:
        with self._lock:
            self._known.pop(_digest(secret), None)


class _OwnToken:
    """The digest of this machine's own token, read again when its file has changed."""

    def __init__(self, runtime: Runtime) -> None:
        self._path = runtime.settings.cli_token_file
        self._read_at: int | None = None
        self._digest = ""

    def is_(self, secret: str) -> bool:
        try:
            changed = self._path.stat().st_mtime_ns
            if changed != self._read_at:
                self._digest = _digest(self._path.read_text(encoding="utf-8").strip())
                self._read_at = changed
        except OSError:
            return False
        return _digest(secret) == self._digest


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def _unauthorised(detail: str, hint: str) -> Refusal:
    return Refusal(HTTPStatus.UNAUTHORIZED, detail, {"WWW-Authenticate": f'Bearer realm="grace"{hint}'})
