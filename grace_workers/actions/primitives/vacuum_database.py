"""Vacuum one table, so that the space of its dead rows can be reused."""

from grace_workers.actions.act import Irrevocable
from grace_workers.actions.params import Table
from grace_workers.actions.primitive import BlastRadius, Outcome, Preview, done
from grace_workers.actions.roles.sql_console import SqlConsole
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import NotFoundError


class VacuumParams(Document):
    """`table` is `name` or `schema.name`, spelled as stored; `analyze` refreshes the planner's statistics too."""

    table: Table
    analyze: bool = True


class TableBefore(Document):
    """What a snapshot of a vacuum holds."""

    table: str
    dead: int
    live: int


class VacuumTable(Irrevocable[SqlConsole, VacuumParams, TableBefore]):
    """Vacuum one table, so that the space of its dead rows can be reused."""

    role = SqlConsole
    params = VacuumParams
    kept = TableBefore
    cannot = "a vacuum changes no live row, so there is nothing to restore"

    def preview(self, console: SqlConsole, params: VacuumParams) -> Preview:
        """Return how many dead rows the table has."""
        dead, live = console.dead_tuples(params.table), console.live_tuples(params.table)
        action = "vacuum and analyze" if params.analyze else "vacuum"
        return Preview(
            changes=(f"{action} table {params.table}: {dead} dead rows beside {live} live ones",),
            blast=BlastRadius(count=dead, unit="dead row", share=dead / (dead + live) if dead else 0.0),
        )

    def snapshot(self, console: SqlConsole, params: VacuumParams) -> TableBefore:
        """Save the counts; a vacuum changes no live row."""
        dead, live = console.dead_tuples(params.table), console.live_tuples(params.table)
        return TableBefore(table=params.table, dead=dead, live=live)

    def apply(self, console: SqlConsole, params: VacuumParams, before: TableBefore) -> Outcome:
        """Vacuum and wait for it."""
        console.vacuum(params.table, analyze=params.analyze)
        dead = console.dead_tuples(params.table)
        return done(f"vacuumed {params.table}: {dead} dead rows (was {before.dead})", dead=dead)

    def answers(self, console: SqlConsole, params: VacuumParams) -> bool:
        """Return whether the table exists."""
        try:
            return console.live_tuples(params.table) >= 0
        except NotFoundError:
            return False


DEFINITION = VacuumTable().primitive(
    "vacuum_database",
    "Vacuum one table, so that the space of its dead rows can be reused.",
    aspect=Aspect.PERFORMANCE,
    risk=0.1,
    worst=BlastRadius(count=1 << 62, unit="dead row", share=1.0),
    irreversible="Dead rows cannot be restored; no live row is changed.",
)
