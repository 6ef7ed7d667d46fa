"""`StoredTables`: whether what a database has stored can still be read."""

from typing import Protocol


class StoredTables(Protocol):
    """The tables of a database, read and never changed."""

    def readable(self, table: str) -> bool:
        """Return whether every row of a table can be read. Everything of it is read, which may take long.

        Raises:
            PermanentError: there is no such table, or it may not be read.
            TransientError: the database does not answer, or not in time.
        """
        ...
