"""Vacuum one table, so that the space of its dead rows can be reused."""

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


class VacuumParams(Document):
    """`table` is `name` or `schema.name`, spelled as stored; `analyze` refreshes the planner's statistics too."""

    table: Table
    analyze: bool = True


def preview(console: SqlConsole, params: VacuumParams) -> Preview:
    """Say how many dead rows the table has."""
    dead, live = console.dead_tuples(params.table), console.live_tuples(params.table)
    action = "vacuum and analyze" if params.analyze else "vacuum"
    return Preview(
        changes=(f"{action} table {params.table}: {dead} dead rows beside {live} live ones",),
        blast=BlastRadius(count=dead, unit="dead row", share=dead / (dead + live) if dead else 0.0),
    )


def snapshot(console: SqlConsole, params: VacuumParams) -> Snapshot:
    """Keep the counts; a vacuum changes no live row."""
    dead, live = console.dead_tuples(params.table), console.live_tuples(params.table)
    return Snapshot(primitive="vacuum_database", content={"table": params.table, "dead": dead, "live": live})


def apply(console: SqlConsole, params: VacuumParams, before: Snapshot) -> Outcome:
    """Vacuum and wait for it."""
    console.vacuum(params.table, analyze=params.analyze)
    dead = console.dead_tuples(params.table)
    return Outcome(
        status=OutcomeStatus.DONE,
        detail=f"vacuumed {params.table}: {dead} dead rows (was {before.content['dead']})",
        data={"dead": dead},
    )


def restore(console: SqlConsole, params: VacuumParams, before: Snapshot) -> Outcome:
    """Do nothing: a vacuum changes no live row."""
    del console, params, before
    return Outcome(
        status=OutcomeStatus.UNCHANGED, detail="a vacuum changes no live row, so there is nothing to restore"
    )


def restored(console: SqlConsole, params: VacuumParams, before: Snapshot) -> bool:
    """Return whether the table is there; there is nothing else to put back."""
    del before
    try:
        return console.live_tuples(params.table) >= 0
    except NotFoundError:
        return False


DEFINITION = Primitive(
    name="vacuum_database",
    summary="Vacuum one table, so that the space of its dead rows can be reused.",
    role=SqlConsole,
    params=VacuumParams,
    aspect=Aspect.PERFORMANCE,
    risk=0.1,
    repeat=Repeat.IDEMPOTENT,
    preview=preview,
    snapshot=snapshot,
    apply=apply,
    restore=restore,
    restored=restored,
    reversibility=Reversibility.IRREVERSIBLE,
    irreversible="Dead rows cannot be restored; no live row is changed.",
)
