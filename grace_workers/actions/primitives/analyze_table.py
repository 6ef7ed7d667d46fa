"""Refresh the planner's statistics of one table."""

from grace_workers.actions.act import Irrevocable
from grace_workers.actions.params import Table
from grace_workers.actions.primitive import BlastRadius, Outcome, Preview, done
from grace_workers.actions.roles.sql_console import SqlConsole
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import NotFoundError


class AnalyzeParams(Document):
    """`table` is `name` or `schema.name`, spelled as stored."""

    table: Table


class StatisticsBefore(Document):
    """What a snapshot of an analysis holds."""

    table: str
    changed: int


class AnalyzeTable(Irrevocable[SqlConsole, AnalyzeParams, StatisticsBefore]):
    """Refresh the planner's statistics of one table."""

    role = SqlConsole
    params = AnalyzeParams
    kept = StatisticsBefore
    cannot = "statistics hold no rows, so there is nothing to restore"

    def preview(self, console: SqlConsole, params: AnalyzeParams) -> Preview:
        """Return how many rows the statistics do not cover."""
        changed, live = console.changed_tuples(params.table), console.live_tuples(params.table)
        return Preview(
            changes=(
                f"analyze table {params.table}: {changed} rows changed since it was last analyzed, {live} are live",
            ),
            blast=BlastRadius(count=1, unit="table", share=0.0),
        )

    def snapshot(self, console: SqlConsole, params: AnalyzeParams) -> StatisticsBefore:
        """Save the count; statistics hold no rows."""
        changed = console.changed_tuples(params.table)
        return StatisticsBefore(table=params.table, changed=changed)

    def apply(self, console: SqlConsole, params: AnalyzeParams, before: StatisticsBefore) -> Outcome:
        """Analyze and wait for it."""
        console.analyze(params.table)
        changed = console.changed_tuples(params.table)
        return done(f"analyzed {params.table}: {changed} rows changed since (was {before.changed})", changed=changed)

    def answers(self, console: SqlConsole, params: AnalyzeParams) -> bool:
        """Return whether the table is there."""
        try:
            return console.live_tuples(params.table) >= 0
        except NotFoundError:
            return False


DEFINITION = AnalyzeTable().primitive(
    "analyze_table",
    "Refresh the planner's statistics of one table.",
    aspect=Aspect.PERFORMANCE,
    risk=0.1,
    worst=BlastRadius(count=1, unit="table", share=0.0),
    irreversible="Earlier statistics cannot be restored; no row is changed.",
)
