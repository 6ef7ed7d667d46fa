"""PostgreSQL databases."""

from datetime import timedelta

from pydantic import Field

from grace_workers.actions import (
    DatabaseActivity,
    DatabaseFigures,
    Driver,
    DriverContext,
    EnvironmentProof,
    Roles,
    SqlConsole,
)
from grace_workers.foundation.document import Document
from grace_workers.foundation.field_types import Timeout
from grace_workers.foundation.ids import TargetKind
from grace_workers.foundation.secret import SecretText, reveal


class PostgresConnection(Document):
    """A PostgreSQL database, version 14 or newer.

    Its role needs `pg_monitor` to read, `pg_signal_backend` to end sessions and cancel statements, `pg_checkpoint` for
    checkpoints, and `MAINTAIN` on the tables to vacuum, analyze and reindex. Only the owner of a table may drop what an
    interrupted reindex left.
    """

    url: SecretText = Field(description="The address: `postgresql://role:password@host/database`.")
    patience: Timeout = Field(default=timedelta(seconds=10), description="How long a statement may take.")
    upkeep: Timeout = Field(
        default=timedelta(minutes=10), description="How long a vacuum, a checkpoint or a reindex may take."
    )


def open_postgres(said: PostgresConnection, context: DriverContext) -> Roles:
    """Return what reads and maintains the database.

    Raises:
        InputError: the secret is missing or the URL cannot be read.
    """
    from grace_workers.drivers.postgres.activity import PostgresActivity
    from grace_workers.drivers.postgres.console import PostgresConsole
    from grace_workers.drivers.postgres.figures import PostgresFigures

    del context
    opened = PostgresConsole(reveal(said.url, "url"), patience=said.patience, upkeep=said.upkeep)
    console: SqlConsole = opened
    figures: DatabaseFigures = PostgresFigures(opened)
    activity: DatabaseActivity = PostgresActivity(opened)
    proof: EnvironmentProof = opened
    return {SqlConsole: console, DatabaseFigures: figures, DatabaseActivity: activity, EnvironmentProof: proof}


EXAMPLE = """\
targets:
  - name: shop-db
    kind: postgres
    owner: internal
    connection:
      url: {env: SHOP_DATABASE_URL}
      upkeep: PT30M
"""

DEFINITION = Driver(
    kind=TargetKind("postgres"),
    connection=PostgresConnection,
    roles=(SqlConsole, DatabaseFigures, DatabaseActivity, EnvironmentProof),
    open=open_postgres,
    example=EXAMPLE,
)
