"""Real servers from wheels, under a data directory: PostgreSQL and Valkey, for machines that have neither."""

from grace_workers.adapters.embedded.postgres import EmbeddedPostgres
from grace_workers.adapters.embedded.valkey import EmbeddedValkey

__all__ = ["EmbeddedPostgres", "EmbeddedValkey"]
