"""A client's access to the fleet's database: its own transactions, or the caller's."""

from grace_workers.adapters.postgres.client import ClientLedger, join_ledger
from grace_workers.adapters.postgres.engine import make_engine

__all__ = ["client_ledger", "join_ledger"]


def client_ledger(database_url: str) -> ClientLedger:
    """Return the ledger at `database_url`. Nothing connects before its first use. Raises InputError for a bad URL."""
    return ClientLedger(make_engine(database_url, application="grace-client", pool_size=2))
