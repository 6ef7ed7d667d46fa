"""The option `backups`: where dumps of a database are, and what a copy of one must hold."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, StringConstraints

from grace_workers.actions import Table
from grace_workers.foundation.document import Document
from grace_workers.foundation.field_types import FilePath, Timeout


class Dumps(Document):
    """Where dumps of the database are, as `pg_dump --format=custom` writes them: `<name>.dump`."""

    folder: FilePath = Field(description="The folder. Others than Grace's user and root may not change a dump.")
    maintenance: Annotated[str, StringConstraints(min_length=1, max_length=63)] = Field(
        default="postgres", description="The database from which Grace creates, renames and drops copies."
    )
    program: FilePath | None = Field(
        default=None,
        description="The program `pg_restore`, of the server's release or newer. Default: the one that is found.",
    )
    least_rows: Annotated[dict[Table, Annotated[int, Field(ge=1)]], Field(max_length=200)] = Field(
        default={}, description="Tables with the rows that a copy must have at least before it may take over."
    )
    longest: Timeout = Field(default=timedelta(hours=1), description="How long restoring or checking a copy may take.")
