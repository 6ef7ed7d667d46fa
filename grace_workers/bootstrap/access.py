"""The token that this machine's own CLI uses: made at the first start, kept in a file that only its owner may read."""

from pathlib import Path

import structlog

from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.foundation.clock import SystemClock
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import uuid7
from grace_workers.foundation.own_file import read_own, write_own
from grace_workers.governance import Role
from grace_workers.orchestration.tokens import CLI, NewToken, adopt, create_own, verify
from grace_workers.settings import Settings

_RATE = 6000

log = structlog.get_logger()


def cli_token_file(settings: Settings) -> Path:
    """Return where the token lies."""
    return settings.data_dir / "cli-token"


def admit_given(settings: Settings, database_url: str) -> None:
    """Put the tokens of the settings in force, if there are any; nodes that start together agree on one of each."""
    api = settings.api
    given = {Role.ADMIN: api.admin_token, Role.VIEWER: api.viewer_token, Role.REPORTER: api.reporter_token}
    engine = make_engine(database_url, application="grace-node", pool_size=2)
    try:
        for role, token in given.items():
            if token is not None:
                adopt(PostgresLedger(engine), SystemClock(), token.get_secret_value(), role=role, by="node")
    finally:
        engine.dispose()


def ensure_cli_token(settings: Settings, database_url: str) -> None:
    """Make the CLI's token unless the one in the file is in force."""
    path = cli_token_file(settings)
    engine = make_engine(database_url, application="grace-node", pool_size=2)
    ledger, clock = PostgresLedger(engine), SystemClock()
    try:
        known = _kept(path)
        if known and verify(ledger, clock, known) is not None:
            return
        wanted = NewToken(name=f"{CLI}-{uuid7().hex[-8:]}", role=Role.ADMIN, rate_per_minute=_RATE, person=CLI)
        _, secret = create_own(ledger, clock, wanted, by="node")
        write_own(path, secret, durable=True)
    finally:
        engine.dispose()


def _kept(path: Path) -> str:
    """Return the token in the file; nothing when there is none, or when it is not to be believed."""
    try:
        return read_own(path).strip()
    except FileNotFoundError:
        return ""
    except InputError as error:
        log.warning("cli_token_not_believed", error=str(error))
        return ""
