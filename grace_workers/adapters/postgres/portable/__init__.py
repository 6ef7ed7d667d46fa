"""The database as an archive, and back. Rows pass in chunks, so memory does not grow with them."""

from grace_workers.adapters.postgres.portable.database import PostgresPortable

__all__ = ["PostgresPortable"]
