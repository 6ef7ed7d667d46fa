"""Refresh the planner's statistics of one table."""

from grace_workers.actions.params import Table
from grace_workers.actions.primitive import (
    BlastRadius,
    Outcome,
    OutcomeStatus,
    Preview,
    Primitive,
    Repeat,
    Reversibility,
    Snapshot,
)
from grace_workers.actions.roles.sql_console import SqlConsole
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import NotFoundError


class AnalyzeParams(Document):
    """`table` is `name` or `schema.name`, spelled as stored."""

    table: Table


def preview(console: SqlConsole, params: AnalyzeParams) -> Preview:
    """Say how many rows the statistics do not know of."""
    changed, live = console.changed_tuples(params.table), console.live_tuples(params.table)
    return Preview(
        changes=(f"analyze table {params.table}: {changed} rows changed since it was last analyzed, {live} are live",),
        blast=BlastRadius(count=1, unit="table", share=0.0),
    )


def snapshot(console: SqlConsole, params: AnalyzeParams) -> Snapshot:
    """Keep the count; statistics hold no rows."""
    changed = console.changed_tuples(params.table)
    return Snapshot(primitive="analyze_table", content={"table": params.table, "changed": changed})


def apply(console: SqlConsole, params: AnalyzeParams, before: Snapshot) -> Outcome:
    """Analyze and wait for it."""
    console.analyze(params.table)
    changed = console.changed_tuples(params.table)
    return Outcome(
        status=OutcomeStatus.DONE,
        detail=f"analyzed {params.table}: {changed} rows changed since (was {before.content['changed']})",
        data={"changed": changed},
    )


def restore(console: SqlConsole, params: AnalyzeParams, before: Snapshot) -> Outcome:
    """Do nothing: earlier statistics describe rows that are there no more."""
    del console, params, before
    return Outcome(status=OutcomeStatus.UNCHANGED, detail="statistics hold no rows, so there is nothing to restore")


def restored(console: SqlConsole, params: AnalyzeParams, before: Snapshot) -> bool:
    """Return whether the table is there; there is nothing else to put back."""
    del before
    try:
        return console.live_tuples(params.table) >= 0
    except NotFoundError:
        return False


DEFINITION = Primitive(
    name="analyze_table",
    summary="Refresh the planner's statistics of one table.",
    role=SqlConsole,
    params=AnalyzeParams,
    aspect=Aspect.PERFORMANCE,
    risk=0.1,
    repeat=Repeat.IDEMPOTENT,
    preview=preview,
    snapshot=snapshot,
    apply=apply,
    restore=restore,
    restored=restored,
    reversibility=Reversibility.IRREVERSIBLE,
    irreversible="Earlier statistics cannot be restored; no row is changed.",
)
