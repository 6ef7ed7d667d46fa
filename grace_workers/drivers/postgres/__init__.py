"""PostgreSQL databases."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints

from grace_workers.actions import (
    Backups,
    ClientSessions,
    DatabaseActivity,
    DatabaseFigures,
    Driver,
    DriverContext,
    EnvironmentProof,
    Reloadable,
    ReplicationSlots,
    Roles,
    SafePoints,
    ServiceLimits,
    SqlConsole,
    StoredTables,
    Table,
    TransactionIds,
)
from grace_workers.drivers._shared.bounds import LimitBounds
from grace_workers.drivers._shared.safe_point import SafePoint
from grace_workers.drivers.postgres.dumps import Dumps
from grace_workers.foundation.document import Document
from grace_workers.foundation.field_types import Timeout
from grace_workers.foundation.ids import TargetKind
from grace_workers.foundation.secret import SecretText, reveal

if TYPE_CHECKING:
    from grace_workers.drivers.postgres.console import PostgresConsole


RoleName = Annotated[str, StringConstraints(min_length=1, max_length=63, pattern=r"^[^\x00-\x1f\x7f]+$")]


class SafeTables(SafePoint):
    """Which tables belong to safe points."""

    tables: Annotated[tuple[Table, ...], Field(min_length=1, max_length=200)] = Field(
        description="The tables, with all that refer to them. A restore puts back their rows, and no schema."
    )


class PostgresConnection(Document):
    """A PostgreSQL database, version 14 or newer.

    Its role needs `pg_monitor` to read, `pg_signal_backend` to end sessions and cancel statements, `pg_checkpoint` for
    checkpoints, and `MAINTAIN` on the tables to vacuum, analyze, freeze and reindex, which `pg_maintain` gives for all.
    To limit the connections of a role it needs `CREATEROLE` (from release 16 on with `ADMIN` on that role).
    To drop a replication slot it needs the attribute `REPLICATION`, and to tell whether a table can be read, `SELECT`
    on it. Only the owner of a table may drop what an interrupted reindex left, and put the rows of a safe point back.
    To reload the server's configuration it needs `EXECUTE` on `pg_reload_conf()`, and `SELECT` on `pg_file_settings`
    and `pg_hba_file_rules` with `EXECUTE` on `pg_show_all_file_settings()` and `pg_hba_file_rules()`.
    To make the database anew from a backup, Grace's role must own it and have `CREATEDB`.
    To get in when clients hold all connections, from release 16 on, set `reserved_connections` of the server and grant
    `pg_use_reserved_connections`.
    """

    url: SecretText = Field(description="The address: `postgresql://role:password@host/database`.")
    patience: Timeout = Field(default=timedelta(seconds=10), description="How long a statement may take.")
    upkeep: Timeout = Field(
        default=timedelta(minutes=10), description="How long a vacuum, a checkpoint or a reindex may take."
    )
    limits: Annotated[dict[RoleName, LimitBounds], Field(min_length=1, max_length=100)] | None = Field(
        default=None, description="The roles of clients whose connections may be limited, each with its bounds."
    )
    safe_point: SafeTables | None = Field(default=None, description="Which tables belong to safe points.")
    backups: Dumps | None = Field(default=None, description="Where dumps are from which it can be made anew.")


def open_postgres(said: PostgresConnection, context: DriverContext) -> Roles:
    """Return what reads and maintains the database.

    Raises:
        InputError: the secret is missing or the URL cannot be read.
    """
    from grace_workers.drivers.postgres.console import PostgresConsole

    opened = PostgresConsole(reveal(said.url, "url"), patience=said.patience, upkeep=said.upkeep)
    roles = _always(opened)
    if said.limits is not None:
        from grace_workers.drivers.postgres.limits import RoleLimits

        limits: ServiceLimits = RoleLimits(opened, said.limits)
        roles[ServiceLimits] = limits
    if said.safe_point is not None:
        from grace_workers.drivers._shared.kept_parts import part_room
        from grace_workers.drivers.postgres.safe_points import TableParts

        kept = said.safe_point
        room = part_room(context, kept, scope=kept.tables, unit="table", of=opened.environment)
        parts: SafePoints = TableParts(opened, kept.tables, room)
        roles[SafePoints] = parts
    if said.backups is not None:
        from grace_workers.drivers.postgres.backups import PostgresBackups

        backups: Backups = PostgresBackups(reveal(said.url, "url"), said.backups, patience=said.patience)
        roles[Backups] = backups
    return roles


def _always(opened: "PostgresConsole") -> dict[type, object]:
    from grace_workers.drivers.postgres.activity import PostgresActivity
    from grace_workers.drivers.postgres.figures import PostgresFigures
    from grace_workers.drivers.postgres.reload import ServerReload
    from grace_workers.drivers.postgres.sessions import PostgresSessions
    from grace_workers.drivers.postgres.slots import PostgresSlots
    from grace_workers.drivers.postgres.tables import PostgresTables
    from grace_workers.drivers.postgres.transaction_ids import PostgresTransactionIds

    console: SqlConsole = opened
    figures: DatabaseFigures = PostgresFigures(opened)
    activity: DatabaseActivity = PostgresActivity(opened)
    sessions: ClientSessions = PostgresSessions(opened)
    slots: ReplicationSlots = PostgresSlots(opened)
    ids: TransactionIds = PostgresTransactionIds(opened)
    tables: StoredTables = PostgresTables(opened)
    reloading: Reloadable = ServerReload(opened)
    proof: EnvironmentProof = opened
    return {
        SqlConsole: console,
        DatabaseFigures: figures,
        DatabaseActivity: activity,
        ClientSessions: sessions,
        ReplicationSlots: slots,
        TransactionIds: ids,
        StoredTables: tables,
        Reloadable: reloading,
        EnvironmentProof: proof,
    }


EXAMPLE = """\
targets:
  - name: shop-db
    kind: postgres
    owner: internal
    connection:
      url: {env: SHOP_DATABASE_URL}
      upkeep: PT30M
      limits:
        shop_reports: {lowest: 2, highest: 50}
      safe_point:
        tables: [customers, orders]
      backups:
        folder: /var/backups/shop
        least_rows: {customers: 1000}
"""

DEFINITION = Driver(
    kind=TargetKind("postgres"),
    connection=PostgresConnection,
    roles=(
        SqlConsole,
        DatabaseFigures,
        DatabaseActivity,
        ClientSessions,
        ReplicationSlots,
        TransactionIds,
        StoredTables,
        Reloadable,
        EnvironmentProof,
    ),
    optional={ServiceLimits: "limits", SafePoints: "safe_point", Backups: "backups"},
    open=open_postgres,
    example=EXAMPLE,
)
