"""The tokens that a node activates once its database answers: the given ones, and the one for its own CLI.

The CLI's token is created at the first start, and stored in a file that only its owner may read.
"""

from collections.abc import Mapping
from pathlib import Path

import structlog

from grace_workers.foundation.clock import Clock
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import uuid7
from grace_workers.foundation.own_file import read_own, write_own
from grace_workers.governance import Role
from grace_workers.orchestration.stores import LineLedger
from grace_workers.orchestration.tokens import CLI, NewToken, adopt, create_own, verify

_RATE = 6000

log = structlog.get_logger()


def admit_given(ledger: LineLedger, clock: Clock, given: Mapping[Role, str]) -> None:
    """Activate the given tokens, by role; nodes that start together agree on one of each."""
    for role, token in given.items():
        adopt(ledger, clock, token, role=role, by="node")


def ensure_cli_token(ledger: LineLedger, clock: Clock, path: Path) -> None:
    """Create the CLI's token, unless the one in the file `path` is valid."""
    known = _kept(path)
    if known and verify(ledger, clock, known) is not None:
        return
    wanted = NewToken(name=f"{CLI}-{uuid7().hex[-8:]}", role=Role.ADMIN, rate_per_minute=_RATE, person=CLI)
    _, secret = create_own(ledger, clock, wanted, by="node")
    write_own(path, secret, durable=True)


def _kept(path: Path) -> str:
    """Return the token in the file; empty when there is none, or when it must not be trusted."""
    try:
        return read_own(path).strip()
    except FileNotFoundError:
        return ""
    except InputError as error:
        log.warning("cli_token_not_believed", error=str(error))
        return ""
