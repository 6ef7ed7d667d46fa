"""Write a database's changed pages to disk now, so that a crash replays little."""

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


class CheckpointParams(Document):
    """A checkpoint has no choices."""


def preview(console: SqlConsole, params: CheckpointParams) -> Preview:
    """Say how much would be written."""
    del params
    pending = console.bytes_since_checkpoint()
    return Preview(
        changes=(f"checkpoint the database; a crash would replay {pending} bytes now",),
        blast=BlastRadius(count=1, unit="checkpoint", share=0.0),
    )


def snapshot(console: SqlConsole, params: CheckpointParams) -> Snapshot:
    """Keep how much a crash would have replayed."""
    del params
    return Snapshot(primitive="checkpoint_database", content={"pending_bytes": console.bytes_since_checkpoint()})


def apply(console: SqlConsole, params: CheckpointParams, before: Snapshot) -> Outcome:
    """Checkpoint and wait for it."""
    del params
    console.checkpoint()
    after = console.bytes_since_checkpoint()
    return Outcome(
        status=OutcomeStatus.DONE,
        detail=f"checkpointed; a crash would now replay {after} bytes (was {before.content['pending_bytes']})",
        data={"pending_bytes": after},
    )


def restore(console: SqlConsole, params: CheckpointParams, before: Snapshot) -> Outcome:
    """Do nothing: a checkpoint changes no data."""
    del console, params, before
    return Outcome(
        status=OutcomeStatus.UNCHANGED, detail="a checkpoint changes no data, so there is nothing to restore"
    )


def restored(console: SqlConsole, params: CheckpointParams, before: Snapshot) -> bool:
    """Return whether the database answers; there is nothing else to put back."""
    del params, before
    return console.session_count() >= 0


DEFINITION = Primitive(
    name="checkpoint_database",
    summary="Write a database's changed pages to disk now, so that a crash replays little.",
    role=SqlConsole,
    params=CheckpointParams,
    aspect=Aspect.PERFORMANCE,
    risk=0.1,
    repeat=Repeat.IDEMPOTENT,
    preview=preview,
    snapshot=snapshot,
    apply=apply,
    restore=restore,
    restored=restored,
    reversibility=Reversibility.IRREVERSIBLE,
    irreversible="A checkpoint cannot be undone; it changes no data.",
)
